//! How many calls in which time: the generic cell rate algorithm, in one word.
//!
//! GCRA (ITU-T I.371) keeps the time at which a bucket that leaks one call at a time would be empty.
//! A call fits in if that is no further ahead than the burst allows; it then moves it one interval
//! on. Exact, without a timer or a background task, and one compare-and-swap for each call.

use std::sync::atomic::Ordering::Relaxed;

use crate::sync::shared::{AtomicBool, AtomicU64, Mutex, lock};

/// A rate; durations in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Between two calls, on average.
    pub interval: u64,
    /// How far ahead the bucket may be filled: the burst, but for one call.
    pub tolerance: u64,
}

impl Pace {
    /// So many calls within so many nanoseconds, of which so many may come at once; none is zero.
    pub(crate) const fn new(calls: u32, nanos: u64, burst: u32) -> Self {
        // Rounded up: never more calls than were allowed.
        let interval = nanos.div_ceil(calls as u64);
        Self { interval, tolerance: interval.saturating_mul(burst as u64 - 1) }
    }
}

/// When a bucket is empty.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Gcra {
    empty_at: AtomicU64,
    freed: Freed,
}

/// Places that were reserved and given back.
#[derive(Debug)]
struct Freed {
    any: AtomicBool,
    slots: Mutex<Vec<u64>>,
}

/// A place in the order of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reserved {
    /// Nanoseconds until it is its turn.
    pub wait: u64,
    /// When the bucket would have been empty.
    slot: u64,
}

impl Gcra {
    pub(crate) fn new() -> Self {
        let freed = Freed { any: AtomicBool::new(false), slots: Mutex::new(Vec::new()) };
        Self { empty_at: AtomicU64::new(0), freed }
    }

    /// Takes the next place, if it is at most `patience` away.
    ///
    /// Refused at once if the wait would be longer, and then with the time after which a call could
    /// begin to wait.
    #[inline]
    pub(crate) fn reserve(&self, rate: Pace, now: u64, patience: u64) -> Result<Reserved, u64> {
        let mut empty_at = self.empty_at.load(Relaxed);
        loop {
            let slot = empty_at.max(now);
            let wait = (slot - now).saturating_sub(rate.tolerance);
            if wait > 0 {
                return self.reserve_ahead(rate, now, patience);
            }
            let next = slot.saturating_add(rate.interval);
            match self.empty_at.compare_exchange_weak(empty_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(Reserved { wait, slot }),
                Err(other) => empty_at = other,
            }
        }
    }

    /// The same where there is no place just now.
    #[cold]
    fn reserve_ahead(&self, rate: Pace, now: u64, patience: u64) -> Result<Reserved, u64> {
        if self.freed.any.load(Relaxed)
            && let Some(reserved) = self.take_freed(rate, now, patience)
        {
            return Ok(reserved);
        }
        let mut empty_at = self.empty_at.load(Relaxed);
        loop {
            let slot = empty_at.max(now);
            let wait = (slot - now).saturating_sub(rate.tolerance);
            if wait > patience {
                return Err(wait - patience);
            }
            let next = slot.saturating_add(rate.interval);
            match self.empty_at.compare_exchange_weak(empty_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(Reserved { wait, slot }),
                Err(other) => empty_at = other,
            }
        }
    }

    /// Takes the earliest place that somebody gave back, unless its time is over.
    fn take_freed(&self, rate: Pace, now: u64, patience: u64) -> Option<Reserved> {
        let mut freed = lock(&self.freed.slots);
        freed.retain(|slot| *slot >= now);
        let earliest = freed.iter().enumerate().min_by_key(|(_, slot)| **slot);
        let taken = earliest.and_then(|(at, slot)| {
            let wait = (slot - now).saturating_sub(rate.tolerance);
            (wait <= patience).then_some((at, Reserved { wait, slot: *slot }))
        });
        let taken = taken.map(|(at, reserved)| {
            freed.swap_remove(at);
            reserved
        });
        self.freed.any.store(!freed.is_empty(), Relaxed);
        taken
    }

    /// Gives back a place that was reserved and not used.
    ///
    /// Others may have reserved later ones, which they keep: moved forward, two of them could come
    /// at the same time. So whoever comes next may have this one, as long as its time is not over.
    pub(crate) fn give_back(&self, rate: Pace, reserved: Reserved) {
        let Reserved { slot, .. } = reserved;
        let next = slot.saturating_add(rate.interval);
        if self.empty_at.compare_exchange(next, slot, Relaxed, Relaxed).is_ok() {
            return;
        }
        let mut freed = lock(&self.freed.slots);
        // Those that are over are dropped when somebody looks for one; until then they are few.
        if freed.len() < MOST_FREED {
            freed.push(slot);
            self.freed.any.store(true, Relaxed);
        }
    }

