//! What is known about the calls of one function.

use std::{fmt, time::Duration};

use crate::{cell::CallsReading, outcome::Outcome, site::Metered};

/// The statistics of one function at one moment, or of a part of its calls.
///
/// Counts are exact. Quantiles come from a histogram of which each bucket is 9 % wider than the one
/// before it: they are off by [`quantile_error`](Self::quantile_error) at most.
///
/// ```
/// use std::time::Duration;
/// use spandrel::{Outcome, timed};
///
/// #[timed(slo(latency = "10s", target = 0.99))]
/// fn price() {}
///
/// (0..10).for_each(|_| price());
///
/// let functions = spandrel::functions();
/// let price = functions.iter().find(|function| function.name() == "price").unwrap();
/// let statistics = price.statistics().unwrap();
/// assert_eq!((statistics.calls(Outcome::Ok), statistics.in_flight()), (10, 0));
/// assert!(statistics.mean() < Some(Duration::from_secs(10)));
/// let objective = statistics.objectives().next().unwrap();
/// assert_eq!((objective.good(), objective.total()), (10, 10));
/// ```
#[derive(Clone)]
pub struct Statistics {
    metered: &'static Metered,
    has_clock: bool,
    pub(super) reading: CallsReading,
}

/// How well the calls of a function meet one of its objectives.
///
/// ```
/// #[spandrel::counted(slo(errors, target = 0.9))]
/// fn refund(fails: bool) -> Result<(), ()> {
///     if fails { Err(()) } else { Ok(()) }
/// }
///
/// let _ = (refund(true), refund(false));
/// let functions = spandrel::functions();
/// let refund = functions.iter().find(|function| function.name() == "refund").unwrap();
/// let statistics = refund.statistics().unwrap();
/// let objective = statistics.objectives().next().unwrap();
/// assert_eq!((objective.good(), objective.total(), objective.is_met()), (1, 2, false));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    latency: Option<Duration>,
    target: f64,
    good: u64,
    total: u64,
}

impl Statistics {
    pub(super) fn new(metered: &'static Metered, has_clock: bool, reading: CallsReading) -> Self {
        Self { metered, has_clock, reading }
    }

    /// Calls that ended so.
    #[must_use]
    pub fn calls(&self, outcome: Outcome) -> u64 {
        self.reading.ended(outcome)
    }

    /// Calls that ended, whatever their outcome.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.reading.total()
    }

    /// Calls that ended in an error, a rejection or a panic.
    #[must_use]
    pub fn failures(&self) -> u64 {
        let failures = [Outcome::Error, Outcome::Rejected, Outcome::Panicked];
        failures.map(|outcome| self.calls(outcome)).iter().sum()
    }

    /// Types of errors with their counts; beyond the eighth they are `_OTHER`.
    pub fn errors(&self) -> impl Iterator<Item = (&str, u64)> {
        self.reading.errors.iter().map(|(name, count)| (name.as_ref(), *count))
    }

    /// Calls that run right now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.reading.in_flight
    }

    /// The duration that a share of the calls did not exceed.
    ///
    /// `None`: the function is not `#[timed]`, or was not called. The same holds of all durations.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let found = duration(self.reading.durations.quantile(share)?);
        Some(match self.reading.min_max {
            Some((min, max)) => found.clamp(Duration::from_nanos(min), Duration::from_nanos(max)),
            None => found,
        })
    }

    /// The median.
    #[must_use]
    pub fn p50(&self) -> Option<Duration> {
        self.quantile(0.5)
    }

    /// What 90 % of the calls did not exceed.
    #[must_use]
    pub fn p90(&self) -> Option<Duration> {
        self.quantile(0.9)
    }

    /// What 95 % of the calls did not exceed.
    #[must_use]
    pub fn p95(&self) -> Option<Duration> {
        self.quantile(0.95)
    }

    /// What 99 % of the calls did not exceed.
    #[must_use]
    pub fn p99(&self) -> Option<Duration> {
        self.quantile(0.99)
    }

    /// What 99.9 % of the calls did not exceed.
    #[must_use]
    pub fn p999(&self) -> Option<Duration> {
        self.quantile(0.999)
    }

    /// By how much a quantile may be off, as a share of it: 0.0433.
    #[must_use]
    pub fn quantile_error(&self) -> f64 {
        self.reading.durations.quantile_error()
    }

    /// The shortest call; unknown of a window.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        self.reading.min_max.map(|(min, _)| Duration::from_nanos(min))
    }

    /// The longest call; unknown of a window.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        self.reading.min_max.map(|(_, max)| Duration::from_nanos(max))
    }

    /// The time of all calls together.
    #[must_use]
    pub fn total_time(&self) -> Option<Duration> {
        self.has_clock.then(|| Duration::from_nanos(self.reading.sum_nanos))
    }

    /// The average.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let calls = self.reading.durations.total();
        (calls > 0).then(|| Duration::from_nanos(self.reading.sum_nanos / calls))
    }

    /// Calls that took longer than the function's `slow`; `None`: it has none.
    #[must_use]
    pub fn slow(&self) -> Option<u64> {
        self.metered.slow_threshold()?;
        let within = self.reading.within.last()?;
        Some(self.reading.durations.total().saturating_sub(within.all))
    }

    /// The function's objectives: those of latency first.
    pub fn objectives(&self) -> impl Iterator<Item = Objective> {
        let total = self.total();
        let goals = self.metered.latency_goals().zip(&self.reading.within);
        let latency = goals.map(move |((nanos, target), within)| Objective {
            latency: Some(Duration::from_nanos(nanos)),
            target,
            good: within.good,
            total,
        });
        let errors = self.metered.error_target().map(|target| Objective {
            latency: None,
            target,
            good: total - self.failures(),
            total,
        });
        latency.chain(errors)
    }
}

impl Objective {
    /// The duration that good calls do not exceed; `None`: that they do not fail is enough.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// The share of calls that shall be good.
    #[must_use]
    pub fn target(&self) -> f64 {
        self.target
    }

    /// Calls that met it; exact, wherever the duration lies.
    #[must_use]
    pub fn good(&self) -> u64 {
        self.good
    }

    /// Calls that ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether enough calls are good; also if there was none.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.good as f64 >= self.total as f64 * self.target
    }
}

impl fmt::Debug for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statistics")
            .field("total", &self.total())
            .field("failures", &self.failures())
            .field("in_flight", &self.in_flight())
            .field("p50", &self.p50())
            .field("p99", &self.p99())
            .finish_non_exhaustive()
    }
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
