//! What a metric may be called, decided when the program is compiled.
//!
//! The syntax is that of OpenTelemetry's instruments: a letter, then letters, digits and `_.-/`,
//! 255 at most. A unit is ASCII, 63 at most.

/// What is wrong with a name, if anything.
pub(crate) const fn problem_of(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Some("the name of a metric must not be empty");
    }
    if bytes.len() > 255 {
        return Some("the name of a metric has at most 255 characters");
    }
    if !bytes[0].is_ascii_alphabetic() {
        return Some("the name of a metric begins with a letter");
    }
    let mut at = 1;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() && !matches!(bytes[at], b'_' | b'.' | b'-' | b'/') {
            return Some("the name of a metric holds letters, digits and `_.-/` only");
        }
        at += 1;
    }
    None
}

/// What is wrong with a unit, if anything.
pub(crate) const fn problem_of_unit(unit: &str) -> Option<&'static str> {
    if !unit.is_ascii() || unit.len() > 63 {
        return Some("the unit of a metric has at most 63 characters of ASCII");
    }
    None
}

/// What is wrong with the bounds of buckets, if anything.
pub(crate) const fn problem_of_bounds(bounds: &[f64]) -> Option<&'static str> {
    if bounds.len() > 200 {
        return Some("a histogram has at most 200 bounds");
    }
    let mut at = 0;
    while at < bounds.len() {
        if !bounds[at].is_finite() {
            return Some("the bounds of a histogram must be finite");
        }
        if at > 0 && bounds[at] <= bounds[at - 1] {
            return Some("the bounds of a histogram must ascend");
        }
        at += 1;
    }
    None
}

/// The name with `_` for whatever must not be in it; for names that others have given.
#[cfg(feature = "metrics-0-24")]
pub(crate) fn mend(name: &str) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let mut mended: String =
        name.chars().map(|c| if valid(c) { c } else { '_' }).take(254).collect();
    if !mended.starts_with(|c: char| c.is_ascii_alphabetic()) {
        mended.insert(0, 'm');
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_syntax_of_instruments() {
        let long = "a".repeat(255);
        for name in ["a", "business.orders.created", "http/requests-total_2", long.as_str()] {
            assert_eq!(problem_of(name), None, "{name}");
        }
        let longer = "a".repeat(256);
        for name in ["", "1a", "_a", ".a", "a b", "a{b}", "größe", longer.as_str()] {
            assert!(problem_of(name).is_some(), "{name}");
        }
    }

    #[test]
    fn bounds_ascend() {
        for bounds in [&[][..], &[1.0], &[-1.0, 0.0, 1.5]] {
            assert_eq!(problem_of_bounds(bounds), None);
        }
        for bounds in [&[1.0, 1.0][..], &[2.0, 1.0], &[f64::NAN], &[f64::INFINITY]] {
            assert!(problem_of_bounds(bounds).is_some(), "{bounds:?}");
        }
    }

    #[cfg(feature = "metrics-0-24")]
    #[test]
    fn a_mended_name_is_valid_and_a_valid_one_stays() {
        for name in ["", "1 a", "größe", "a{b}", &"x y".repeat(200)] {
            assert_eq!(problem_of(&mend(name)), None, "{name}");
        }
        assert_eq!(mend("requests_total"), "requests_total");
    }
}
