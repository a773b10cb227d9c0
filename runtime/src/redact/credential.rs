//! Secrets that say what they are: HTTP credentials, JSON Web Tokens, private keys.

use std::ops::Range;

use super::scan::{before, byte, is_word, run};

/// Shorter words behind `Bearer` are words.
const SHORTEST_TOKEN: usize = 8;
/// Words of a language are shorter than this.
const LONGEST_WORD: usize = 20;
/// The longest label of a private key, and more.
const LONGEST_LABEL: usize = 40;
/// A JSON Web Token's header has an `alg`, at least.
const SHORTEST_HEADER: usize = 12;

/// The credentials behind `Bearer` or `Basic`, whose `b` stands at `at`.
pub(super) fn scheme(text: &[u8], at: usize) -> Option<Range<usize>> {
    let (start, is_basic) = if has_word(text, at, b"bearer") {
        (at + 6, false)
    } else if has_word(text, at, b"basic") {
        (at + 5, true)
    } else {
        return None;
    };
    let start = run(text, start, |byte| byte == b' ').max(start + 1);
    let end = token_end(text, start);
    let token = text.get(start..end)?;
    let is_secret = if is_basic { is_basic_secret(token) } else { is_bearer_secret(token) };
    is_secret.then_some(start..end)
}

/// Whether a word and a space begin at `at`, in any case.
fn has_word(text: &[u8], at: usize, word: &[u8]) -> bool {
    let end = at + word.len();
    text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(word))
        && byte(text, end) == b' '
        && !is_word(before(text, at))
}

/// The end of a token as HTTP has it, without the full stop of a sentence.
pub(super) fn token_end(text: &[u8], start: usize) -> usize {
    let end = run(text, start, |byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
    });
    if end > start && before(text, end) == b'.' { end - 1 } else { end }
}

/// Whether the text in front of the space at `at` is the name of such a scheme.
pub(super) fn is_scheme(word: &[u8]) -> bool {
    [&b"bearer"[..], b"basic", b"digest", b"token"]
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case(word))
}

/// "The bearer token expired" has no secret.
fn is_bearer_secret(token: &[u8]) -> bool {
    token.len() >= SHORTEST_TOKEN && (token.len() >= LONGEST_WORD || is_no_word(token))
}

/// A digit, or a capital within: no word of a sentence.
pub(super) fn is_no_word(token: &[u8]) -> bool {
    let has_capital = || token.iter().skip(1).any(u8::is_ascii_uppercase);
    token.iter().any(u8::is_ascii_digit) || has_capital()
}

/// Base64 of a name, a colon and a password.
fn is_basic_secret(token: &[u8]) -> bool {
    token.len() >= 4
        && (decodes_to_colon(token) || token.len() >= LONGEST_WORD && is_no_word(token))
}

fn decodes_to_colon(token: &[u8]) -> bool {
    token.chunks(4).any(|quad| {
        let bits = quad.iter().try_fold(0_u32, |bits, byte| Some(bits << 6 | sextet(*byte)?));
        let Some(bits) = bits else { return false };
        let bits = bits << (6 * (4 - quad.len()));
        bits.to_be_bytes().iter().skip(1).any(|byte| *byte == b':')
    })
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        b'=' => 0,
        _ => return None,
    };
    Some(u32::from(value))
}

/// The JSON Web Token that begins `eyJ`, of which the `J` stands at `at`; also one that was cut.
pub(super) fn jwt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2)?;
    let is_begin = text.get(start..at) == Some(b"ey") && !is_base64url(before(text, start));
    if !is_begin {
        return None;
    }
    let header = run(text, at, is_base64url);
    if header - start < SHORTEST_HEADER {
        return None;
    }
    // Signed ones have three parts, encrypted ones five, of which some may be empty.
    let mut end = header;
    let mut parts = 1;
    while byte(text, end) == b'.' && parts < 5 {
        end = run(text, end + 1, is_base64url);
        parts += 1;
    }
    let is_cut = end == text.len();
    let end = if before(text, end) == b'.' && parts < 3 { end - 1 } else { end };
    (parts >= 2 && end > header || is_cut).then_some(start..end)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The private key in whose first line the `B` of `BEGIN` stands at `at`; up to where it ends, or
/// to the end of a text that was cut.
pub(super) fn private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const KIND: &[u8] = b"PRIVATE KEY";
    let start = at.checked_sub(5)?;
    let label = start + BEGIN.len();
    if text.get(start..label)? != BEGIN {
        return None;
    }
    let label_end =
        run(text, label, |byte| byte.is_ascii_uppercase() || byte == b' ' || byte.is_ascii_digit());
    let name = text.get(label..label_end.min(label + LONGEST_LABEL))?;
    if !name.windows(KIND.len()).any(|part| part == KIND) {
        return None;
    }
    let rest = text.get(label_end..)?;
    let end = find(rest, b"-----END ").map_or(text.len(), |at| {
        let end = label_end + at + 9;
        let end = run(text, end, |byte| byte.is_ascii_alphanumeric() || byte == b' ');
        run(text, end, |byte| byte == b'-')
    });
    Some(start..end)
}

/// Where one text is in another; the needle begins with a byte that is rare in the hay.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|part| part == needle)
}
