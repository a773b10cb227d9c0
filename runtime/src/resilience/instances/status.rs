//! What can be seen of the policies, and done to them, from outside.

use std::{fmt, sync::Arc};

use super::{json, registry::Listed, text};
use crate::{resilience::Mode, time};

/// Every policy that has state; made by [`policies`](crate::policies).
#[derive(Clone, Debug)]
pub struct Policies(pub(super) Vec<PolicyStatus>);

/// One policy: how it stands, and its controls.
#[derive(Clone)]
pub struct PolicyStatus {
    pub(super) instance: Arc<dyn Listed>,
    pub(super) is_disputed: bool,
}

/// Which mechanism a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// A [`Bulkhead`](crate::resilience::Bulkhead).
    Bulkhead,
    /// A [`CircuitBreaker`](crate::resilience::CircuitBreaker).
    CircuitBreaker,
    /// A [`RateLimiter`](crate::resilience::RateLimiter).
    RateLimiter,
    /// A [`RetryBudget`](crate::resilience::RetryBudget).
    RetryBudget,
}

impl PolicyKind {
    /// The lower-case name that listings and metrics have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bulkhead => "bulkhead",
            Self::CircuitBreaker => "circuit_breaker",
            Self::RateLimiter => "rate_limiter",
            Self::RetryBudget => "retry_budget",
        }
    }
}

impl Policies {
    /// The policies, by name, kind and key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &PolicyStatus> + '_ {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same as a JSON array with one line for each policy.
    ///
    /// Durations are in seconds.
    ///
    /// ```
    /// use spandrel::resilience::{Rate, RateLimiter};
    ///
    /// static MAILS: RateLimiter = RateLimiter::new("mails", Rate::per_second(10));
    /// assert!(MAILS.check().is_ok());
    ///
    /// let json = spandrel::policies().to_json();
    /// assert!(json.contains(r#""name":"mails","kind":"rate_limiter","mode":"auto""#), "{json}");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        json::of(self)
    }
}

impl Policies {
    /// Those among them that are asked for.
    #[cfg(feature = "admin")]
    pub(crate) fn only(mut self, is_wanted: impl Fn(&PolicyStatus) -> bool) -> Self {
        self.0.retain(is_wanted);
        self
    }
}

/// A table, one line for each policy.
impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self, f)
    }
}

impl PolicyStatus {
    /// Which mechanism it is.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        self.instance.kind()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.instance.name()
    }

    /// The key that it serves, if there is one of it for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.instance.key()
    }

    /// Whether another place that shares the name gave it different numbers, which do not hold.
    #[must_use]
    pub fn is_disputed(&self) -> bool {
        self.is_disputed
    }

    /// Whether it decides by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.instance.mode()
    }

    /// Whether it was declared to decide by itself.
    #[must_use]
    pub fn declared_mode(&self) -> Mode {
        self.instance.declared_mode()
    }

    /// How it stands, in one lower-case word, such as `closed` or `full`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.instance.state(time::nanos())
    }

    /// Its numbers by name, durations in seconds.
    #[must_use]
    pub fn statistics(&self) -> Vec<(&'static str, f64)> {
        self.instance.statistics(time::nanos())
    }

    /// Holds it by hand, or lets it decide again.
    pub fn set_mode(&self, mode: Mode) {
        self.instance.set_mode(mode, time::nanos());
    }

    /// Forgets what it saw, and goes back into the mode that was declared.
    pub fn reset(&self) {
        self.instance.reset(time::nanos());
    }
}

impl fmt::Debug for PolicyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyStatus")
            .field("kind", &self.kind())
            .field("name", &self.name())
            .field("key", &self.key())
            .field("mode", &self.mode())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
