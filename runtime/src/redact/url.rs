//! The user and password in front of a URL's host.

use std::ops::Range;

use super::scan::run;

/// The userinfo behind the `://` whose colon stands at `at`.
pub(super) fn at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + 3;
    if text.get(at..start) != Some(b"://") {
        return None;
    }
    // A password may hold an `@` of its own: the last one is in front of the host. There is no other
    // `://` on the way, so nothing is looked at twice.
    let end = run(text, start, |byte| {
        !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`')
            && !byte.is_ascii_whitespace()
    });
    let authority = text.get(start..end)?;
    let length = authority.iter().rposition(|byte| *byte == b'@')?;
    let is_hidden = authority.starts_with(super::REDACTED.as_bytes());
    (length > 0 && !is_hidden).then_some(start..start + length)
}
