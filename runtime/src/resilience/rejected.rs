//! That a policy did not let a call run, or not to its end.

use std::{error::Error, fmt, sync::Arc, time::Duration};

/// Says that a policy refused a call, or cut it off.
///
/// A function's own error type takes it in by `From<Rejected>`: one line with `thiserror`
/// (`#[from]`), none at all with `anyhow`, `eyre` or `Box<dyn Error>`.
///
/// ```
/// use spandrel::resilience::{Rejected, RejectedKind};
///
/// fn status(error: &(dyn std::error::Error + 'static)) -> u16 {
///     Rejected::find(error).map_or(500, Rejected::http_status)
/// }
///
/// let refused = Rejected::new(RejectedKind::RateLimited, "payments");
/// assert_eq!(status(&refused), 429);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    policy: &'static str,
    key: Option<Arc<str>>,
    /// `Duration::MAX`: nobody knows.
    retry_after: Duration,
    attempts: u32,
    kind: RejectedKind,
    /// The time was over before the call began.
    is_unbegun: bool,
}

/// The name of a policy, and the key of its instance.
pub(crate) type Whose = (&'static str, Option<Arc<str>>);

/// Which policy refused a call, or cut it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectedKind {
    /// The circuit breaker is open.
    CircuitOpen,
    /// The time is over.
    Timeout(Deadline),
    /// All places of the bulkhead and of its queue are taken, or the wait was too long.
    BulkheadFull,
    /// There were too many calls lately.
    RateLimited,
    /// A fault was injected on purpose.
    Chaos,
}

/// Whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// That of one attempt.
    Attempt,
    /// That of the whole call, with its retries and waits.
    Total,
}

impl Rejected {
    /// Says that the policy of this name refused a call.
    ///
    /// Policies make their rejections themselves; this is for tests of code that handles them.
    ///
    /// ```
    /// use spandrel::resilience::{Rejected, RejectedKind};
    ///
    /// let refused = Rejected::new(RejectedKind::CircuitOpen, "payments");
    /// assert_eq!(refused.to_string(), "the circuit breaker `payments` is open");
    /// ```
    #[must_use]
    pub const fn new(kind: RejectedKind, policy: &'static str) -> Self {
        Self { policy, key: None, retry_after: Duration::MAX, attempts: 0, kind, is_unbegun: false }
    }

    /// The same, after which it is worth trying again in so long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::{Rejected, RejectedKind};
    ///
    /// let refused = Rejected::new(RejectedKind::CircuitOpen, "payments")
    ///     .with_retry_after(Duration::from_secs(3));
    /// assert_eq!(refused.retry_after(), Some(Duration::from_secs(3)));
    /// ```
    #[must_use]
    pub const fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The same, of the instance that a policy keeps for this key.
    #[must_use]
    pub(crate) fn with_key(mut self, key: Option<Arc<str>>) -> Self {
        self.key = key;
        self
    }

    /// The same, after so many attempts that ran.
    #[must_use]
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The same, of a call that had no time left to begin.
    #[must_use]
    pub(crate) fn unbegun(mut self) -> Self {
        self.is_unbegun = true;
        self
    }

    /// Why the call was refused.
    #[must_use]
    pub fn kind(&self) -> RejectedKind {
        self.kind
    }

    /// The name of the policy.
    #[must_use]
    pub fn policy(&self) -> &'static str {
        self.policy
    }

    /// The key whose instance of the policy it was, if it keeps one for each.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// After which time it is worth trying again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.retry_after != Duration::MAX).then_some(self.retry_after)
    }

    /// How many attempts of this call ran, those that were cut off among them.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the call itself was begun: then it may have had effects.
    ///
    /// True for what was cut off, false for everything that was refused at the door, or whose time
    /// was over while it waited there.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.kind.ran() && !self.is_unbegun
    }

    /// The HTTP status that tells a client: 503, 504 or 429.
    ///
    /// ```
    /// use spandrel::resilience::{Deadline, Rejected, RejectedKind};
    ///
    /// let cut_off = Rejected::new(RejectedKind::Timeout(Deadline::Total), "payments");
    /// assert_eq!((cut_off.http_status(), cut_off.ran()), (504, true));
    /// ```
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.kind {
            RejectedKind::Timeout(_) => 504,
            RejectedKind::RateLimited => 429,
            RejectedKind::CircuitOpen | RejectedKind::BulkheadFull | RejectedKind::Chaos => 503,
        }
    }

    /// The rejection in an error or behind its chain of sources.
    ///
    /// ```
    /// use spandrel::resilience::{Rejected, RejectedKind};
    ///
    /// let error = std::io::Error::other(Rejected::new(RejectedKind::BulkheadFull, "store"));
    /// assert_eq!(Rejected::find(&error).map(Rejected::policy), Some("store"));
    /// ```
    #[must_use]
    pub fn find<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut next = Some(error);
        // A chain may be a ring, by mistake.
        for _ in 0..64 {
            let error = next?;
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            // `io::Error` shows what is in what it wraps, not what it wraps.
            let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match wrapped {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        None
    }
}

impl RejectedKind {
    /// Whether the call itself was begun.
    pub(crate) const fn ran(self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// The lower-case name that metrics and events have.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CircuitOpen => "circuit_open",
            Self::Timeout(Deadline::Attempt) => "attempt_timeout",
            Self::Timeout(Deadline::Total) => "timeout",
            Self::BulkheadFull => "bulkhead_full",
            Self::RateLimited => "rate_limited",
            Self::Chaos => "chaos",
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, .. } = self;
        match self.kind {
            RejectedKind::CircuitOpen => write!(f, "the circuit breaker `{policy}` is open")?,
            RejectedKind::Timeout(Deadline::Attempt) => {
                write!(f, "an attempt of `{policy}` took too long")?;
            }
            RejectedKind::Timeout(Deadline::Total) => write!(f, "`{policy}` took too long")?,
            RejectedKind::BulkheadFull => write!(f, "the bulkhead `{policy}` is full")?,
            RejectedKind::RateLimited => write!(f, "the rate limit `{policy}` is exceeded")?,
            RejectedKind::Chaos => write!(f, "`{policy}` failed on purpose")?,
        }
        if let Some(key) = &self.key {
            write!(f, " for `{key}`")?;
        }
        match self.retry_after() {
            // Who comes too early is refused again, and nobody reads nanoseconds.
            Some(after) => {
                let millis = u64::try_from(after.as_nanos().div_ceil(1_000_000));
                write!(f, "; retry after {:?}", millis.map_or(after, Duration::from_millis))
            }
            None => Ok(()),
        }
    }
}

impl Error for Rejected {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_small_and_says_what_happened() {
        let refused = Rejected::new(RejectedKind::CircuitOpen, "payments")
            .with_key(Some("eu".into()))
            .with_retry_after(Duration::from_millis(1_500));

        let text = "the circuit breaker `payments` is open for `eu`; retry after 1.5s";
        assert_eq!(refused.to_string(), text);
        let later = refused.clone().with_retry_after(Duration::from_nanos(29_999_976_084));
        assert!(later.to_string().ends_with("; retry after 30s"), "{later}");
        assert!(size_of::<Rejected>() <= 64, "{}", size_of::<Rejected>());
        fn assert_bounds<T: Error + Send + Sync + Clone + 'static>(_: &T) {}
        assert_bounds(&refused);
    }
}
