//! JSON text (RFC 8259), written by appending to a string.

use std::{fmt, io};

use crate::{time::Rfc3339, value::Value};

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
pub(super) fn timestamp(text: &mut impl Text, unix_nanos: u64) {
    write!(text, "\"{}\"", Rfc3339(unix_nanos));
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

#[cfg(test)]
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
