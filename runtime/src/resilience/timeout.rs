//! How long a call may take.

use std::time::Duration;

/// An end to how long a call, or each of its attempts, may take.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Timeout;
///
/// static LOOKUP: Timeout = Timeout::new("lookup")
///     .attempt(Duration::from_secs(2))
///     .total(Duration::from_secs(8));
/// # let _ = &LOOKUP;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeout {
    name: &'static str,
    attempt: Option<Duration>,
    total: Option<Duration>,
}

impl Timeout {
    /// Without any end yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, attempt: None, total: None }
    }

    /// Each attempt is cut off after so long.
    ///
    /// # Panics
    ///
    /// If it is no time at all; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn attempt(mut self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`attempt` must be longer than nothing");
        self.attempt = Some(most);
        self
    }

    /// The call is cut off after so long, with all its attempts and the waits between them.
    ///
    /// # Panics
    ///
    /// If it is no time at all; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn total(mut self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`total` must be longer than nothing");
        self.total = Some(most);
        self
    }
}

/// Saturates after 584 years.
const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}

impl Timeout {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn total_nanos(&self) -> Option<u64> {
        self.total.map(nanos)
    }

    pub(crate) fn attempt_nanos(&self) -> Option<u64> {
        self.attempt.map(nanos)
    }
}
