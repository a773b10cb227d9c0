//! Calls of one function by outcome.
//!
//! Five counters in the site itself: exact from the first call on, whether or not the program is
//! ever initialised. Threads share them; a function that many threads call millions of times a
//! second feels that.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::outcome::Outcome;

/// How many calls ended in which way.
#[derive(Debug)]
pub(crate) struct Counts([AtomicU64; 5]);

impl Counts {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; 5])
    }

    /// Counts one call.
    #[inline]
    pub(crate) fn add(&self, outcome: Outcome) {
        if let Some(count) = self.0.get(outcome as usize - 1) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn get(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome as usize - 1).map_or(0, |count| count.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_a_counter_of_its_own() {
        let counts = Counts::new();

        counts.add(Outcome::Ok);
        counts.add(Outcome::Panicked);
        counts.add(Outcome::Panicked);

        let of = |outcome| counts.get(outcome);
        assert_eq!([of(Outcome::Ok), of(Outcome::Error), of(Outcome::Panicked)], [1, 0, 2]);
    }
}
