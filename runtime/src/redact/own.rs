//! Patterns of the program's own: texts with classes of characters, and functions.
//!
//! A template is matched from left to right, each class takes as much as it can and gives nothing
//! back. What did not match is not gone over again, so the time is linear.

use std::{
    fmt,
    ops::Range,
    panic::{self, AssertUnwindSafe},
};

use super::scan::{before, byte, is_word, run};

/// A pattern of the program's own.
#[derive(Clone, Debug)]
pub(super) enum Own {
    Function(Find),
    Template(Template),
}

/// Finds the first secret in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Find(pub(super) fn(&str) -> Option<Range<usize>>);

/// Text and classes of characters.
#[derive(Clone, Debug)]
pub(super) struct Template {
    source: Box<str>,
    first: Box<[u8]>,
    rest: Box<[Part]>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(Box<[u8]>),
    Class { is: fn(u8) -> bool, least: usize, most: usize },
}

/// Why a pattern cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    message: String,
}

type Class = (&'static str, fn(u8) -> bool);

const CLASSES: [Class; 8] = [
    ("alnum", |byte| byte.is_ascii_alphanumeric()),
    ("base64", |byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte)),
    ("digit", |byte| byte.is_ascii_digit()),
    ("hex", |byte| byte.is_ascii_hexdigit()),
    ("letter", |byte| byte.is_ascii_alphabetic()),
    ("lower", |byte| byte.is_ascii_lowercase()),
    ("upper", |byte| byte.is_ascii_uppercase()),
    ("visible", |byte| !byte.is_ascii_whitespace() && !byte.is_ascii_control()),
];
const SHORTEST_TEXT: usize = 2;
const MOST: usize = 4_096;

impl Own {
    /// What is found in a text at `from` or behind it.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<Range<usize>> {
        match self {
            Self::Function(Find(find)) => {
                let rest = text.get(from..)?;
                let found = panic::catch_unwind(AssertUnwindSafe(|| find(rest))).ok()??;
                let Range { start, end } = found;
                let range = from.checked_add(start)?..from.checked_add(end)?;
                (start < end && text.get(range.clone()).is_some()).then_some(range)
            }
            Self::Template(template) => template.next(text.as_bytes(), from),
        }
    }
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !literal.is_empty() {
                parts.push(Part::Text(literal.as_bytes().into()));
            }
            if after.is_empty() {
                break;
            }
            let class = after.strip_prefix('{').and_then(|class| class.split_once('}'));
            let Some((class, after)) = class else {
                return Err(InvalidPattern::new(format!(
                    "`{text}` has a brace without its other one; write a class as `{{digit:8}}`"
                )));
            };
            parts.push(Part::class(class)?);
            rest = after;
        }
        let mut parts = parts.into_iter();
        match parts.next() {
            Some(Part::Text(first)) if first.len() >= SHORTEST_TEXT => {
                Ok(Self { source: text.into(), first, rest: parts.collect() })
            }
            _ => Err(InvalidPattern::new(format!(
                "`{text}` does not begin with text; write at least {SHORTEST_TEXT} characters that \
                 every such secret begins with"
            ))),
        }
    }

    fn next(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        let mut at = from;
        loop {
            let rest = text.get(at..)?;
            let found = rest.windows(self.first.len()).position(|part| *part == *self.first)?;
            let start = at + found;
            match self.matches(text, start) {
                Ok(end) => return Some(start..end),
                Err(reached) => at = reached.max(start + 1),
            }
        }
    }

    /// Where the match ends that begins at `start`, or how far it came.
    fn matches(&self, text: &[u8], start: usize) -> Result<usize, usize> {
        let mut at = start + self.first.len();
        if self.first.first().is_some_and(|first| is_word(*first)) && is_word(before(text, start)) {
            return Err(start);
        }
        for part in &self.rest {
            at = match part {
                Part::Text(literal) => {
                    let end = at + literal.len();
                    if text.get(at..end) != Some(literal) {
                        return Err(at);
                    }
                    end
                }
                Part::Class { is, least, most } => {
                    let rest = text.get(at..).unwrap_or_default();
                    let length = run(&rest[..rest.len().min(*most)], 0, is);
                    if length < *least {
                        return Err(at + length);
                    }
                    at + length
                }
            };
        }
        let follows = is_word(before(text, at)) && is_word(byte(text, at));
        if follows { Err(at) } else { Ok(at) }
    }
}

impl Part {
    /// Reads `class`, `class:8`, `class:8..` or `class:8..16`.
    fn class(text: &str) -> Result<Self, InvalidPattern> {
        let (name, count) = text.split_once(':').unwrap_or((text, "1.."));
        let Some((_, is)) = CLASSES.iter().find(|(known, _)| *known == name.trim()) else {
            let known: Vec<_> = CLASSES.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(InvalidPattern::new(format!(
                "`{name}` is no class of characters; write one of {}",
                known.join(", ")
            )));
        };
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let counts = match count.split_once("..") {
            None => number(count).map(|count| (count, count)),
            Some((least, "")) => number(least).map(|least| (least, MOST)),
            Some((least, most)) => number(least).zip(number(most)),
        };
        match counts {
            Some((least, most)) if 1 <= least && least <= most && most <= MOST => {
                Ok(Self::Class { is: *is, least, most })
            }
            _ => Err(InvalidPattern::new(format!(
                "`{count}` is no count from 1 to {MOST}; write `8`, `8..` or `8..16`"
            ))),
        }
    }
}

impl InvalidPattern {
    pub(super) fn new(message: String) -> Self {
        Self { message }
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InvalidPattern {}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(_) => f.write_str("fn"),
            Self::Template(template) => f.write_str(&template.source),
        }
    }
}
