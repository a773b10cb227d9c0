//! The literals of attributes, as text: what is outside of the code is written as it is in the code.
//!
//! The attributes have their own parser, which works on tokens and knows constants. Both are held
//! together by one table of cases, `tests/literals.txt`.

use std::time::Duration;

use crate::resilience::{Backoff, Jitter, Mode, Rate, Window};

/// A value, or what to write instead.
pub(crate) type Parsed<T> = Result<T, &'static str>;

/// Units with their length in nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `250ms`, `1.5s`; more than nothing, in nanoseconds.
pub(crate) fn lapse(text: &str) -> Parsed<u64> {
    lapse_of(text).ok_or(
        "a time longer than nothing, with `ns`, `us`, `ms`, `s`, `m` or `h`, such as `250ms`",
    )
}

/// The same as a duration.
pub(crate) fn duration(text: &str) -> Parsed<Duration> {
    lapse(text).map(Duration::from_nanos)
}

fn lapse_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(char::is_alphabetic)?;
    let (number, unit) = text.split_at(unit);
    let (_, length) = UNITS.iter().find(|(known, _)| *known == unit)?;
    let (whole, part) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 12 {
        return None;
    }
    let part_length = 10_u128.pow(u32::try_from(part.len()).ok()?);
    let part = u128::from(part.parse::<u64>().ok()?) * u128::from(*length) / part_length;
    let whole = whole.parse::<u64>().ok()?.checked_mul(*length)?;
    whole.checked_add(u64::try_from(part).ok()?).filter(|nanos| *nanos > 0)
}

/// A whole number, as Rust writes it.
fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    is_number.then(|| text.replace('_', "").parse().ok()).flatten()
}

fn number(text: &str, is_valid: impl Fn(f64) -> bool) -> Option<f64> {
    let text = text.trim();
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    let number = is_number.then(|| text.replace('_', "").parse::<f64>().ok()).flatten();
    number.filter(|number| number.is_finite() && is_valid(*number))
}

/// At least 1.
pub(crate) fn count(text: &str) -> Parsed<u32> {
    whole(text).filter(|count| *count >= 1).ok_or("a whole number of at least 1, such as `3`")
}

/// At least 2.
pub(crate) fn several(text: &str) -> Parsed<u32> {
    whole(text).filter(|count| *count >= 2).ok_or("a whole number of at least 2, such as `3`")
}

/// Nothing at least.
pub(crate) fn amount_of(text: &str) -> Parsed<u32> {
    whole(text).ok_or("a whole number, such as `10`")
}

/// More than 0, and 1 at most.
pub(crate) fn portion(text: &str) -> Parsed<f64> {
    number(text, |share| share > 0.0 && share <= 1.0)
        .ok_or("a share: more than 0, and 1 at most, such as `0.5`")
}

/// At least 1.
pub(crate) fn factor(text: &str) -> Parsed<f64> {
    number(text, |factor| factor >= 1.0).ok_or("a factor of at least 1, such as `2.0`")
}

/// No less than nothing.
pub(crate) fn amount(text: &str) -> Parsed<f64> {
    number(text, |_| true).ok_or("a number, and no less than 0, such as `10`")
}

pub(crate) fn truth(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Ok(true),
        "false" | "off" | "no" | "0" => Ok(false),
        _ => Err("`true` or `false`"),
    }
}

/// `100/s`, `5/10m`.
pub(crate) fn rate(text: &str) -> Parsed<Rate> {
    let parsed = text.split_once('/').and_then(|(calls, time)| {
        let calls = calls.trim().parse().ok().filter(|calls: &u32| *calls > 0)?;
        let time = time.trim();
        let time = match time.starts_with(char::is_alphabetic) {
            true => lapse_of(&format!("1{time}")),
            false => lapse_of(time),
        };
        Some(Rate::new(calls, Duration::from_nanos(time?)))
    });
    parsed.ok_or("calls and a time, such as `100/s` or `5/10m`")
}

