//! When a breaker opens, for how long, and what closes it again.

use super::window::Shape;

/// The numbers of one breaker; durations in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub window: Shape,
    /// Nothing is judged by fewer calls.
    pub min_calls: u32,
    /// Opens at this share of failures.
    pub failure_rate: f64,
    /// Calls that take longer are slow; `u64::MAX`: none is.
    pub slow_call: u64,
    /// Opens at this share of slow calls.
    pub slow_rate: f64,
    /// Opens at so many failures without a success in between; 0: however many.
    pub consecutive: u32,
    pub open_for: u64,
    /// Each time it opens again without having closed, it stays open this much longer.
    pub open_backoff: f64,
    pub open_max: u64,
    /// Calls that are let through to find out whether it can close.
    pub probes: u32,
    pub closing: Closing,
}

/// What the probes have to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Closing {
    /// Opens again at so many failures; 1 unless told otherwise.
    MaxFailures(u32),
    /// Opens again if this share of all probes failed.
    Rate(f64),
}

const SECOND: u64 = 1_000_000_000;

impl Config {
    pub(crate) const DEFAULT: Self = Self {
        window: Shape::Count(100),
        min_calls: 20,
        failure_rate: 0.5,
        slow_call: u64::MAX,
        slow_rate: 1.0,
        consecutive: 0,
        open_for: 30 * SECOND,
        open_backoff: 1.0,
        open_max: u64::MAX,
        probes: 1,
        closing: Closing::MaxFailures(1),
    };

    /// How many calls are needed for a verdict: no more than the window can hold.
    pub(super) fn quorum(&self) -> u64 {
        let quorum = match self.window {
            Shape::Count(calls) => self.min_calls.min(calls),
            Shape::Time(_) => self.min_calls,
        };
        u64::from(quorum)
    }

    /// How long it stays open, having opened again so many times.
    pub(super) fn open_for(&self, reopened: u32) -> u64 {
        if reopened == 0 || self.open_backoff == 1.0 {
            return self.open_for.min(self.open_max);
        }
        let factor = self.open_backoff.powf(f64::from(reopened));
        // Saturates: the two thousandth power of two is just very long.
        ((self.open_for as f64 * factor) as u64).min(self.open_max)
    }

    /// A probe that takes longer counts as a failure.
    pub(super) fn lease(&self) -> u64 {
        self.open_for
    }
}
