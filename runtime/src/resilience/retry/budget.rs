//! Whether another attempt can be afforded: so that retries do not bring down what is only slow.
//!
//! Within any window, retries may be a share of the calls and a few more, as in Finagle's
//! `RetryBudget`. A function that is called rarely can then retry at all, and one that is called
//! often multiplies the load of a failing callee by little more than one.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    cell::Sharded,
    resilience::{
        Mode, PolicyKind,
        instances::{Declared, Home, Instance, Listed, Moded, Numbers, Owner, retire},
        nanos,
        overrides::{Parsed, Part as Mechanism, Selection, Settable, literal},
    },
    sync::{Mutex, lock},
    time,
};

/// Lets retries be only a share of the calls, so that they do not bring down what is only slow.
///
/// Within its window, a tenth at a time, there may be as many retries as a share of the calls, and a
/// reserve that needs no calls. First attempts are never refused. Calls are counted by each thread
/// on its own and added up when somebody wants to retry; those since the last time count as if they
/// had come evenly. The design is that of Finagle's `RetryBudget`.
///
/// All budgets of one name are one. It can stand in a `static`.
///
/// ```
/// use spandrel::resilience::RetryBudget;
///
/// static BUDGET: RetryBudget =
///     RetryBudget::new("payments").share(0.2).reserve_per_second(0.0);
///
/// (0..100).for_each(|_| BUDGET.count_call());
/// assert!(BUDGET.try_retry());
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    home: Home<Core>,
    limits: Limits,
}

/// How much is left, durations in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Retries for each call.
    pub(super) share: f64,
    /// Retries that need no calls.
    pub(super) reserve_per_second: f64,
    pub(super) window: u64,
    pub(super) mode: Mode,
}

impl Limits {
    pub(crate) const DEFAULT: Self =
        Self { share: 0.2, reserve_per_second: 10.0, window: 10_000_000_000, mode: Mode::Auto };

    /// How many retries so many calls in the window leave.
    fn most(&self, calls: f64) -> f64 {
        calls * self.share + self.reserve_per_second * (self.window as f64 / 1e9)
    }
}

/// How declared budgets are made. What is not said is as documented at each.
impl RetryBudget {
    /// A budget of this name; empty: as the function that it belongs to.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let mut home = Home::new(name);
        if !name.is_empty() {
            home.share();
        }
        Self { home, limits: Limits::DEFAULT }
    }

    /// One that shares nothing with others of its name.
    pub(crate) const fn own(name: &'static str) -> Self {
        Self { home: Home::new(name), limits: Limits::DEFAULT }
    }

    /// Has so many retries for each call; 0.2 unless told.
    ///
    /// # Panics
    ///
    /// If `share` is negative or not finite; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn share(mut self, share: f64) -> Self {
        assert!(share >= 0.0 && share.is_finite(), "`share` is a share of at least 0");
        self.limits.share = share;
        self
    }

    /// Has so many retries a second that need no calls; 10 unless told.
    ///
    /// # Panics
    ///
    /// If `retries` is negative or not finite; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn reserve_per_second(mut self, retries: f64) -> Self {
        assert!(retries >= 0.0 && retries.is_finite(), "`reserve_per_second` is at least 0");
        self.limits.reserve_per_second = retries;
        self
    }

    /// Looks back so far; 10 s unless told.
    ///
    /// # Panics
    ///
    /// If `time` is shorter than 10 ns; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn window(mut self, time: Duration) -> Self {
        let nanos = nanos::of(time);
        assert!(nanos >= 10, "a window is at least 10 ns long");
        self.limits.window = nanos;
        self
    }

    /// Gives one without a name of its own the name of the function that it belongs to.
    pub(crate) fn bind(&self, owner: Owner<'_>) {
        self.home.bind(&self.limits, owner);
    }

    /// Its state, if it has any yet, and the numbers that hold now.
    pub(super) fn in_force(&self) -> (Option<&Core>, Limits) {
        let core = self.home.peek();
        (core, core.map_or(self.limits, |core| lock(&core.spent).limits))
    }

    /// Counts a call, whose first attempt is never refused.
    #[inline]
    pub fn count_call(&self) {
        let core = self.home.get(&self.limits);
        let mine = core.calls.mine();
        mine.add(&mine, 1);
    }

    /// Takes one retry out of what is left; `false`: nothing is.
    ///
    /// ```
    /// use spandrel::resilience::RetryBudget;
    ///
    /// let budget = RetryBudget::new("").share(0.0).reserve_per_second(0.1);
    /// assert_eq!([budget.try_retry(), budget.try_retry()], [true, false]);
    /// ```
    #[must_use]
    pub fn try_retry(&self) -> bool {
        self.retry(time::nanos())
    }

    /// The same at this time.
    pub(crate) fn retry(&self, now: u64) -> bool {
        self.home.get(&self.limits).retry(now)
    }

    /// What it counted since it was made.
    #[must_use]
    pub fn statistics(&self) -> BudgetStatistics {
        self.home.get(&self.limits).statistics()
    }

    /// Whether it decides by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.home.get(&self.limits).mode()
    }

    /// Decides in this mode from now on; forced open, it affords nothing.
    pub fn set_mode(&self, mode: Mode) {
        self.home.get(&self.limits).set_mode(mode, time::nanos());
    }

    /// Takes the numbers of another declaration, from now on; a window of another length is empty.
    pub fn configure(&self, like: &Self) {
        self.home.get(&self.limits).take(like.limits);
    }
}

