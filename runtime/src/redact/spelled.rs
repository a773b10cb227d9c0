//! How a value is spelled behind its key, and where it ends.

use std::ops::Range;

use super::{
    REDACTED,
    credential::{is_scheme, token_end},
    scan::{byte, is_word, run},
};

/// Names of types are shorter than this.
const LONGEST_NAME: usize = 64;

/// Where a value begins, and how it is spelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The first byte that is hidden.
    pub(super) at: usize,
    pub(super) form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A number, a word, or what looks like one.
    Bare,
    /// `[…]`, `{…}`, `(…)`, `Name(…)`, `Name { … }`, whose bracket stands there.
    Bracketed(usize),
    /// `"…"`; the quotes may be escaped.
    Quoted { quote: u8, escaped: bool },
}

impl Start {
    /// The value that begins at `at`; `None` if it is hidden already.
    pub(super) fn find(text: &[u8], at: usize) -> Option<Self> {
        let mut at = at;
        if text.get(at..)?.starts_with(b"Some(") {
            at = run(text, at + 5, |byte| byte.is_ascii_whitespace());
        }
        if text.get(at..)?.starts_with(REDACTED.as_bytes()) {
            return None;
        }
        // `b"…"` of Rust and Python, `u'…'`.
        let prefix = run_of(text, at, 2, |byte| matches!(byte | 0x20, b'b' | b'r' | b'u'));
        for opening in [at, prefix] {
            let escaped = byte(text, opening) == b'\\';
            let quote = byte(text, opening + usize::from(escaped));
            if matches!(quote, b'"' | b'\'') {
                let at = opening + usize::from(escaped) + 1;
                return Some(Self { at, form: Form::Quoted { quote, escaped } });
            }
        }
        let name = run_of(text, at, LONGEST_NAME, |byte| is_word(byte) || byte == b':');
        let is_type = byte(text, at).is_ascii_uppercase();
        let is_struct = is_type && byte(text, name) == b' ' && byte(text, name + 1) == b'{';
        let bracket = name + usize::from(is_struct);
        let is_bracket = matches!(byte(text, bracket), b'(' | b'[' | b'{');
        Some(Self { at, form: if is_bracket { Form::Bracketed(bracket) } else { Form::Bare } })
    }

    /// The value; `None` if it says nothing.
    pub(super) fn value(self, text: &[u8]) -> Option<Range<usize>> {
        const SAY_NOTHING: [&[u8]; 9] =
            [b"None", b"null", b"nil", b"true", b"false", b"undefined", b"[]", b"{}", b"()"];
        let end = match self.form {
            Form::Bare => bare_end(text, self.at),
            Form::Bracketed(bracket) => bare_end(text, balanced_end(text, bracket)),
            Form::Quoted { quote, escaped } => closing(text, self.at, quote, escaped),
        };
        let value = text.get(self.at..end)?;
        let is_hidden = value.starts_with(REDACTED.as_bytes());
        let is_nothing = SAY_NOTHING.contains(&value) || value.iter().all(|byte| *byte == b'*');
        (!is_hidden && !is_nothing).then_some(self.at..end)
    }
}

/// Where a run of at most so many such bytes ends that begins at `at`.
fn run_of(text: &[u8], at: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    let end = text.len().min(at.saturating_add(most));
    run(text.get(..end).unwrap_or_default(), at, is)
}

/// Where a quoted value ends; the end of the text if it was cut.
fn closing(text: &[u8], start: usize, quote: u8, escaped: bool) -> usize {
    let mut at = start;
    while at < text.len() {
        if byte(text, at) == b'\\' {
            if escaped && byte(text, at + 1) == quote {
                return at;
            }
            at += 1;
        } else if byte(text, at) == quote {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Behind the bracket that closes the one at `at`, of those outside quotes; the end of the text if
/// there is none.
fn balanced_end(text: &[u8], at: usize) -> usize {
    let opening = byte(text, at);
    let closes = match opening {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    };
    let (mut at, mut depth) = (at, 0_usize);
    while at < text.len() {
        let escaped = byte(text, at) == b'\\';
        let quote = byte(text, at + usize::from(escaped));
        if matches!(quote, b'"' | b'\'') {
            let end = closing(text, at + usize::from(escaped) + 1, quote, escaped);
            at = end + usize::from(escaped);
        } else if byte(text, at) == opening {
            depth += 1;
        } else if byte(text, at) == closes {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
        at += 1;
    }
    text.len()
}

/// Where a value ends that nothing is around.
pub(super) fn bare_end(text: &[u8], start: usize) -> usize {
    let end = run(text, start, |byte| {
        !byte.is_ascii_whitespace()
            && !matches!(
                byte,
                b'&' | b';' | b',' | b'"' | b'\'' | b'\\' | b'<' | b'>' | b')' | b']' | b'}'
            )
    });
    // `authorization=Bearer …` has its secret behind the space.
    if byte(text, end) == b' ' && text.get(start..end).is_some_and(is_scheme) {
        return token_end(text, end + 1).max(end);
    }
    end
}
