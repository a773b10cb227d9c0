//! Values whose keys stand in front of them, within a text.
//!
//! `password=hunter2`, `?sig=…&`, `"token": "…"`, `Login { password: Password("…") }`,
//! `Cookie: a=b`. With an equals sign or with quotes around it a key is a key. With a colon alone it
//! may be a word of a sentence ("unexpected token: here"); then the value must not be a word: it is
//! quoted, in brackets, or looks like none.

use std::ops::Range;

use super::{
    credential::is_no_word,
    keys,
    scan::{before, byte, run},
    spelled::{Form, Start, bare_end},
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
    let end = behind(text, at, is_blank);
    let end = if is_quote(before(text, end)) { end - 1 } else { end };
    let key = key_in_front(text, end)?;
    let is_parameter = matches!(before(text, end - key.len()), b'?' | b'&' | b';');
    let signs = || SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(key));
    let is_hidden = keys::hides(key) || is_parameter && signs();
    if is_hidden { Start::find(text, run(text, at + 1, is_blank))?.value(text) } else { None }
}

/// The value behind the colon at `at`.
pub(super) fn at_colon(text: &[u8], at: usize) -> Option<Range<usize>> {
    if byte(text, at + 1) == b':' {
        return None;
    }
    let end = behind(text, at, is_space);
    let quote = Some(before(text, end)).filter(|byte| is_quote(*byte));
    let end = if quote.is_some() { end - 1 } else { end };
    let end = if quote.is_some() && before(text, end) == b'\\' { end - 1 } else { end };
    let key = key_in_front(text, end)?;
    if !keys::hides(key) {
        return None;
    }
    let opening = before(text, end - key.len());
    let start = run(text, at + 1, is_space);
    let found = Start::find(text, start)?;
    if quote == Some(opening) || found.form != Form::Bare {
        return found.value(text);
    }
    // What decides is looked at first, and is short: not every colon may cost the rest of the text.
    let rest = text.get(found.at..)?;
    let head = rest.get(..LONGEST_KEY.min(rest.len()))?;
    let word = head.get(..bare_end(head, 0))?;
    let is_on_next_line = text.get(at..start)?.contains(&b'\n');
    if is_on_next_line || !is_no_word(word) && !word.contains(&b'=') && !word.contains(&b' ') {
        return None;
    }
    let value = found.value(text)?;
    let is_header = HEADERS.iter().any(|header| header.eq_ignore_ascii_case(key));
    Some(if is_header { value.start..header_end(text, value.start, opening) } else { value })
}

/// Where a header's value ends: with its line, or with the quotes that stand around all of it.
fn header_end(text: &[u8], start: usize, opening: u8) -> usize {
    let ends = |byte| matches!(byte, b'\r' | b'\n') || is_quote(opening) && byte == opening;
    let end = run(text, start, |byte| !ends(byte));
    let is_escaped = byte(text, end) == opening && before(text, end) == b'\\';
    if is_escaped { end - 1 } else { end }
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

/// Where a run of such bytes begins that ends at `end`.
fn behind(text: &[u8], end: usize, is: impl Fn(u8) -> bool) -> usize {
    let mut start = end;
    while start > 0 && is(before(text, start)) {
        start -= 1;
    }
    start
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}
