//! One pass over a text that finds the secrets in it.
//!
//! Every known form has a byte that ordinary prose hardly has (`:`, `=`, `-`, `_`, a digit, a
//! capital), or begins with `b`. Eight bytes at a time are asked whether one of them is such a byte,
//! and only there a closer look is taken. A closer look that finds nothing has looked at a bounded
//! number of bytes, or at bytes that no other look goes over again, so the time is linear in the
//! length of whatever a stranger sends.

use std::ops::Range;

use super::{Pattern, card, credential, pair, prefixed, url};

const LANES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * LANES;

/// The next secret at `from` or behind it, of the forms that are on.
pub(super) fn next(text: &[u8], from: usize, on: u8) -> Option<Range<usize>> {
    let mut at = from;
    while let Some((block, mut hits)) = next_hits(text, at) {
        while hits != 0 {
            let candidate = block + hits.trailing_zeros() as usize / 8;
            if let Some(found) = look(text, candidate, on)
                && found.start >= from
            {
                return Some(found);
            }
            hits &= hits - 1;
        }
        at = block + 8;
    }
    None
}

/// The next eight bytes of which some deserve a look, and which.
// Neither it nor the look is part of the other's loop: the constants of this one stay in registers.
#[inline(never)]
fn next_hits(text: &[u8], from: usize) -> Option<(usize, u64)> {
    let (blocks, rest) = text.get(from..)?.as_chunks::<8>();
    for (index, block) in blocks.iter().enumerate() {
        let hits = hits(u64::from_le_bytes(*block));
        if hits != 0 {
            return Some((from + index * 8, hits));
        }
    }
    let at = text.len() - rest.len();
    let hits = if rest.is_empty() { 0 } else { hits(last_bytes(text, at)) };
    (hits != 0).then_some((at, hits))
}

/// What is left of the text, as the low bytes; the others are of no interest.
#[inline]
fn last_bytes(text: &[u8], at: usize) -> u64 {
    // Of a text that is long enough the last eight bytes are read, of which some were looked at.
    if let Some(bytes) = text.last_chunk::<8>() {
        return u64::from_le_bytes(*bytes) >> (8 * (8 - (text.len() - at)));
    }
    let bytes = text.get(at..).unwrap_or_default().iter().rev();
    bytes.fold(0, |bytes, byte| bytes << 8 | u64::from(*byte))
}

/// The high bits of the bytes that deserve a look: `-./0123456789:;<=`, `A` to `_`, and `b`.
///
/// Bytes beyond ASCII are taken for the byte seven bits of them make; the look says no.
#[inline]
fn hits(bytes: u64) -> u64 {
    let low = bytes & !HIGH;
    let at_least = |byte: u8| low + u64::from(0x80 - byte) * LANES;
    let signs_and_digits = at_least(b'-') & !at_least(b'=' + 1);
    let capitals = at_least(b'A') & !at_least(b'_' + 1);
    let bee = !((low ^ (u64::from(b'b') * LANES)) + 0x7f * LANES);
    (signs_and_digits | capitals | bee) & HIGH
}

/// A closer look at a byte and what is around it.
#[inline(never)]
fn look(text: &[u8], at: usize, on: u8) -> Option<Range<usize>> {
    let wants = |pattern: Pattern| on & pattern as u8 != 0;
    match *text.get(at)? {
        b'0'..=b'9' if wants(Pattern::Card) => card::at(text, at),
        b':' => match text.get(at + 1) {
            Some(b'/') => {
                if wants(Pattern::Url) {
                    url::at(text, at)
                } else {
                    None
                }
            }
            _ => {
                if wants(Pattern::Pair) {
                    pair::at_colon(text, at)
                } else {
                    None
                }
            }
        },
        b'=' if wants(Pattern::Pair) => pair::at_equals(text, at),
        b'B' if before(text, at) == b'-' && wants(Pattern::PrivateKey) => {
            credential::private_key(text, at)
        }
        b'B' | b'b' if wants(Pattern::Credential) && is_scheme_like(text, at) => {
            credential::scheme(text, at)
        }
        b'J' if wants(Pattern::Jwt) => credential::jwt(text, at),
        b'A' | b'S' if wants(Pattern::ApiKey) => prefixed::from_start(text, at),
        b'_' | b'-' | b'.' if wants(Pattern::ApiKey) => prefixed::from_mark(text, at),
        _ => None,
    }
}

/// Whether it may be `Bearer` or `Basic`: most words that begin with `b` are not.
#[inline]
fn is_scheme_like(text: &[u8], at: usize) -> bool {
    matches!(byte(text, at + 1) | 0x20, b'a' | b'e')
        && matches!(byte(text, at + 2) | 0x20, b'a' | b's')
}

/// The byte in front of `at`, 0 at the beginning.
#[inline]
pub(super) fn before(text: &[u8], at: usize) -> u8 {
    at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(0)
}

/// The byte at `at`, 0 at the end.
#[inline]
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// Where a run of such bytes ends that begins at `at`.
#[inline]
pub(super) fn run(text: &[u8], at: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len())
}

/// Whether a byte belongs to a word: what stands beside a secret must not.
#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
