//! What a breaker says about itself.

use std::{sync::Arc, time::Duration};

use super::window::Sums;

/// How a breaker stands towards the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// A few calls go through to find out whether all may.
    HalfOpen,
    /// No call goes through.
    Open,
    /// Calls go through and nothing is noted, because somebody wants it so.
    Disabled,
    /// No call goes through, because somebody wants it so.
    ForcedOpen,
}

/// Why a breaker changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitReason {
    /// Too large a share of the calls failed.
    FailureRate,
    /// Too large a share of the calls was slow.
    SlowRate,
    /// Too many calls in a row failed.
    Consecutive,
    /// A probe failed, was slow, or never came back.
    ProbeFailed,
    /// As many probes succeeded as were asked for.
    ProbesSucceeded,
    /// It had been open for long enough.
    WaitIsOver,
    /// Somebody wanted it so.
    ByHand,
}

/// A change of a breaker's state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitTransition {
    pub(super) name: &'static str,
    pub(super) key: Option<Arc<str>>,
    pub(super) change: Change,
}

/// The same, without whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub from: CircuitState,
    pub to: CircuitState,
    pub reason: CircuitReason,
    /// From 1 on.
    pub number: u64,
}

/// What a breaker counted, and what it judges by.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitStatistics {
    pub(super) window: Sums,
    pub(super) totals: Totals,
    pub(super) rejected: u64,
    pub(super) ignored: u64,
}

/// What was counted since the breaker was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub successes: u64,
    pub failures: u64,
    pub slow: u64,
    pub stale: u64,
    pub transitions: u64,
    /// Nanoseconds, in the order of [`CircuitState`].
    pub time_in: [u64; 5],
}

impl CircuitState {
    /// The lower-case name that listings and metrics have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
            Self::Disabled => "disabled",
            Self::ForcedOpen => "forced_open",
        }
    }
}

impl CircuitReason {
    /// The lower-case name that events have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailureRate => "failure_rate",
            Self::SlowRate => "slow_rate",
            Self::Consecutive => "consecutive",
            Self::ProbeFailed => "probe_failed",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::WaitIsOver => "wait_is_over",
            Self::ByHand => "by_hand",
        }
    }
}

impl CircuitTransition {
    /// The name of the breaker.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The key that the breaker serves, if there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// How it stood before.
    #[must_use]
    pub fn from(&self) -> CircuitState {
        self.change.from
    }

    /// How it stands now.
    #[must_use]
    pub fn to(&self) -> CircuitState {
        self.change.to
    }

    /// Why it changed.
    #[must_use]
    pub fn reason(&self) -> CircuitReason {
        self.change.reason
    }

    /// The number of the change, from 1 on.
    ///
    /// Listeners are called outside of the breaker's lock, so two changes at nearly the same time
    /// can arrive in either order.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.change.number
    }
}

impl CircuitStatistics {
    /// How many calls the window holds.
    #[must_use]
    pub fn calls_in_window(&self) -> u64 {
        self.window.total
    }

    /// The share of calls in the window that failed, 0 to 1; none: it is empty.
    #[must_use]
    pub fn failure_rate(&self) -> Option<f64> {
        self.share(self.window.failures)
    }

    /// The share of calls in the window that were slow, 0 to 1; none: it is empty.
    #[must_use]
    pub fn slow_rate(&self) -> Option<f64> {
        self.share(self.window.slow)
    }

    fn share(&self, count: u64) -> Option<f64> {
        (self.window.total > 0).then(|| count as f64 / self.window.total as f64)
    }

    /// How many calls succeeded since the breaker was made, slow ones among them.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.totals.successes
    }

    /// How many calls failed since the breaker was made, slow ones among them.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.totals.failures
    }

    /// How many calls were slow since the breaker was made.
    #[must_use]
    pub fn slow(&self) -> u64 {
        self.totals.slow
    }

    /// How many calls were refused, or would have been by one that only observes.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// How many calls ended without a verdict: cancelled, or ignored.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many verdicts came after the breaker had changed since their call began.
    #[must_use]
    pub fn stale(&self) -> u64 {
        self.totals.stale
    }

    /// How often the breaker changed its state.
    #[must_use]
    pub fn transitions(&self) -> u64 {
        self.totals.transitions
    }

    /// How long the breaker was in this state altogether.
    #[must_use]
    pub fn time_in(&self, state: CircuitState) -> Duration {
        Duration::from_nanos(self.totals.time_in[state as usize])
    }
}
