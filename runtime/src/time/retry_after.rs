//! Reads `Retry-After`: seconds, or a date in one of the three forms that HTTP has had.

use std::time::Duration;

/// How long to wait from `unix_now` on; `None` for what is neither a number nor a date.
///
/// A date that is past means now.
pub(crate) fn parse(text: &str, unix_now: u64) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time, too.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(Duration::from_secs(date(text)?.saturating_sub(unix_now)))
}

/// Seconds since the Unix epoch.
fn date(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split([' ', ',', '-']).filter(|part| !part.is_empty()).collect();
    match *parts.as_slice() {
        // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT
        [_, day, month, year, time, "GMT"] => seconds(year, month, day, time),
        // Sun Nov  6 08:49:37 1994
        [_, month, day, time, year] => seconds(year, month, day, time),
        _ => None,
    }
}

fn seconds(year: &str, month: &str, day: &str, time: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year = match (year.len(), number(year)?) {
        (4, year @ 1970..) => year,
        // Two digits are of this century: nobody asks to wait until 1994.
        (2, year) => 2000 + year,
        _ => return None,
    };
    let day = number(day).filter(|day| (1..=31).contains(day))?;
    let [hour, minute, second] = *time.split(':').collect::<Vec<_>>() else { return None };
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, counted in years that begin in March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

fn number(text: &str) -> Option<u64> {
    (text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-21T05:00:00Z.
    const NOW: u64 = 1_795_237_200;

    #[test]
    fn seconds_and_the_three_forms_of_a_date_are_understood() {
        for (text, seconds) in [
            ("0", 0),
            (" 120 ", 120),
            ("99999999999999999999999", u64::MAX),
            ("Sat, 21 Nov 2026 05:00:30 GMT", 30),
            ("Saturday, 21-Nov-26 05:01:00 GMT", 60),
            ("Sat Nov 21 06:00:00 2026", 3_600),
            ("Sun Nov  1 08:49:37 2026", 0),
            ("Sun, 29 Feb 2032 00:00:00 GMT", 1_961_625_600 - NOW),
        ] {
            assert_eq!(parse(text, NOW), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_nothing() {
        for text in ["", "-1", "1.5", "soon", "Sat, 21 Foo 2026 05:00:30 GMT", "Sat, 21 Nov 2026"] {
            assert_eq!(parse(text, NOW), None, "{text}");
        }
        assert_eq!(parse("Sat, 21 Nov 2026 25:00:00 GMT", NOW), None);
        assert_eq!(parse("Sat, 00 Nov 2026 05:00:00 GMT", NOW), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse(&text, NOW);
        }

        #[test]
        fn days_follow_each_other(day in 0_u64..60_000) {
            // Walk the calendar by brute force next to the formula.
            let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let (mut year, mut month, mut left) = (1970, 1, day);
            loop {
                let length = match month { 2 => 28 + u64::from(leap(year)), 4 | 6 | 9 | 11 => 30, _ => 31 };
                if left < length { break; }
                left -= length;
                (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            }
            prop_assert_eq!(days(year, month, left + 1), day);
        }
    }
}
