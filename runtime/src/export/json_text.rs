//! JSON text (RFC 8259), written by appending to a string.

use std::{fmt, io};

#[cfg(any(feature = "console", feature = "zipkin"))]
use crate::value::Value;

/// Where text is appended to.
pub(super) trait Text {
    fn put(&mut self, text: &str);

    /// As `write!` has it, which cannot fail here.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>);
}

impl Text for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        let _ = fmt::Write::write_fmt(self, text);
    }
}

impl Text for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        let _ = io::Write::write_fmt(self, text);
    }
}

/// Appends a string.
pub(super) fn string(text: &mut impl Text, value: &str) {
    text.put("\"");
    // What needs no escape is copied in one piece; that is nearly always all of it.
    let mut copied = 0;
    for (at, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        text.put(&value[copied..at]);
        copied = at + 1;
        match byte {
            b'"' => text.put("\\\""),
            b'\\' => text.put("\\\\"),
            b'\n' => text.put("\\n"),
            b'\r' => text.put("\\r"),
            b'\t' => text.put("\\t"),
            _ => write!(text, "\\u{byte:04x}"),
        }
    }
    text.put(&value[copied..]);
    text.put("\"");
}

/// Appends bytes in hexadecimal.
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(super) fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pairs =
        bytes.iter().map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    pairs.for_each(|pair| out.extend_from_slice(&pair));
}

/// Appends a whole number.
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(super) fn decimal(out: &mut Vec<u8>, mut number: u64) {
    const MOST_DIGITS: usize = 20;
    let mut digits = [0; MOST_DIGITS];
    let mut start = MOST_DIGITS;
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends an attribute's value.
///
/// Numbers that JSON does not have (infinities, not a number) become strings: better than a lie.
#[cfg(any(feature = "console", feature = "zipkin"))]
pub(super) fn value(text: &mut impl Text, value: Value<'_>) {
    match value {
        Value::Bool(value) => write!(text, "{value}"),
        Value::I64(value) => write!(text, "{value}"),
        Value::U64(value) => write!(text, "{value}"),
        Value::F64(value) if !value.is_finite() => string(text, &value.to_string()),
        // By `Debug`, so that `1.0` stays a floating-point number for the reader.
        Value::F64(value) => write!(text, "{value:?}"),
        Value::Str(value) => string(text, value),
        Value::Array(array) => list(text, array.iter(), self::value),
    }
}

/// Appends a point in time as RFC 3339 with nanoseconds, in quotes.
///
/// A number of nanoseconds would exceed 2^53, and many readers of JSON would round it.
#[cfg(feature = "console")]
pub(super) fn timestamp(text: &mut impl Text, unix_nanos: u64) {
    let (seconds, nanos) = (unix_nanos / 1_000_000_000, unix_nanos % 1_000_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    write!(text, "\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z\"");
}

/// Appends an array.
pub(super) fn list<T, O: Text>(
    text: &mut O,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut O, T),
) {
    text.put("[");
    for (index, item) in items.enumerate() {
        if index != 0 {
            text.put(",");
        }
        write(text, item);
    }
    text.put("]");
}

/// The day of the Gregorian calendar that is so many days after 1970-01-01.
///
/// Years begin in March here, so that a leap day is the last of its year.
#[cfg(feature = "console")]
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year_of_era + year, month, day)
}

#[cfg(test)]
#[cfg(feature = "console")]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut text = String::new();
        write(&mut text);
        text
    }

    #[test]
    fn points_in_time_are_rfc_3339_with_nanoseconds() {
        // As `date -u -d @… +%FT%T.%NZ` has them.
        let known = [
            (0, "\"1970-01-01T00:00:00.000000000Z\""),
            (951_782_400_000_000_001, "\"2000-02-29T00:00:00.000000001Z\""),
            (1_700_000_000_123_456_789, "\"2023-11-14T22:13:20.123456789Z\""),
            (4_107_542_399_999_999_999, "\"2100-02-28T23:59:59.999999999Z\""),
            (4_107_542_400_000_000_000, "\"2100-03-01T00:00:00.000000000Z\""),
            (u64::MAX, "\"2554-07-21T23:34:33.709551615Z\""),
        ];
        for (nanos, expected) in known {
            assert_eq!(written(|text| timestamp(text, nanos)), expected);
        }
    }

    #[test]
    fn every_day_follows_the_day_before_it() {
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        let days_of = |year, month| match month {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut expected = (1970, 1, 1);
        for days in 0..u64::MAX / 1_000_000_000 / 86_400 {
            assert_eq!(date(days), expected);
            let (year, month, day) = expected;
            expected = match (month, day == days_of(year, month)) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
        }
    }

    proptest::proptest! {
        #[test]
        fn any_string_is_read_back(value: String) {
            let text = written(|text| string(text, &value));
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        }

        #[test]
        fn any_finite_number_is_read_back(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let text = written(|text| self::value(text, Value::F64(value)));
            assert_eq!(text.parse::<f64>().unwrap(), value);
            assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_f64());
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_a_string() {
        let shown = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
            .map(|number| written(|text| value(text, Value::F64(number))));
        assert_eq!(shown, ["\"NaN\"", "\"inf\"", "\"-inf\""]);
        assert_eq!(written(|text| value(text, Value::U64(u64::MAX))), "18446744073709551615");
    }
}
