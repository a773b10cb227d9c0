//! When to try again: how long to wait, and whether the whole may afford it.

mod backoff;
mod budget;
mod live;
mod sequence;
mod stop;
mod words;

use std::{mem, time::Duration};

pub use backoff::{Backoff, Jitter};
pub(crate) use budget::Limits;
pub use budget::{BudgetStatistics, RetryBudget};
use live::Live;
pub(crate) use sequence::{Failed, Sequence, Settings};
pub(crate) use stop::Stopped;

use super::{
    RejectedKinds,
    instances::Owner,
    overrides::{self, Selection},
};

/// Makes further attempts after one that failed.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Backoff, Rejected, Retry};
///
/// static LOOKUP: Retry = Retry::new("lookup")
///     .max_attempts(4)
///     .backoff(Backoff::exponential(Duration::from_millis(1), Duration::from_secs(1)));
///
/// # #[derive(Debug)]
/// # struct Failed;
/// # impl From<Rejected> for Failed {
/// #     fn from(_: Rejected) -> Self { Self }
/// # }
/// let mut tries = 0;
/// let found = LOOKUP.call(|| {
///     tries += 1;
///     if tries < 3 { Err(Failed) } else { Ok(tries) }
/// });
/// assert_eq!(found.unwrap(), 3);
/// ```
#[derive(Debug)]
pub struct Retry {
    name: &'static str,
    /// As declared.
    settings: Settings,
    live: Live,
    budget: Option<RetryBudget>,
}

impl Retry {
    /// Three attempts, with waits that double from 100 ms to 10 s, and a budget.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let budget = Some(RetryBudget::new(name));
        Self { name, settings: Settings::DEFAULT, live: Live::unset(), budget }
    }

    /// No more attempts than so many, the first one among them.
    ///
    /// # Panics
    ///
    /// If there is none; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        assert!(attempts >= 1, "`max_attempts` must be at least 1: it counts the first attempt");
        self.settings.max_attempts = attempts;
        self
    }

    /// How long to wait before each further attempt.
    #[must_use]
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Begins no wait that would end later than so long after the call began.
    ///
    /// For synchronous functions, which no timeout can cut off.
    #[must_use]
    pub const fn max_elapsed(mut self, most: Duration) -> Self {
        self.settings.max_elapsed = Some(most);
        self
    }

    /// How many retries there may be beside the calls.
    #[must_use]
    pub const fn budget(mut self, budget: RetryBudget) -> Self {
        // Forgotten, not dropped: a constant can drop nothing, and there is nothing in it yet.
        mem::forget(self.budget.replace(budget));
        self
    }

    /// Any number of retries beside the calls.
    #[must_use]
    pub const fn without_budget(mut self) -> Self {
        mem::forget(self.budget.take());
        self
    }

    /// Whether a call can be made twice: it can, unless told otherwise.
    ///
    /// If not, only what certainly had no effect is tried again: what was never sent, and what was
    /// turned away.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.settings.idempotent = idempotent;
        self
    }

    /// Tries again also what other policies of the call refused for these reasons.
    #[must_use]
    pub const fn retry_on(mut self, kinds: RejectedKinds) -> Self {
        self.settings.retry_on = kinds;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the name of the function that it belongs to, where it has none of its own.
    pub(crate) fn bind(&self, owner: Owner<'_>) {
        if let Some(budget) = &self.budget {
            budget.bind(owner);
        }
    }

    /// The numbers that hold now.
    fn in_force(&self) -> Settings {
        self.live.over(&self.settings)
    }

    /// Takes the numbers that are said of it; its budget does so itself.
    pub(crate) fn configure(&self, said: &Selection<'_>) {
        self.live.configure(&self.settings, said);
    }

    /// A call begins.
    #[inline(always)]
    pub(crate) fn note_call(&self) {
        if let Some(budget) = &self.budget {
            budget.count_call();
        }
    }

    /// Whether it matters now when a call began.
    pub(crate) fn is_timed_now(&self) -> bool {
        self.in_force().max_elapsed.is_some()
    }

    /// Whether it matters when a call began, as declared.
    pub(crate) const fn is_timed(&self) -> bool {
        self.settings.max_elapsed.is_some()
    }

    /// The wait before the next attempt, if one follows.
    pub(crate) fn next(
        &self,
        sequence: &mut Sequence,
        failed: &Failed,
        chance: f64,
        now: fn() -> u64,
    ) -> Result<Duration, Stopped> {
        if overrides::is_off() {
            return Err(Stopped::Attempts);
        }
        let affords = || self.budget.as_ref().is_none_or(|budget| budget.retry(now()));
        self.in_force().next(sequence, failed, chance, affords)
    }
}