/// What a budget counted since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetStatistics {
    calls: u64,
    afforded: u64,
    refused: u64,
}

impl BudgetStatistics {
    /// How many calls were counted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// How many retries could be afforded.
    #[must_use]
    pub fn afforded(&self) -> u64 {
        self.afforded
    }

    /// How many retries could not, or could not have been by one that only observes.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// The state of a budget.
#[derive(Debug)]
pub(crate) struct Core {
    name: &'static str,
    key: Option<Arc<str>>,
    declared: Declared<Limits>,
    mode: AtomicU8,
    calls: Sharded<AtomicU64>,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    limits: Limits,
    /// Calls and retries of the parts of the window, oldest first, by the number of the part.
    parts: VecDeque<Part>,
    calls_seen: u64,
    seen_at: u64,
    afforded: u64,
    refused: u64,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    number: u64,
    calls: f64,
    retries: u64,
}

const PARTS: u64 = 10;

impl Core {
    fn take(&self, limits: Limits) {
        let mut spent = lock(&self.spent);
        if spent.limits.window != limits.window {
            spent.parts.clear();
        }
        spent.limits = limits;
    }

    fn retry(&self, now: u64) -> bool {
        let mode = self.mode();
        let mut spent = lock(&self.spent);
        spent.see(self.calls.sum(|calls| calls), now);
        let affords = mode != Mode::ForcedOpen && spent.affords();
        // What is held by hand is afforded without being counted as spent.
        let is_held = matches!(mode, Mode::Disabled | Mode::Observe);
        if affords {
            spent.afforded += 1;
            if let Some(newest) = spent.parts.back_mut() {
                newest.retries += 1;
            }
        } else {
            spent.refused += u64::from(mode != Mode::Disabled);
        }
        affords || is_held
    }

    fn statistics(&self) -> BudgetStatistics {
        let Spent { afforded, refused, .. } = *lock(&self.spent);
        BudgetStatistics { calls: self.calls.sum(|calls| calls), afforded, refused }
    }
}

impl Moded for Limits {
    // Without retries nobody asks it; and a hedge may.
    const IS_SWITCHED: bool = false;

    fn mode(&mut self) -> &mut Mode {
        &mut self.mode
    }
}

impl Settable for Limits {
    const PART: Mechanism = Mechanism::Retry;
    const OPTIONS: &'static [&'static str] =
        &["budget", "budget.share", "budget.reserve", "budget.window"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "budget.share" => self.share = literal::amount(text)?,
            "budget.reserve" => self.reserve_per_second = literal::amount(text)?,
            "budget.window" => self.window = literal::lapse(text)?.max(PARTS),
            _ => self.mode = literal::budget(text)?,
        }
        Ok(())
    }
}

impl Instance for Core {
    type Template = Limits;

    fn make(limits: &Limits, name: &'static str, key: Option<Arc<str>>) -> Self {
        let spent = Spent {
            limits: *limits,
            parts: VecDeque::new(),
            calls_seen: 0,
            seen_at: time::nanos(),
            afforded: 0,
            refused: 0,
        };
        let mode = AtomicU8::new(Mode::Auto as u8);
        let declared = Declared::new(limits);
        Self { name, key, declared, mode, calls: Sharded::new(), spent: Mutex::new(spent) }
    }

    fn agrees(&self, limits: &Limits) -> bool {
        self.declared.template() == limits
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        retire(self);
    }
}

impl Listed for Core {
    fn kind(&self) -> PolicyKind {
        PolicyKind::RetryBudget
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn mode(&self) -> Mode {
        Mode::of(self.mode.load(Relaxed))
    }

    fn declared_mode(&self) -> Mode {
        self.declared.mode()
    }

    fn set_mode(&self, mode: Mode, _now: u64) {
        self.mode.store(mode as u8, Relaxed);
    }

    fn reset(&self, _now: u64) {
        lock(&self.spent).parts.clear();
        self.mode.store(self.declared.mode() as u8, Relaxed);
    }

    fn state(&self, now: u64) -> &'static str {
        match self.mode() {
            Mode::Disabled => return "disabled",
            Mode::ForcedOpen => return "forced_open",
            Mode::Auto | Mode::Observe => {}
        }
        let mut spent = lock(&self.spent);
        spent.see(self.calls.sum(|calls| calls), now);
        if spent.affords() { "available" } else { "exhausted" }
    }

