//! Values from texts. Nothing here knows where a text came from.

use std::time::Duration;

/// The specification's boolean: `true` or `false`, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| value)
}

/// A boolean as people write it where no specification says how.
pub(crate) fn switch(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&["true", "1", "yes", "on"]) {
        Some(true)
    } else if is(&["false", "0", "no", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// A non-negative integer; one beyond the range is as good as the largest.
pub(crate) fn count(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// Milliseconds.
pub(crate) fn millis(text: &str) -> Option<Duration> {
    count(text).map(|millis| Duration::from_millis(millis.into()))
}

/// A time with its unit: `500ms`, `1.5 s`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (amount, unit) = (number(&text[..end])?, text[end..].trim_start());
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    Duration::try_from_secs_f64(amount * seconds).ok()
}

/// A finite number that is not negative.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// A number of bytes: `16MiB`, `1.5 GB`, `65536`.
pub(crate) fn size(text: &str) -> Option<usize> {
    const UNITS: [(&str, u64); 11] = [
        ("", 1),
        ("b", 1),
        ("k", 1 << 10),
        ("kb", 1_000),
        ("kib", 1 << 10),
        ("m", 1 << 20),
        ("mb", 1_000_000),
        ("mib", 1 << 20),
        ("g", 1 << 30),
        ("gb", 1_000_000_000),
        ("gib", 1 << 30),
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (amount, unit) = text.split_at(end);
    let unit = unit.trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    if amount.contains('.') {
        // A cast saturates; so large a bound is none.
        return Some((number(amount)? * *factor as f64) as usize);
    }
    let whole: u64 = amount.parse().ok()?;
    usize::try_from(whole.checked_mul(*factor)?).ok()
}

/// The members of a comma-separated list, without those that are empty.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|member| !member.is_empty())
}

/// Bytes for `%2C` and the like; `None` if an escape is broken or the result is not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    decoded(text, |_| None)
}

/// The same, but a `%` that no two digits follow stands for itself: tokens are pasted as they are.
pub(crate) fn percent_decoded_where_it_is_encoded(text: &str) -> Option<String> {
    decoded(text, Some)
}

fn decoded(text: &str, broken: impl Fn(u8) -> Option<u8>) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, after @ ..] => {
                digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        let (byte, after) = match escape {
            Some(escape) => escape,
            None if *first == b'%' => (broken(*first)?, after),
            None => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_take_binary_and_decimal_units() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("65536", Some(65_536)),
            ("64k", Some(65_536)),
            ("16MiB", Some(16 << 20)),
            ("16 mib", Some(16 << 20)),
            ("2MB", Some(2_000_000)),
            ("1.5GiB", Some(3 << 29)),
            ("MiB", None),
            ("-1", None),
            ("1.2.3M", None),
            ("16 MiB of RAM", None),
            ("99999999999999999999", None),
            ("18446744073709551615G", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        for (text, value) in [
            ("0", Some(0)),
            ("+5", Some(5)),
            ("4294967296", Some(u32::MAX)),
            ("", None),
            ("+", None),
            ("-1", None),
            ("1.0", None),
            ("1e3", None),
            ("0x10", None),
        ] {
            assert_eq!(count(text), value, "{text}");
        }
    }

    #[test]
    fn numbers_are_finite_and_not_negative() {
        for (text, value) in [
            ("0.25", Some(0.25)),
            ("1e2", Some(100.0)),
            ("NaN", None),
            ("inf", None),
            ("-0.5", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }

    #[test]
    fn only_the_words_of_the_specification_are_booleans() {
        for (text, value) in
            [("TRUE", Some(true)), ("False", Some(false)), ("1", None), ("yes", None), ("t", None)]
        {
            assert_eq!(boolean(text), value, "{text}");
        }
    }

    #[test]
    fn broken_escapes_are_refused() {
        for text in ["%", "%4", "%zz", "a%2", "%+1", "%ff"] {
            assert_eq!(percent_decoded(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_has_a_unit() {
        for (text, expected) in [
            ("500ms", Some(Duration::from_millis(500))),
            ("1.5 s", Some(Duration::from_millis(1_500))),
            ("2M", Some(Duration::from_mins(2))),
            ("250µs", Some(Duration::from_micros(250))),
            ("500", None),
            ("ms", None),
            ("-1s", None),
            ("1e3s", None),
            ("5 parsecs", None),
            ("9999999999999999999999h", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
    }

    #[test]
    fn a_percent_sign_that_begins_no_escape_can_stand_for_itself() {
        for (text, decoded) in [("100%", Some("100%")), ("%zz%20%4", Some("%zz %4")), ("%ff", None)]
        {
            assert_eq!(percent_decoded_where_it_is_encoded(text).as_deref(), decoded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_percent_encoded_comes_back(text in ".*") {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            prop_assert_eq!(percent_decoded(&encoded), Some(text));
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in ".*", digits in "[0-9.+eE-]{0,40}[kKmMgGiIbB ]{0,4}") {
            for text in [&text, &digits] {
                let _ = (boolean(text), switch(text), count(text), millis(text), number(text));
                let _ = (time(text), size(text), percent_decoded_where_it_is_encoded(text), list(text).count());
            }
        }
    }
}
