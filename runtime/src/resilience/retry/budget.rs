//! Whether another attempt can be afforded: so that retries do not bring down what is only slow.
//!
//! Within any window, retries may be a share of the calls and a few more, as in Finagle's
//! `RetryBudget`. A function that is called rarely can then retry at all, and one that is called
//! often multiplies the load of a failing callee by little more than one.

use std::{collections::VecDeque, sync::atomic::AtomicU64};

use crate::{
    cell::Sharded,
    sync::{Mutex, lock},
};

/// What calls leave for retries.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    calls: Sharded<AtomicU64>,
    spent: Mutex<Spent>,
}

/// How much is left, durations in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Retries for each call.
    pub share: f64,
    /// Retries that need no calls, within the window.
    pub reserve: u64,
    pub window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { share: 0.2, reserve: 100, window: 10_000_000_000 }
    }
}

#[derive(Debug, Default)]
struct Spent {
    /// Calls and retries of the parts of the window, oldest first, by the number of the part.
    parts: VecDeque<Part>,
    calls_seen: u64,
    seen_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    number: u64,
    calls: f64,
    retries: u64,
}

const PARTS: u64 = 10;

impl Budget {
    pub(crate) const fn new(limits: Limits) -> Self {
        let spent = Spent { parts: VecDeque::new(), calls_seen: 0, seen_at: 0 };
        Self { limits, calls: Sharded::new(), spent: Mutex::new(spent) }
    }

    /// A call begins: its first attempt is never denied.
    #[inline]
    pub(crate) fn call(&self) {
        let mine = self.calls.mine();
        mine.add(&mine, 1);
    }

    /// Takes one retry out of what is left now; `false`: there is none.
    pub(crate) fn retry(&self, now: u64) -> bool {
        let mut spent = lock(&self.spent);
        let part = (self.limits.window / PARTS).max(1);
        spent.see(self.calls.sum(|calls| calls), now, part);
        let (mut calls, mut retries) = (0.0, 0);
        for held in &spent.parts {
            calls += held.calls;
            retries += held.retries;
        }
        let affords = (retries as f64) < calls * self.limits.share + self.limits.reserve as f64;
        if affords && let Some(newest) = spent.parts.back_mut() {
            newest.retries += 1;
        }
        affords
    }
}

impl Spent {
    /// Brings the window to `now`; what was called since it was last looked at is spread evenly.
    fn see(&mut self, calls: u64, now: u64, part: u64) {
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

    fn retries(budget: &Budget, now: u64) -> usize {
        (0..10_000).take_while(|_| budget.retry(now)).count()
    }

    #[test]
    fn whoever_calls_rarely_has_the_reserve_in_each_window() {
        let budget = Budget::new(Limits::default());

        assert_eq!(retries(&budget, 0), 100);
        assert_eq!(retries(&budget, 9 * SECOND), 0);
        assert_eq!(retries(&budget, 10 * SECOND), 100);
    }

    #[test]
    fn calls_leave_a_share_for_as_long_as_they_are_in_the_window() {
        let budget = Budget::new(Limits { reserve: 0, ..Limits::default() });

        (0..100).for_each(|_| budget.call());
        assert_eq!(retries(&budget, SECOND / 2), 20);
        (0..50).for_each(|_| budget.call());
        assert_eq!(retries(&budget, SECOND / 2 + 1), 10);
        assert_eq!(retries(&budget, 20 * SECOND), 0);
    }

    #[test]
    fn calls_of_a_long_time_count_as_far_as_they_are_in_the_window() {
        let budget = Budget::new(Limits { reserve: 0, ..Limits::default() });

        // A hundred a second for a hundred seconds, of which the last ten count.
        (0..10_000).for_each(|_| budget.call());
        let afforded = retries(&budget, 100 * SECOND);

        assert!((170..=200).contains(&afforded), "{afforded}");
    }

    #[test]
    fn a_clock_that_was_read_earlier_does_no_harm() {
        let budget = Budget::new(Limits::default());

        assert!(budget.retry(5 * SECOND));
        assert!(budget.retry(4 * SECOND));
    }
}
