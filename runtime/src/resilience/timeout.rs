//! How long a call may take.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{
    nanos,
    overrides::{Parsed, Part, Selection, Settable, literal},
    scope::NEVER,
};

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
#[derive(Debug)]
pub struct Timeout {
    name: &'static str,
    declared: Limits,
    /// What holds, in nanoseconds: as declared, unless something else is said outside of the code.
    attempt: AtomicU64,
    total: AtomicU64,
}

/// How long it may take, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    attempt: u64,
    total: u64,
}

impl Limits {
    pub(crate) const NONE: Self = Self { attempt: NEVER, total: NEVER };
}

impl Settable for Limits {
    const PART: Part = Part::Timeout;
    const OPTIONS: &'static [&'static str] = &["attempt", "total"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "attempt" => self.attempt = literal::lapse(text)?,
            _ => self.total = literal::lapse(text)?,
        }
        Ok(())
    }
}

impl Timeout {
    /// Without any end yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self::of(name, Limits::NONE)
    }

    const fn of(name: &'static str, declared: Limits) -> Self {
        let Limits { attempt, total } = declared;
        Self { name, declared, attempt: AtomicU64::new(attempt), total: AtomicU64::new(total) }
    }

    /// Each attempt is cut off after so long.
    ///
    /// # Panics
    ///
    /// If it is no time at all; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn attempt(self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`attempt` must be longer than nothing");
        Self::of(self.name, Limits { attempt: nanos::of(most), ..self.declared })
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
    pub const fn total(self, most: Duration) -> Self {
        assert!(!most.is_zero(), "`total` must be longer than nothing");
        Self::of(self.name, Limits { total: nanos::of(most), ..self.declared })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the times that are said of it; what is not is as declared.
    pub(crate) fn configure(&self, said: &Selection<'_>) {
        let mut limits = self.declared;
        said.apply(&mut limits);
        self.attempt.store(limits.attempt, Relaxed);
        self.total.store(limits.total, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn total_nanos(&self) -> u64 {
        self.total.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn attempt_nanos(&self) -> u64 {
        self.attempt.load(Relaxed)
    }
}

impl Clone for Timeout {
    /// One with the same times, as they were declared.
    fn clone(&self) -> Self {
        Self::of(self.name, self.declared)
    }
}
