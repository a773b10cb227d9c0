//! One thing that was said outside of the code, read.

use super::{
    path::Path,
    settable::{Part, Settable},
};

/// What the variables of single options begin with.
pub(crate) const PREFIX: &str = "SPANDREL__";

/// The switch of a mechanism, or of all.
pub(crate) const ENABLED: &str = "enabled";

/// An option of some policies, and what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    /// The variable, or the key of the file, with its value.
    pub(crate) origin: String,
    pub(crate) path: Path,
    /// None: all mechanisms.
    pub(crate) part: Option<Part>,
    pub(crate) option: &'static str,
    pub(crate) text: String,
}

/// The longest piece of a value that a message repeats.
const SHOWN_CHARS: usize = 80;

impl Override {
    /// Reads a variable: `SPANDREL__SHOP__ORDERS__CHARGE__RETRY__MAX_ATTEMPTS=5`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write instead.
    pub(crate) fn of_variable(name: &str, value: &str) -> Result<Self, String> {
        let origin = format!("`{name}={}`", shown(value));
        let folded = name.to_uppercase();
        let whole = folded.strip_prefix(PREFIX).unwrap_or(&folded);
        let known = Part::ALL.into_iter().flat_map(|part| {
            let options = part.options().chain([ENABLED]);
            options.map(move |option| (Some(part), option))
        });
        let found = known.chain([(None, ENABLED)]).filter_map(|(part, option)| {
            let suffix = suffix(part, option);
            let path = whole.strip_suffix(&suffix)?;
            let path = if path.is_empty() { path } else { path.strip_suffix("__")? };
            Some((suffix.len(), path.to_owned(), part, option))
        });
        // `…__RETRY__ENABLED` is about retries, and not about a module of that name.
        let Some((_, path, part, option)) = found.max_by_key(|(length, ..)| *length) else {
            return Err(format!("`{name}` {}", unknown(whole)));
        };
        let path = if path.is_empty() { Path::All } else { Path::Folded(path) };
        Self::new(origin, path, part, option, value)
    }

    /// Reads a key of a file: `shop::orders::charge`, `retry`, `max_attempts`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write instead.
    #[cfg(any(test, feature = "toml"))]
    pub(crate) fn of_file(file: &str, keys: &[&str], value: &str) -> Result<Self, String> {
        let place = format!("`{}` in `{file}`", keys.join("."));
        let origin = format!("`{} = {}` in `{file}`", keys.join("."), shown(value));
        let (path, keys) = match keys {
            [first, ..] if *first == ENABLED || of_name(first).is_some() => (Path::All, keys),
            [first, rest @ ..] => (Path::Exact((*first).to_owned()), rest),
            [] => (Path::All, keys),
        };
        let (part, option) = match keys {
            [ENABLED] => (None, Some(ENABLED)),
            [part, options @ ..] => {
                let option = options.join(".");
                let part = of_name(part);
                let known = part.into_iter().flat_map(Part::options).chain([ENABLED]);
                let known = part.and_then(|_| { known }.find(|known| *known == option));
                (part, known)
            }
            [] => (None, None),
        };
        match option {
            Some(option) => Self::new(origin, path, part, option, value),
            None => Err(match part {
                Some(part) => {
                    format!("{place} is no option of `{part}`; {}", options(part, |o| o.into()))
                }
                None => format!(
                    "{place} names no mechanism; write a function, a module or a name of a policy, \
                     then {} and an option: `[\"shop::orders::charge\".retry]`",
                    mechanisms()
                ),
            }),
        }
    }

    fn new(
        origin: String,
        path: Path,
        part: Option<Part>,
        option: &'static str,
        text: &str,
    ) -> Result<Self, String> {
        let checked = match part {
            Some(part) if option != ENABLED => part.check(option, text),
            _ => super::literal::truth(text).map(|_| ()),
        };
        match checked {
            Ok(()) => Ok(Self { origin, path, part, option, text: text.to_owned() }),
            Err(instead) => Err(format!("{origin} is not understood; write {instead}")),
        }
    }

    /// Whether it is a number or a word of this mechanism's.
    pub(crate) fn is_of<T: Settable>(&self) -> bool {
        self.part == Some(T::PART) && T::OPTIONS.contains(&self.option)
    }
}

#[cfg(any(test, feature = "toml"))]
fn of_name(name: &str) -> Option<Part> {
    Part::ALL.into_iter().find(|part| part.as_str() == name)
}

/// `RETRY__BUDGET__SHARE`.
fn suffix(part: Option<Part>, option: &str) -> String {
    let option = option.replace('.', "__").to_uppercase();
    part.map_or(option.clone(), |part| format!("{}__{option}", part.as_str().to_uppercase()))
}

/// Says why a variable names no option.
fn unknown(whole: &str) -> String {
    let named = Part::ALL.into_iter().find(|part| {
        let name = part.as_str().to_uppercase();
        whole.starts_with(&format!("{name}__")) || whole.contains(&format!("__{name}__"))
    });
    match named {
        Some(part) => {
            let shown = |option: &str| option.replace('.', "__").to_uppercase();
            format!("is no option of `{part}`; {}", options(part, shown))
        }
        None => format!(
            "names no option of a policy; write a function, a module or a name of a policy, then \
             {} and an option: `{PREFIX}SHOP__ORDERS__CHARGE__RETRY__MAX_ATTEMPTS`",
            mechanisms()
        ),
    }
}

fn options(part: Part, shown: impl Fn(&str) -> String) -> String {
    let names: Vec<_> =
        part.options().chain([ENABLED]).map(|o| format!("`{}`", shown(o))).collect();
    format!("write one of {}", names.join(", "))
}

fn mechanisms() -> String {
    let names: Vec<_> = Part::ALL.into_iter().map(|part| format!("`{part}`")).collect();
    format!("one of {}", names.join(", "))
}

/// A value in a message: no terminal is confused by it, no log flooded.
fn shown(value: &str) -> String {
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = value.chars().take(SHOWN_CHARS).map(printable).collect();
    if value.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
