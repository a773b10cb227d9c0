//! How many calls in which time: the generic cell rate algorithm, in one word.
//!
//! GCRA (ITU-T I.371) keeps the time at which a bucket that leaks one call at a time would be empty.
//! A call fits in if that is no further ahead than the burst allows; it then moves it one interval
//! on. Exact, without a timer or a background task, and one compare-and-swap for each call.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A rate; durations in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Between two calls, on average.
    interval: u64,
    /// How far ahead the bucket may be filled: the burst, but for one call.
    tolerance: u64,
}

impl Rate {
    /// So many calls within so many nanoseconds, of which so many may come at once.
    pub(crate) const fn new(calls: u32, nanos: u64, burst: u32) -> Option<Self> {
        if calls == 0 || burst == 0 || nanos == 0 {
            return None;
        }
        // Rounded up: never more calls than were allowed.
        let interval = nanos.div_ceil(calls as u64);
        Some(Self { interval, tolerance: interval.saturating_mul(burst as u64 - 1) })
    }
}

/// When a bucket is empty.
#[derive(Debug, Default)]
pub(crate) struct Gcra {
    empty_at: AtomicU64,
}

impl Gcra {
    pub(crate) const fn new() -> Self {
        Self { empty_at: AtomicU64::new(0) }
    }

    /// Takes a place for a call now; otherwise says in how many nanoseconds there is one.
    #[inline]
    pub(crate) fn take(&self, rate: Rate, now: u64) -> Result<(), u64> {
        self.reserve(rate, now, 0).map(drop)
    }

    /// Takes the next place, if it is at most `patience` away; how long to wait for it.
    ///
    /// Refused at once if the wait would be longer, and then with the time after which a call could
    /// begin to wait.
    #[inline]
    pub(crate) fn reserve(&self, rate: Rate, now: u64, patience: u64) -> Result<u64, u64> {
        let mut empty_at = self.empty_at.load(Relaxed);
        loop {
            let from = empty_at.max(now);
            let wait = (from - now).saturating_sub(rate.tolerance);
            if wait > patience {
                return Err(wait - patience);
            }
            let next = from.saturating_add(rate.interval);
            match self.empty_at.compare_exchange_weak(empty_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(wait),
                Err(other) => empty_at = other,
            }
        }
    }

    /// Gives back a place that was reserved and not used.
    pub(crate) fn give_back(&self, rate: Rate) {
        // It always succeeds, for something is always made.
        let _ = self
            .empty_at
            .fetch_update(Relaxed, Relaxed, |at| Some(at.saturating_sub(rate.interval)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_goes_through_at_once_and_then_one_by_one() {
        let (rate, gcra) = (Rate::new(10, SECOND, 3).unwrap(), Gcra::new());

        let first: Vec<_> = (0..4).map(|_| gcra.take(rate, SECOND)).collect();

        assert_eq!(first, [Ok(()), Ok(()), Ok(()), Err(SECOND / 10)]);
        assert_eq!(gcra.take(rate, SECOND + SECOND / 10), Ok(()));
        assert_eq!(gcra.take(rate, SECOND + SECOND / 10), Err(SECOND / 10));
        assert_eq!(gcra.take(rate, 5 * SECOND), Ok(()));
    }

    #[test]
    fn whoever_would_wait_too_long_is_refused_at_once() {
        let (rate, gcra) = (Rate::new(10, SECOND, 1).unwrap(), Gcra::new());

        let waits: Vec<_> = (0..4).map(|_| gcra.reserve(rate, 0, SECOND / 5)).collect();

        assert_eq!(waits, [Ok(0), Ok(SECOND / 10), Ok(SECOND / 5), Err(SECOND / 10)]);
        gcra.give_back(rate);
        assert_eq!(gcra.reserve(rate, 0, SECOND / 5), Ok(SECOND / 5));
    }

    #[test]
    fn no_rate_is_nothing() {
        assert_eq!(Rate::new(0, SECOND, 1), None);
        assert_eq!(Rate::new(1, 0, 1), None);
        assert_eq!(Rate::new(1, SECOND, 0), None);
    }

    #[test]
    fn threads_share_one_limit() {
        let (rate, gcra) = (Rate::new(1, SECOND, 1_000).unwrap(), Gcra::new());

        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..500).filter(|_| gcra.take(rate, 0).is_ok()).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });

        assert_eq!(taken, 1_000);
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_holds_more_than_its_share_and_the_burst(
            calls in 1..200_u32, burst in 1..50_u32, gaps in prop::collection::vec(0..20_000_000_u64, 1..300),
        ) {
            let (rate, gcra) = (Rate::new(calls, SECOND, burst).unwrap(), Gcra::new());
            let mut now = 1;
            let mut taken = Vec::new();
            for gap in gaps {
                now += gap;
                if gcra.take(rate, now).is_ok() {
                    taken.push(now);
                }
            }
            for (first, begin) in taken.iter().enumerate() {
                for (last, end) in taken.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + (end - begin) / SECOND.div_ceil(u64::from(calls));
                    prop_assert!((last - first) as u64 + 1 <= most);
                }
            }
        }
    }
}
