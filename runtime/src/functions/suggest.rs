//! Numbers for policies, from what a function did.

use std::{fmt, time::Duration};

use super::Function;
use crate::{
    outcome::Outcome,
    resilience::overrides::{Part, Scopes, seen_by},
};

/// An attribute with numbers that fit what a function did; made by [`Function::suggest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    attribute: String,
    reason: String,
}

impl Suggestion {
    /// The attribute, ready to be pasted above the function.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// What it was taken from.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The attribute with its reason behind it, as a line of code.
impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#[{}] // {}", self.attribute, self.reason)
    }
}

/// Fewer calls say nothing about one of a thousand.
const ENOUGH: u64 = 1_000;
/// As many calls as a breaker judges by, unless told.
const WINDOW: f64 = 100.0;
/// A breaker shall not open by chance: so many standard deviations lie in between.
const DEVIATIONS: f64 = 5.0;

impl Function {
    /// Policies whose numbers fit what the function did since the program started.
    ///
    /// It has to be `#[timed]`, and to have been called a thousand times; the more usual the load
    /// was, the better. What was observed is no promise: look at the numbers before you paste them.
    ///
    /// - `timeout`: what 999 of 1,000 calls did not exceed, rounded up. With retries, that is the
    ///   time of all attempts together.
    /// - `bulkhead`: as many places as calls are under way at a time, by Little's law, from the
    ///   busiest rolling window and the time that 99 of 100 calls did not exceed, and one more.
    ///   Needs `init!`, which keeps the windows.
    /// - `circuit_breaker`: a share of failures that is so far above the usual one that a window of
    ///   100 calls does not reach it by chance.
    ///
    /// What policies that only `observe` would have refused so far is among the reasons.
    ///
    /// ```
    /// #[spandrel::timed]
    /// fn appraise() {}
    ///
    /// (0..1_000).for_each(|_| appraise());
    /// let functions = spandrel::functions();
    /// let found = functions.iter().find(|function| function.name() == "appraise").unwrap();
    /// for suggestion in found.suggest() {
    ///     println!("{suggestion}");
    /// }
    /// # assert!(found.suggest()[0].attribute().starts_with("timeout("));
    /// ```
    #[must_use]
    pub fn suggest(&self) -> Vec<Suggestion> {
        let Some(statistics) = self.statistics() else { return Vec::new() };
        let windows = self.windows();
        let busiest = windows.iter().map(|window| window.per_minute() / 60.0).reduce(f64::max);
        let scopes = Scopes::of_site(self.site());
        let done = Done {
            calls: statistics.total(),
            failures: statistics.calls(Outcome::Error) + statistics.calls(Outcome::Panicked),
            p99: statistics.p99(),
            p999: statistics.p999(),
            per_second: busiest,
            refused: |part| seen_by(part, &scopes),
        };
        done.suggest()
    }
}

/// What a function did.
struct Done<F> {
    calls: u64,
    failures: u64,
    p99: Option<Duration>,
    p999: Option<Duration>,
    per_second: Option<f64>,
    /// How many calls a policy of this kind would have refused, where one observes.
    refused: F,
}

impl<F: Fn(Part) -> Option<u64>> Done<F> {
    fn suggest(&self) -> Vec<Suggestion> {
        if self.calls < ENOUGH {
            return Vec::new();
        }
        let all = [
            (Part::Timeout, self.timeout()),
            (Part::Bulkhead, self.bulkhead()),
            (Part::CircuitBreaker, self.breaker()),
        ];
        let found = all.into_iter().filter_map(|(part, found)| Some((part, found?)));
        found.map(|(part, found)| self.with_refused(part, found)).collect()
    }

    fn timeout(&self) -> Option<Suggestion> {
        let calls = self.calls;
        let most = self.p999?;
        Some(Suggestion {
            attribute: format!("timeout(\"{}\")", Rounded(most)),
            reason: format!("99.9 % of {calls} calls took at most {}", Rounded(most)),
        })
    }

