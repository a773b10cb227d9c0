//! Numbers as Prometheus writes them.
//!
//! Bounds of buckets are labels, that is text: a series keeps its identity only if each format
//! writes them as Prometheus itself does when it reads protobuf, `1.0` and `1.52587890625e-05`.

use std::io::Write as _;

use crate::metrics::data::Number;

/// Appends a value.
pub(super) fn number(out: &mut Vec<u8>, number: Number) {
    // Writing to a `Vec` cannot fail.
    let _ = match number {
        Number::U64(value) => write!(out, "{value}"),
        Number::I64(value) => write!(out, "{value}"),
        Number::F64(value) => return float(out, value),
    };
}

/// Appends a value that may be anything.
pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
        let _ = write!(out, "{value}");
    } else {
        let _ = write!(out, "{value:e}");
    }
}

/// A bound as the value of `le`: as Go's shortest `%g` has it, with a point in any case.
pub(super) fn bound(value: f64) -> String {
    if value == f64::INFINITY {
        return "+Inf".to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) && value != 0.0 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// What a number is where there are only floating-point numbers.
pub(super) fn as_f64(number: Number) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "Prometheus keeps nothing but these")]
    match number {
        Number::U64(value) => value as f64,
        Number::I64(value) => value as f64,
        Number::F64(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_written_as_prometheus_writes_it() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.25, "0.25"),
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (0.0001, "0.0001"),
            (0.000_015_258_789_062_5, "1.52587890625e-05"),
            (262_144.0, "262144.0"),
            (1_048_576.0, "1.048576e+06"),
            (1e21, "1e+21"),
            (1e-100, "1e-100"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(value), text);
        }
    }

    #[test]
    fn every_number_is_one_that_a_scraper_reads() {
        let text = |value| {
            let mut out = Vec::new();
            number(&mut out, value);
            String::from_utf8(out).unwrap()
        };

        assert_eq!(text(Number::U64(u64::MAX)), "18446744073709551615");
        assert_eq!(text(Number::I64(-3)), "-3");
        for (value, expected) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (0.1, "0.1"),
            (-2.0, "-2"),
            (1e300, "1e300"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(text(Number::F64(value)), expected);
        }
    }
}