    /// Goes on at another pace: what came so far counts as so many calls as before.
    pub(crate) fn change_pace(&self, old: Pace, new: Pace, now: u64) {
        let mut freed = lock(&self.freed.slots);
        freed.clear();
        self.freed.any.store(false, Relaxed);
        // It always succeeds, for something is always made.
        let _ = self.empty_at.fetch_update(Relaxed, Relaxed, |empty_at| {
            let ahead = u128::from(empty_at.saturating_sub(now));
            let ahead = ahead * u128::from(new.interval) / u128::from(old.interval);
            Some(now.saturating_add(u64::try_from(ahead).unwrap_or(u64::MAX)))
        });
    }

    /// Forgets everything: as many may come at once as in the beginning.
    pub(crate) fn reset(&self) {
        let mut freed = lock(&self.freed.slots);
        freed.clear();
        self.freed.any.store(false, Relaxed);
        self.empty_at.store(0, Relaxed);
    }

    /// Whether it is as in the beginning.
    pub(crate) fn is_full(&self, now: u64) -> bool {
        self.empty_at.load(Relaxed) <= now
    }

    /// Of the calls that may come at once, how many still may.
    pub(crate) fn available(&self, rate: Pace, now: u64) -> u64 {
        let ahead = self.empty_at.load(Relaxed).saturating_sub(now);
        let full = rate.tolerance.saturating_add(rate.interval);
        full.saturating_sub(ahead) / rate.interval
    }
}

/// More places than so many that were given back are not handed out again.
const MOST_FREED: usize = 1024;

#[cfg(all(test, loom))]
mod model {
    use loom::{sync::Arc, thread};

    use super::*;

    #[test]
    fn of_three_calls_at_once_a_burst_of_two_lets_two_through() {
        loom::model(|| {
            let gcra = Arc::new(Gcra::new());
            let pace = Pace::new(1, 1_000, 2);
            let others: Vec<_> = (0..2)
                .map(|_| {
                    let gcra = Arc::clone(&gcra);
                    thread::spawn(move || gcra.reserve(pace, 7, 0).is_ok())
                })
                .collect();
            let mine = gcra.reserve(pace, 7, 0).is_ok();

            let through = others.into_iter().map(|one| one.join().unwrap());
            assert_eq!(through.chain([mine]).filter(|through| *through).count(), 2);
        });
    }

    #[test]
    fn a_place_that_is_given_back_is_taken_at_most_once() {
        loom::model(|| {
            let gcra = Arc::new(Gcra::new());
            let pace = Pace::new(1, 1_000, 1);
            let [_, second, _] = [(); 3].map(|()| gcra.reserve(pace, 0, 5_000).unwrap());
            let giver = {
                let gcra = Arc::clone(&gcra);
                thread::spawn(move || gcra.give_back(pace, second))
            };
            let taker = {
                let gcra = Arc::clone(&gcra);
                thread::spawn(move || gcra.reserve(pace, 0, 1_000).is_ok())
            };
            let mine = gcra.reserve(pace, 0, 1_000).is_ok();
            let other = taker.join().unwrap();
            giver.join().unwrap();

            assert!(!(mine && other));
            // Whoever comes afterwards finds it, if nobody has.
            assert_eq!(gcra.reserve(pace, 0, 1_000).is_ok(), !mine && !other);
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(gcra: &Gcra, pace: Pace, now: u64) -> Result<(), u64> {
        gcra.reserve(pace, now, 0).map(drop)
    }

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_goes_through_at_once_and_then_one_by_one() {
        let (rate, gcra) = (Pace::new(10, SECOND, 3), Gcra::new());

        let first: Vec<_> = (0..4).map(|_| take(&gcra, rate, SECOND)).collect();

        assert_eq!(first, [Ok(()), Ok(()), Ok(()), Err(SECOND / 10)]);
        assert_eq!(take(&gcra, rate, SECOND + SECOND / 10), Ok(()));
        assert_eq!(take(&gcra, rate, SECOND + SECOND / 10), Err(SECOND / 10));
        assert_eq!(take(&gcra, rate, 5 * SECOND), Ok(()));
    }

    #[test]
    fn whoever_would_wait_too_long_is_refused_at_once() {
        let (rate, gcra) = (Pace::new(10, SECOND, 1), Gcra::new());

        let reserve = || gcra.reserve(rate, 0, SECOND / 5);
        let reserved = [(); 4].map(|()| reserve());

        let waits = reserved.map(|reserved| reserved.map(|reserved| reserved.wait));
        assert_eq!(waits, [Ok(0), Ok(SECOND / 10), Ok(SECOND / 5), Err(SECOND / 10)]);
    }

    #[test]
    fn threads_share_one_limit() {
        let (rate, gcra) = (Pace::new(1, SECOND, 1_000), Gcra::new());

        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..500).filter(|_| take(&gcra, rate, 0).is_ok()).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });

        assert_eq!(taken, 1_000);
    }