    fn bulkhead(&self) -> Option<Suggestion> {
        let (rate, time) = (self.per_second.filter(|rate| *rate > 0.0)?, self.p99?);
        let places = (rate * time.as_secs_f64()).ceil() as u32 + 1;
        Some(Suggestion {
            attribute: format!("bulkhead(max_concurrent = {places})"),
            reason: format!(
                "{rate:.1} calls a second, of which 99 % took at most {}",
                Rounded(time)
            ),
        })
    }

    fn breaker(&self) -> Option<Suggestion> {
        let usual = self.failures as f64 / self.calls as f64;
        let spread = (usual * (1.0 - usual) / WINDOW).sqrt();
        // In steps that people choose, and no lower than what a handful of failures reaches.
        let steps = ((usual + DEVIATIONS * spread) * 20.0).ceil().max(4.0);
        // What nearly always fails leaves nothing to tell apart.
        (steps <= 18.0).then(|| Suggestion {
            attribute: format!("circuit_breaker(failure_rate = {})", steps / 20.0),
            reason: format!("{:.2} % of {} calls failed", usual * 100.0, self.calls),
        })
    }

    fn with_refused(&self, part: Part, mut found: Suggestion) -> Suggestion {
        if let Some(refused) = (self.refused)(part) {
            found.reason.push_str(&format!("; the present one would have refused {refused}"));
        }
        found
    }
}

/// A time of two digits, rounded up, as attributes have it.
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos().max(1);
        let step = 10_u128.pow(nanos.ilog10().saturating_sub(1));
        let nanos = nanos.div_ceil(step) * step;
        let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
        let unit = units.into_iter().find(|(_, length)| nanos >= *length);
        let (unit, length) = unit.unwrap_or(("ns", 1));
        // Two digits of which one may stand behind the point.
        write!(f, "{}{unit}", nanos as f64 / length as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn done(calls: u64, failures: u64) -> Done<impl Fn(Part) -> Option<u64>> {
        let refused = |part| (part == Part::Bulkhead).then_some(7);
        let (p99, p999) = (Some(201 * MS), Some(1_234 * MS));
        Done { calls, failures, p99, p999, per_second: Some(48.0), refused }
    }

    fn lines(done: &Done<impl Fn(Part) -> Option<u64>>) -> Vec<String> {
        done.suggest().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn suggestions_are_attributes_with_their_reasons() {
        assert_eq!(
            lines(&done(20_000, 200)),
            [
                "#[timeout(\"1.3s\")] // 99.9 % of 20000 calls took at most 1.3s",
                "#[bulkhead(max_concurrent = 11)] // 48.0 calls a second, of which 99 % took at \
                 most 210ms; the present one would have refused 7",
                "#[circuit_breaker(failure_rate = 0.2)] // 1.00 % of 20000 calls failed",
            ]
        );
    }

    #[test]
    fn nothing_is_suggested_where_nothing_is_known() {
        assert_eq!(lines(&done(999, 0)), [""; 0]);
        let untimed = Done { p99: None, p999: None, ..done(1_000, 999) };
        assert_eq!(lines(&untimed), [""; 0]);
        let alone = Done { per_second: None, ..done(1_000, 0) };
        assert_eq!(lines(&alone).len(), 2);
    }

    #[test]
    fn a_breaker_opens_above_what_chance_brings() {
        for (failures, rate) in [(0, "0.2"), (1_000, "0.25"), (3_000, "0.55"), (7_000, "-")] {
            let breaker = done(10_000, failures).breaker();
            let found = breaker.map_or_else(|| "-".to_owned(), |found| found.attribute);
            let expected = if rate == "-" {
                "-".to_owned()
            } else {
                format!("circuit_breaker(failure_rate = {rate})")
            };
            assert_eq!(found, expected, "{failures}");
        }
    }

    #[test]
    fn times_have_two_digits_and_are_rounded_up() {
        for (nanos, expected) in [
            (0, "1ns"),
            (99, "99ns"),
            (101, "110ns"),
            (1_010, "1.1us"),
            (12_000_000, "12ms"),
            (1_234_000_000, "1.3s"),
            (999_000_000, "1s"),
            (75_000_000_001, "76s"),
        ] {
            assert_eq!(Rounded(Duration::from_nanos(nanos)).to_string(), expected);
        }
    }
}
