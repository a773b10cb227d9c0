//! Units: from those of UCUM, as OpenTelemetry has them, to words in a name.

use std::borrow::Cow;

/// Units and their words.
const WORDS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
];

/// What something can be counted per.
const PER: &[(&str, &str)] = &[
    ("s", "second"),
    ("min", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The words that a name ends with; empty for what only says what is counted: `1`, `{call}`.
pub(super) fn words(unit: &str, is_gauge: bool) -> Cow<'static, str> {
    if unit == "1" {
        return if is_gauge { "ratio".into() } else { "".into() };
    }
    let Some((counted, per)) = unit.split_once('/') else { return word(unit, WORDS) };
    let (counted, per) = (word(counted, WORDS), word(per, PER));
    match (counted.is_empty(), per.is_empty()) {
        (_, true) => counted,
        (true, false) => format!("per_{per}").into(),
        (false, false) => format!("{counted}_per_{per}").into(),
    }
}

fn word(unit: &str, known: &'static [(&str, &str)]) -> Cow<'static, str> {
    let unit = unit.trim();
    if unit == "1" || unit.contains(['{', '}']) {
        return "".into();
    }
    match known.iter().find(|(name, _)| *name == unit) {
        Some((_, word)) => (*word).into(),
        None => super::names::underscored(unit).into_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_becomes_the_words_of_the_specification() {
        for (unit, is_gauge, expected) in [
            ("s", false, "seconds"),
            ("ms", false, "milliseconds"),
            ("By", true, "bytes"),
            ("1", true, "ratio"),
            ("1", false, ""),
            ("{call}", false, ""),
            ("By/s", true, "bytes_per_second"),
            ("{request}/s", false, "per_second"),
            ("{request}/{second}", false, ""),
            ("m/s", true, "meters_per_second"),
            ("%", true, "percent"),
            ("", true, ""),
            ("parsec", true, "parsec"),
            ("a b", true, "a_b"),
        ] {
            assert_eq!(words(unit, is_gauge), expected, "{unit}");
        }
    }
}
