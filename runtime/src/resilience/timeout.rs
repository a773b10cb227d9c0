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
    /// What is only observed; then nothing holds.
    observed: AtomicU64,
    /// How many attempts were seen to take longer.
    late: AtomicU64,
}

/// How long it may take, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    attempt: u64,
    total: u64,
    observe: bool,
}

impl Limits {
    pub(crate) const NONE: Self = Self { attempt: NEVER, total: NEVER, observe: false };

    /// What holds of an attempt and of all, and what is only observed.
    const fn in_force(self) -> (u64, u64, u64) {
        let Self { attempt, total, observe } = self;
        match (observe, attempt < total) {
            (false, _) => (attempt, total, NEVER),
            (true, true) => (NEVER, NEVER, attempt),
            (true, false) => (NEVER, NEVER, total),
        }
    }
}

impl Settable for Limits {
    const PART: Part = Part::Timeout;
    const OPTIONS: &'static [&'static str] = &["attempt", "total", "observe"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "attempt" => self.attempt = literal::lapse(text)?,
            "total" => self.total = literal::lapse(text)?,
            _ => self.observe = literal::truth(text)?,
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
        let (attempt, total, observed) = declared.in_force();
        Self {
            name,
            declared,
            attempt: AtomicU64::new(attempt),
            total: AtomicU64::new(total),
            observed: AtomicU64::new(observed),
            late: AtomicU64::new(0),
        }
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

    /// Cuts nothing off, and counts the attempts that it would have cut off.
    ///
    /// Those of asynchronous functions, each measured from its first wait on.
    #[must_use]
    pub const fn observe(self) -> Self {
        Self::of(self.name, Limits { observe: true, ..self.declared })
    }

    /// How many attempts it would have cut off while it only observed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::resilience::Timeout;
    ///
    /// static LOOKUP: Timeout = Timeout::new("lookup").total(Duration::from_secs(8)).observe();
    /// assert_eq!(LOOKUP.late(), 0);
    /// ```
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late.load(Relaxed)
    }

    /// What is only observed, in nanoseconds.
    pub(crate) fn observed_nanos(&self) -> u64 {
        self.observed.load(Relaxed)
    }

    /// An attempt took longer than what is only observed.
    pub(crate) fn note_late(&self) {
        self.late.fetch_add(1, Relaxed);
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the times that are said of it; what is not is as declared.
    pub(crate) fn configure(&self, said: &Selection<'_>) {
        let mut limits = self.declared;
        said.apply(&mut limits);
        let (attempt, total, observed) = limits.in_force();
        self.attempt.store(attempt, Relaxed);
        self.total.store(total, Relaxed);
        self.observed.store(observed, Relaxed);
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
