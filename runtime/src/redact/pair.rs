//! Values whose keys stand in front of them, within a text.
//!
//! `password=hunter2`, `?sig=…&`, `"token": "…"`, `Login { password: "…" }`, `Cookie: a=b`. With an
//! equals sign or with quotes a key is a key. With a colon alone it may be a word of a sentence
//! ("unexpected token: here"); then the value must not be a word.

use std::ops::Range;

use super::{
    REDACTED,
    credential::{is_no_word, is_scheme, token_end},
    keys,
    scan::{before, byte, run},
};

const LONGEST_KEY: usize = 64;

/// Parameters that sign a URL, by the rules of the semantic conventions and of those who sign.
const SIGNATURES: [&str; 7] = [
    "AWSAccessKeyId",
    "sig",
    "Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
];

/// Headers whose values go on to the end of the line.
const HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// The value behind the equals sign at `at`.
pub(super) fn at_equals(text: &[u8], at: usize) -> Option<Range<usize>> {
    // `==`, `=>`, `!=` and the like compare.
    if matches!(byte(text, at + 1), b'=' | b'>')
        || matches!(before(text, at), b'=' | b'!' | b'<' | b'>')
    {
        return None;
    }
    let end = if before(text, at) == b' ' { at - 1 } else { at };
    let end = if matches!(before(text, end), b'"' | b'\'') { end - 1 } else { end };
    let key = key_in_front(text, end)?;
    let is_parameter = matches!(before(text, end - key.len()), b'?' | b'&' | b';');
    let signs = || SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(key));
    let is_hidden = keys::hides(key) || is_parameter && signs();
    is_hidden.then(|| value(text, at + 1)).flatten()
}

/// The value behind the colon at `at`.
pub(super) fn at_colon(text: &[u8], at: usize) -> Option<Range<usize>> {
    if byte(text, at + 1) == b':' {
        return None;
    }
    let quote = before(text, at);
    if matches!(quote, b'"' | b'\'') {
        let end = at - 1;
        let end = if before(text, end) == b'\\' { end - 1 } else { end };
        let key = key_in_front(text, end)?;
        let is_quoted = before(text, end - key.len()) == quote;
        return (is_quoted && keys::hides(key)).then(|| value(text, at + 1)).flatten();
    }
    let key = key_in_front(text, at)?;
    if !keys::hides(key) {
        return None;
    }
    // What decides is looked at first, and is short: not every colon may cost the rest of the text.
    let (start, quote) = value_start(text, at + 1)?;
    if quote.is_some() {
        let start = at - key.len();
        let start = if before(text, start) == b' ' { start - 1 } else { start };
        let is_field = matches!(before(text, start), 0 | b'{' | b',' | b'(' | b'\n');
        return is_field.then(|| value(text, at + 1)).flatten();
    }
    let rest = text.get(start..)?;
    let head = rest.get(..LONGEST_KEY.min(rest.len()))?;
    let word = head.get(..bare_end(head, 0))?;
    if !is_no_word(word) && !word.contains(&b'=') && !word.contains(&b' ') {
        return None;
    }
    let found = value(text, at + 1)?;
    let is_header = HEADERS.iter().any(|header| header.eq_ignore_ascii_case(key));
    let end = |byte| !matches!(byte, b'\r' | b'\n' | b'"');
    Some(if is_header { found.start..run(text, found.start, end) } else { found })
}

/// The key that ends at `end`.
fn key_in_front(text: &[u8], end: usize) -> Option<&str> {
    let earliest = end.saturating_sub(LONGEST_KEY);
    let part = text.get(earliest..end)?;
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = part.iter().rev().take_while(|byte| is_key(byte)).count();
    let key = str::from_utf8(part.get(part.len() - length..)?).ok()?;
    (!key.is_empty()).then_some(key)
}

/// The value that begins at `at`, behind a space at most; `None` if it says nothing.
fn value(text: &[u8], at: usize) -> Option<Range<usize>> {
    let (start, quote) = value_start(text, at)?;
    let end = match quote {
        Some((quote, escaped)) => closing(text, start, quote, escaped),
        None => bare_end(text, start),
    };
    let value = text.get(start..end)?;
    let says_nothing = [&b"None"[..], b"null", b"nil", b"true", b"false", b"undefined"];
    let is_hidden = text.get(start..)?.starts_with(REDACTED.as_bytes());
    let is_nothing = says_nothing.contains(&value) || value.iter().all(|byte| *byte == b'*');
    (!is_hidden && !is_nothing).then_some(start..end)
}

/// Where a value begins, and the quote in front of it, which may be escaped.
fn value_start(text: &[u8], at: usize) -> Option<(usize, Option<(u8, bool)>)> {
    let mut start = at + usize::from(byte(text, at) == b' ');
    if text.get(start..)?.starts_with(b"Some(") {
        start += 5;
    }
    let escaped = byte(text, start) == b'\\';
    let quote = byte(text, start + usize::from(escaped));
    let is_quoted = matches!(quote, b'"' | b'\'');
    let behind = start + usize::from(escaped) + 1;
    Some(if is_quoted { (behind, Some((quote, escaped))) } else { (start, None) })
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

fn bare_end(text: &[u8], start: usize) -> usize {
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