    #[test]
    fn a_place_that_is_given_back_is_the_next_ones_as_long_as_its_time_is_not_over() {
        let (rate, gcra) = (Pace::new(10, SECOND, 1), Gcra::new());
        let [_, second, third] = [(); 3].map(|()| gcra.reserve(rate, 0, SECOND).unwrap());

        gcra.give_back(rate, second);

        // The third keeps its place, and nobody comes at the same time.
        let taken = gcra.reserve(rate, 0, SECOND).unwrap();
        assert_eq!((taken, third.wait), (second, SECOND / 5));
        gcra.give_back(rate, taken);
        let late = gcra.reserve(rate, SECOND / 5, SECOND).unwrap();
        assert_eq!(late.wait, SECOND / 10);
    }

    #[test]
    fn the_last_place_is_given_back_as_if_it_had_never_been_taken() {
        let (rate, gcra) = (Pace::new(10, SECOND, 2), Gcra::new());
        let [_, second] = [(); 2].map(|()| gcra.reserve(rate, 0, 0).unwrap());

        assert_eq!(take(&gcra, rate, 0), Err(SECOND / 10));
        gcra.give_back(rate, second);

        assert_eq!((take(&gcra, rate, 0), gcra.available(rate, 0)), (Ok(()), 0));
    }

    #[test]
    fn whoever_gives_back_without_end_takes_no_memory_without_end() {
        let (rate, gcra) = (Pace::new(1, SECOND, 1), Gcra::new());

        let reserved: Vec<_> =
            (0..5_000).map(|_| gcra.reserve(rate, 0, u64::MAX - 1).unwrap()).collect();
        reserved.into_iter().for_each(|reserved| gcra.give_back(rate, reserved));

        assert!(lock(&gcra.freed.slots).len() <= MOST_FREED);
    }

    #[test]
    fn a_clock_that_is_behind_does_no_harm() {
        let (rate, gcra) = (Pace::new(10, SECOND, 2), Gcra::new());

        assert_eq!(take(&gcra, rate, SECOND), Ok(()));
        // It waits for as long as the clock is behind, and no longer.
        assert_eq!(take(&gcra, rate, SECOND - 5), Err(5));
        assert_eq!(take(&gcra, rate, SECOND), Ok(()));
    }

    proptest! {
        #[test]
        fn not_even_with_waiting_and_giving_back_is_any_stretch_of_time_too_full(
            calls in 1..200_u32, burst in 1..20_u32,
            steps in prop::collection::vec((0..20_000_000_u64, 0..4_u8, 0..8_usize), 1..200),
        ) {
            let (rate, gcra) = (Pace::new(calls, SECOND, burst), Gcra::new());
            let mut now = 1;
            let (mut waiting, mut taken) = (Vec::new(), Vec::new());
            for (gap, kind, which) in steps {
                now += gap;
                // Whose turn has come, goes.
                waiting.retain(|(at, _)| {
                    let goes = *at <= now;
                    taken.extend(goes.then_some(*at));
                    !goes
                });
                if kind > 0 {
                    if let Ok(reserved) = gcra.reserve(rate, now, SECOND / 4) {
                        waiting.push((now + reserved.wait, reserved));
                    }
                } else if which < waiting.len() {
                    gcra.give_back(rate, waiting.remove(which).1);
                }
            }
            taken.sort_unstable();
            for (first, begin) in taken.iter().enumerate() {
                for (last, end) in taken.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + (end - begin) / SECOND.div_ceil(u64::from(calls));
                    prop_assert!(((last - first) as u64) < most);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_holds_more_than_its_share_and_the_burst(
            calls in 1..200_u32, burst in 1..50_u32, gaps in prop::collection::vec(0..20_000_000_u64, 1..300),
        ) {
            let (rate, gcra) = (Pace::new(calls, SECOND, burst), Gcra::new());
            let mut now = 1;
            let mut taken = Vec::new();
            for gap in gaps {
                now += gap;
                if take(&gcra, rate, now).is_ok() {
                    taken.push(now);
                }
            }
            for (first, begin) in taken.iter().enumerate() {
                for (last, end) in taken.iter().enumerate().skip(first) {
                    let most = u64::from(burst) + (end - begin) / SECOND.div_ceil(u64::from(calls));
                    prop_assert!(((last - first) as u64) < most);
                }
            }
        }
    }
}
