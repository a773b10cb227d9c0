//! What the user may have meant.

use syn::Ident;

use crate::errors;

/// An error about a name that is not one of `valid`, with all of them and the nearest.
pub(crate) fn unknown(what: &str, name: &Ident, valid: &[&str]) -> syn::Error {
    errors::at(name, message(what, &name.to_string(), valid))
}

pub(crate) fn message(what: &str, name: &str, valid: &[&str]) -> String {
    let all = all(valid);
    if name.is_empty() {
        return format!("expected a {what}: one of {all}");
    }
    match nearest(name, valid) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`? Valid are {all}"),
        None => format!("unknown {what} `{name}`; valid are {all}"),
    }
}

/// `valid are` and all of some words.
pub(super) fn valid(words: &[&str]) -> String {
    format!("valid are {}", all(words))
}

fn all(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest of some words, if one is near enough to be what was meant.
pub(crate) fn nearest<'w>(name: &str, words: &[&'w str]) -> Option<&'w str> {
    let name = name.to_lowercase();
    let distances = words.iter().map(|word| (distance(&name, &word.to_lowercase()), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    if distance <= 1 + name.chars().count() / 4 {
        return Some(word);
    }
    // `attempts` is the half of one word: if only of one, of that.
    let mut wholes = words.iter().filter(|word| word.split('_').any(|part| part == name));
    wholes.next().filter(|_| wholes.next().is_none()).copied()
}

/// Edits between two words; a swap of neighbours counts two.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, cell) in b.chars().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            let replaced = diagonal + usize::from(from != to);
            *cell = replaced.min(above + 1).min(left + 1);
            diagonal = above;
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let words = ["kind", "level", "fields", "skip_all", "max_attempts", "max_elapsed"];

        let cases = [
            ("knd", Some("kind")),
            ("field", Some("fields")),
            ("skipall", Some("skip_all")),
            ("LEVEL", Some("level")),
            ("sampling", None),
            ("attempts", Some("max_attempts")),
            ("max", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(nearest(typed, &words), expected, "{typed}");
        }
    }
}
