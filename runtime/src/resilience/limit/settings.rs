//! How a limiter is declared.

use std::time::Duration;

use super::{RateLimiter, Template, gcra::Pace};
use crate::resilience::{Mode, instances::Home, nanos};

/// So many calls in a time.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Rate;
///
/// assert_eq!(Rate::per_minute(30), Rate::new(30, Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    calls: u32,
    nanos: u64,
}

impl Rate {
    /// So many calls in this time.
    ///
    /// # Panics
    ///
    /// If `calls` is 0 or `time` is zero; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn new(calls: u32, time: Duration) -> Self {
        assert!(calls >= 1, "a rate is at least 1 call");
        assert!(!time.is_zero(), "a rate is in a time longer than zero");
        Self { calls, nanos: nanos::of(time) }
    }

    /// So many calls in a second.
    ///
    /// # Panics
    ///
    /// If `calls` is 0; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn per_second(calls: u32) -> Self {
        Self::new(calls, Duration::from_secs(1))
    }

    /// So many calls in a minute.
    ///
    /// # Panics
    ///
    /// If `calls` is 0; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn per_minute(calls: u32) -> Self {
        Self::new(calls, Duration::from_secs(60))
    }

    /// So many calls in an hour.
    ///
    /// # Panics
    ///
    /// If `calls` is 0; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn per_hour(calls: u32) -> Self {
        Self::new(calls, Duration::from_secs(3600))
    }

    /// One part in so many of it.
    #[cfg(feature = "redis-1")]
    pub(super) fn part(self, parts: u32) -> Self {
        Self { nanos: self.nanos.saturating_mul(u64::from(parts)), ..self }
    }

    /// As an attribute would have it: `"100/s"`.
    pub(super) fn in_words(self) -> String {
        let time = format!("{:?}", Duration::from_nanos(self.nanos));
        let time = if time == "1s" { "s" } else { &time };
        format!("\"{}/{time}\"", self.calls)
    }

    #[cfg(test)]
    pub(in crate::resilience) fn numbers(self) -> (u32, u64) {
        (self.calls, self.nanos)
    }

    pub(super) fn calls(self) -> u32 {
        self.calls
    }

    pub(super) fn pace(self, burst: u32) -> Pace {
        Pace::new(self.calls, self.nanos, burst)
    }
}

/// How it is declared. What is not said is as documented at each.
impl RateLimiter {
    /// A limiter of this name; empty: as the function that it protects.
    #[must_use]
    pub const fn new(name: &'static str, rate: Rate) -> Self {
        let template = Template { rate, burst: rate.calls, wait: 0, mode: Mode::Auto };
        Self { home: Home::new(name), template }
    }

    /// Shares its state with all other limiters that are `shared` under this name.
    ///
    /// They must have the same numbers. Where they have not, those of the first to be used hold,
    /// and that is said on stderr and shown by [`policies`](crate::policies).
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.home.share();
        self
    }

    /// Lets so many calls through at once after a pause; all of the rate unless told.
    ///
    /// # Panics
    ///
    /// If `calls` is 0; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn burst(mut self, calls: u32) -> Self {
        assert!(calls >= 1, "`burst` is at least 1");
        self.template.burst = calls;
        self
    }

    /// Has a call wait for its turn, if that is at most so far away; zero unless told.
    ///
    /// A call whose turn is further away is refused at once.
    #[must_use]
    pub const fn wait(mut self, most: Duration) -> Self {
        self.template.wait = nanos::of(most);
        self
    }

    /// Refuses nothing, and counts what it would have refused.
    #[must_use]
    pub const fn observe(mut self) -> Self {
        self.template.mode = Mode::Observe;
        self
    }
}