    fn statistics(&self, now: u64) -> Numbers {
        let found = self.statistics();
        let available = {
            let mut spent = lock(&self.spent);
            spent.see(self.calls.sum(|calls| calls), now);
            spent.left()
        };
        vec![
            ("available", available),
            ("calls", found.calls as f64),
            ("afforded", found.afforded as f64),
            ("refused", found.refused as f64),
        ]
    }

    fn configure(&self, said: &Selection<'_>, _is_new: bool) {
        let (limits, mode) = self.declared.under(said);
        limits.into_iter().for_each(|limits| self.take(limits));
        if let Some(mode) = mode {
            self.mode.store(mode as u8, Relaxed);
        }
    }
}

impl Spent {
    /// Whether one more retry is within what the calls of the window leave.
    fn affords(&self) -> bool {
        self.left() >= 1.0
    }

    /// How many whole retries the calls of the window leave.
    fn left(&self) -> f64 {
        let calls: f64 = self.parts.iter().map(|part| part.calls).sum();
        let retries: u64 = self.parts.iter().map(|part| part.retries).sum();
        // Sums of shares are a little off; by less than this.
        (self.limits.most(calls) - retries as f64 + 1e-6).floor().max(0.0)
    }

    /// Brings the window to `now`; what was called since it was last looked at is spread evenly.
    fn see(&mut self, calls: u64, now: u64) {
        let part = (self.limits.window / PARTS).max(1);
        let now = now.max(self.seen_at);
        let new = calls.wrapping_sub(std::mem::replace(&mut self.calls_seen, calls)) as f64;
        let since = std::mem::replace(&mut self.seen_at, now);
        let current = now / part;
        // Of a long time only what is still in the window counts.
        let oldest = (current + 1).saturating_sub(PARTS);
        self.parts.retain(|held| held.number >= oldest);
        let first = (since / part).max(oldest);
        let first = self.parts.back().map_or(first, |newest| newest.number.max(first));
        let elapsed = (now - since) as f64;
        for number in first..=current {
            if self.parts.back().is_none_or(|newest| newest.number < number) {
                self.parts.push_back(Part { number, calls: 0.0, retries: 0 });
            }
            let begin = since.max(number * part);
            let end = now.min((number + 1) * part);
            let share =
                if elapsed > 0.0 { end.saturating_sub(begin) as f64 / elapsed } else { 1.0 };
            if let Some(newest) = self.parts.back_mut() {
                newest.calls += new * share;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// One that is made at the beginning of time.
    fn budget(limits: Limits) -> Core {
        let budget = Core::make(&limits, "test", None);
        lock(&budget.spent).seen_at = 0;
        budget
    }

    fn call(budget: &Core) {
        let mine = budget.calls.mine();
        mine.add(&mine, 1);
    }

    fn retries(budget: &Core, now: u64) -> usize {
        (0..10_000).take_while(|_| budget.retry(now)).count()
    }

    #[test]
    fn whoever_calls_rarely_has_the_reserve_in_each_window() {
        let budget = budget(Limits::DEFAULT);

        assert_eq!(retries(&budget, 0), 100);
        assert_eq!(retries(&budget, 9 * SECOND), 0);
        assert_eq!(retries(&budget, 10 * SECOND), 100);
    }

    #[test]
    fn calls_leave_a_share_for_as_long_as_they_are_in_the_window() {
        let budget = budget(Limits { reserve_per_second: 0.0, ..Limits::DEFAULT });

        (0..100).for_each(|_| call(&budget));
        assert_eq!(retries(&budget, SECOND / 2), 20);
        (0..50).for_each(|_| call(&budget));
        assert_eq!(retries(&budget, SECOND / 2 + 1), 10);
        assert_eq!(retries(&budget, 20 * SECOND), 0);
    }

    #[test]
    fn calls_of_a_long_time_count_as_far_as_they_are_in_the_window() {
        let budget = budget(Limits { reserve_per_second: 0.0, ..Limits::DEFAULT });

        // A hundred a second for a hundred seconds, of which the last ten count.
        (0..10_000).for_each(|_| call(&budget));
        let afforded = retries(&budget, 100 * SECOND);

        assert!((170..=200).contains(&afforded), "{afforded}");
    }

    #[test]
    fn a_clock_that_was_read_earlier_does_no_harm() {
        let budget = budget(Limits::DEFAULT);

        assert!(budget.retry(5 * SECOND));
        assert!(budget.retry(4 * SECOND));
    }
}
