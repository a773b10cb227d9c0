//! What differs between two texts, line by line.

/// The lines of both: `  ` in both, `- ` only expected, `+ ` only found.
///
/// By the longest common subsequence. Of long texts only the middle that differs is compared so,
/// and not at all where it is too long: then it is all expected, then all found.
pub(super) fn lines(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let before = expected.iter().zip(&found).take_while(same).count();
    let (old, new) = (&expected[before..], &found[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - after], &new[..new.len() - after]);

    let mut text = String::new();
    expected[..before].iter().for_each(|line| push(&mut text, ' ', line));
    middle(&mut text, old, new);
    expected[expected.len() - after..].iter().for_each(|line| push(&mut text, ' ', line));
    text
}

/// Lines times lines: 4 MiB of table.
const MOST_CELLS: usize = 1 << 20;

fn middle(text: &mut String, old: &[&str], new: &[&str]) {
    let width = new.len() + 1;
    let cells = (old.len() + 1).saturating_mul(width);
    // Above the limit a table of zeros: nothing is common.
    let is_short = cells <= MOST_CELLS;
    let mut common = vec![0_u32; if is_short { cells } else { 0 }];
    if is_short {
        for (i, a) in old.iter().enumerate().rev() {
            for (j, b) in new.iter().enumerate().rev() {
                let (below, right) = ((i + 1) * width + j, i * width + j + 1);
                common[i * width + j] =
                    if a == b { common[below + 1] + 1 } else { common[below].max(common[right]) };
            }
        }
    }
    let at = |i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if is_short && a == b => {
                push(text, ' ', a);
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || at(i + 1, j) >= at(i, j + 1) => {
                push(text, '-', a);
                i += 1;
            }
            (_, Some(b)) => {
                push(text, '+', b);
                j += 1;
            }
            // The arms above leave nothing.
            (_, None) => return,
        }
    }
}

fn push(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push(' ');
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_differs_is_marked() {
        let expected = "charge ok\n  attempt error\n  attempt ok";
        let found = "charge ok\n  attempt error\n  attempt error\n  attempt ok\nother ok";
        let marked = "  charge ok
    attempt error
+   attempt error
    attempt ok
+ other ok
";
        assert_eq!(lines(expected, found), marked);
    }

    #[test]
    fn what_is_too_long_to_compare_is_shown_one_after_the_other() {
        let text = |word: &str| vec![word; 2_000].join("\n");
        let shown = lines(&text("old"), &text("new"));
        assert_eq!(shown, "- old\n".repeat(2_000) + &"+ new\n".repeat(2_000));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_marks(
            expected in proptest::collection::vec("[abc]", 0..12),
            found in proptest::collection::vec("[abc]", 0..12),
        ) {
            let shown = lines(&expected.join("\n"), &found.join("\n"));
            let of = |sign: char| -> Vec<String> {
                let lines = shown.lines().filter(|line| line.starts_with([' ', sign]));
                lines.map(|line| line[2..].to_owned()).collect()
            };
            prop_assert_eq!(of('-'), expected);
            prop_assert_eq!(of('+'), found);
        }
    }
}
