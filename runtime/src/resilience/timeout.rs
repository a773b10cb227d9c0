//! How long a call may take.

use std::time::Duration;

use super::{nanos, scope::NEVER};

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
    /// Nanoseconds, as below.
    attempt: u64,
    total: u64,
}

impl Timeout {
    /// Without any end yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, attempt: NEVER, total: NEVER }
    }

    /// Each attempt is cut off after so long.
    ///
    /// # Panics
    ///
    /// If it is no time at all; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn attempt(mut self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`attempt` must be longer than nothing");
        self.attempt = nanos::of(most);
        self
    }

    /// The call is cut off after so long, with all its attempts and the waits between them.
    ///
    /// The time begins to run when the call waits for the first time: what is ready at once is
    /// never late.
    ///
    /// # Panics
    ///
    /// If it is no time at all; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn total(mut self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`total` must be longer than nothing");
        self.total = nanos::of(most);
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    #[inline(always)]
    pub(crate) fn total_nanos(&self) -> u64 {
        self.total
    }

    #[inline(always)]
    pub(crate) fn attempt_nanos(&self) -> u64 {
        self.attempt
    }
}
