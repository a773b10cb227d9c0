//! Hexadecimal numbers of the formats that are older than W3C Trace Context.

use std::ops::RangeInclusive;

/// Reads a number of so many digits, in any case: not all senders keep to lower case.
pub(super) fn number(text: &str, digits: RangeInclusive<usize>) -> Option<u128> {
    let is_readable =
        digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_readable { u128::from_str_radix(text, 16).ok() } else { None }
}

/// The same, for the 64 bits of a span.
pub(super) fn span(text: &str, digits: RangeInclusive<usize>) -> Option<u64> {
    number(text, digits).and_then(|number| u64::try_from(number).ok())
}