/// `100ms..10s`, or `1s` for waits that do not grow; what else is known of the waits stays.
pub(crate) fn backoff(text: &str, like: Backoff) -> Parsed<Backoff> {
    const INSTEAD: &str = "the first wait and the longest, such as `100ms..10s`, or one that does \
                           not grow: `1s`";
    let Some((first, cap)) = text.split_once("..") else {
        return duration(text).map(Backoff::constant).map_err(|_| INSTEAD);
    };
    match (duration(first), duration(cap)) {
        (Ok(first), Ok(cap)) if first <= cap => Ok(like.between(first, cap)),
        _ => Err(INSTEAD),
    }
}

/// `full`, `none`, `equal`, `decorrelated`, or a share: `0.2`, `±0.2`.
pub(crate) fn jitter(text: &str) -> Parsed<Jitter> {
    let text = text.trim();
    Ok(match text.to_ascii_lowercase().as_str() {
        "full" => Jitter::Full,
        "none" => Jitter::None,
        "equal" => Jitter::Equal,
        "decorrelated" => Jitter::Decorrelated,
        _ => {
            let share = portion(text.strip_prefix('±').unwrap_or(text));
            Jitter::Proportional(share.map_err(
                |_| "`full`, `none`, `equal`, `decorrelated` or a share of the wait, such as `0.2`",
            )?)
        }
    })
}

/// `100` calls, or `60s`.
pub(crate) fn window(text: &str) -> Parsed<Window> {
    const INSTEAD: &str = "a number of calls or a time, such as `100` or `60s`";
    match whole(text) {
        Some(calls @ 1..=1_000_000) => Ok(Window::calls(calls)),
        Some(_) => Err("at most `1000000` calls, or a time, such as `60s`"),
        None => match lapse_of(text) {
            Some(time) if time >= 10 => Ok(Window::time(Duration::from_nanos(time))),
            _ => Err(INSTEAD),
        },
    }
}

/// `50ms`, or `p95`: none.
pub(crate) fn delay(text: &str) -> Parsed<Option<u64>> {
    match text.trim() {
        "p95" | "P95" => Ok(None),
        text => lapse(text).map(Some).map_err(|_| "a time, such as `50ms`, or `p95`"),
    }
}

/// `50ms..2s`, or one time.
#[cfg(feature = "chaos")]
pub(crate) fn range(text: &str) -> Parsed<(u64, u64)> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (lapse(from), lapse(to)) {
        (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
        _ => Err("the shortest and the longest delay, such as `50ms..2s`"),
    }
}

/// A time, or nothing at all.
pub(crate) fn wait(text: &str) -> Parsed<u64> {
    match text.trim() {
        "0" | "0s" | "0ms" => Ok(0),
        text => lapse(text),
    }
}

/// How many probes there may be.
pub(crate) fn probes(text: &str) -> Parsed<u32> {
    whole(text)
        .filter(|probes| (1..=10_000).contains(probes))
        .ok_or("a whole number from 1 to 10000, such as `3`")
}

/// Whether to refuse nothing.
pub(crate) fn observe(mode: &mut Mode, text: &str) -> Parsed<()> {
    match (truth(text)?, *mode) {
        (true, _) => *mode = Mode::Observe,
        (false, Mode::Observe) => *mode = Mode::Auto,
        (false, _) => {}
    }
    Ok(())
}

pub(crate) fn mode(text: &str) -> Parsed<Mode> {
    let modes = [Mode::Auto, Mode::Disabled, Mode::ForcedOpen, Mode::Observe];
    let found = modes.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
    found.ok_or("`auto`, `disabled`, `forced_open` or `observe`")
}

/// Whether retries have to be afforded.
pub(crate) fn budget(text: &str) -> Parsed<Mode> {
    match text.trim() {
        "none" => Ok(Mode::Disabled),
        _ => Err("`none`, or set `budget.share`, `budget.reserve` and `budget.window`"),
    }
}
