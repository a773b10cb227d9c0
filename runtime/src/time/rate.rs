//! How long a number of ticks is, also before anybody has measured it at leisure.
//!
//! The length of a tick is measured from the first tick of the process on, and again whenever the
//! process has become twice as old. A duration is never longer than that, so it is off by at most
//! twice what reading two clocks at one moment is off: some tens of nanoseconds, whether it took a
//! microsecond or a day. Nobody has to wait for it, and a process measures a few dozen times in its life.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};
#[cfg(any(test, feature = "tracing"))]
use std::time::Duration;

use super::{MODE, TSC, mock, monotonic_nanos, read_together, tsc};

/// The first tick, and the monotonic clock at that moment.
static FIRST: OnceLock<(u64, u64)> = OnceLock::new();

/// Nanoseconds of a tick, times 2^32.
static RATE: AtomicU64 = AtomicU64::new(0);
/// The tick up to which [`RATE`] is exact enough.
static GOOD_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Begins to measure; called before the first tick is given out.
pub(super) fn begin() {
    FIRST.get_or_init(now);
}

fn now() -> (u64, u64) {
    read_together(tsc::read, monotonic_nanos)
}

/// The nanoseconds from one tick to a later one, read on the same thread or on others.
#[inline(always)]
pub(crate) fn nanos_between(start: u64, end: u64) -> u64 {
    if MODE.load(Relaxed) == TSC
        && let Some(nanos) = nanos_of_counter(start, end)
    {
        return nanos;
    }
    measured(end.saturating_sub(start), end)
}

/// The same of two ticks of the counter, where nothing has to be measured for it.
#[inline(always)]
pub(crate) fn nanos_of_counter(start: u64, end: u64) -> Option<u64> {
    // What was measured is published before up to when it is good; a mixture of two measurements
    // is as good as the older.
    (end < GOOD_UNTIL.load(Relaxed)).then(|| scale(end.saturating_sub(start), RATE.load(Relaxed)))
}

/// Nanoseconds from some moment of the past to this tick: the scale on which policies measure.
///
/// Of two ticks the later one may lie some tens of nanoseconds before the other.
#[inline(always)]
pub(crate) fn nanos_of(tick: u64) -> u64 {
    if MODE.load(Relaxed) == TSC
        && let Some((first, _)) = FIRST.get()
        && let Some(nanos) = nanos_of_counter(*first, tick)
    {
        return nanos;
    }
    nanos_at_leisure(tick)
}

#[cold]
#[inline(never)]
fn nanos_at_leisure(tick: u64) -> u64 {
    let mode = MODE.load(Relaxed);
    // The other clocks tick in nanoseconds.
    if mode & TSC == 0 || mode != TSC && mock::ticks().is_some() {
        return tick;
    }
    let (first, _) = *FIRST.get_or_init(now);
    measured(tick.saturating_sub(first), tick)
}

/// The rate at this tick, measured anew where that is due.
#[inline(always)]
fn rate_at(tick: u64) -> u64 {
    if tick >= GOOD_UNTIL.load(Relaxed) {
        measure();
    }
    RATE.load(Relaxed)
}

#[inline(always)]
fn scale(ticks: u64, rate: u64) -> u64 {
    ((u128::from(ticks) * u128::from(rate)) >> 32) as u64
}

#[cold]
#[inline(never)]
fn measured(ticks: u64, end: u64) -> u64 {
    let mode = MODE.load(Relaxed);
    // The other clocks tick in nanoseconds.
    if mode & TSC == 0 || mode != TSC && mock::ticks().is_some() {
        return ticks;
    }
    scale(ticks, rate_at(end))
}

/// The tick that lies so long before another one, which is of just now.
#[cfg(any(test, feature = "tracing"))]
pub(crate) fn ticks_before(end: u64, elapsed: Duration) -> u64 {
    let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
    let mode = MODE.load(Relaxed);
    if mode & TSC == 0 || mode != TSC && mock::ticks().is_some() {
        return end.saturating_sub(nanos);
    }
    let ticks = (u128::from(nanos) << 32) / u128::from(rate_at(end).max(1));
    end.saturating_sub(u64::try_from(ticks).unwrap_or(u64::MAX))
}

fn measure() {
    let (first_tick, first_nanos) = *FIRST.get_or_init(now);
    let (tick, nanos) = now();
    let ticks = tick.saturating_sub(first_tick).max(1);
    let rate = (u128::from(nanos.saturating_sub(first_nanos)) << 32) / u128::from(ticks);
    RATE.store(u64::try_from(rate).unwrap_or(u64::MAX), Relaxed);
    GOOD_UNTIL.store(tick.saturating_add(ticks), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ticks;

    #[test]
    fn a_duration_is_that_of_the_monotonic_clock() {
        for rounds in [10_u32, 1_000, 100_000] {
            let outer = monotonic_nanos();
            let start = ticks();
            let inner = monotonic_nanos();
            (0..rounds).for_each(|round| {
                std::hint::black_box(round);
            });
            let inner = monotonic_nanos() - inner;
            let found = nanos_between(start, ticks());
            let outer = monotonic_nanos() - outer;

            // The two clocks are read one after the other.
            assert!(found + 1_000 >= inner && found <= outer + 1_000, "{inner} {found} {outer}");
        }
    }

    #[test]
    fn what_took_so_long_began_when_the_clock_was_read_first() {
        let (start, nanos) = (ticks(), monotonic_nanos());
        while monotonic_nanos() - nanos < 20_000_000 {
            std::hint::spin_loop();
        }
        let (end, elapsed) = (ticks(), monotonic_nanos() - nanos);

        let found = ticks_before(end, Duration::from_nanos(elapsed));

        let off = found.abs_diff(start);
        assert!(off < (end - start) / 100, "{off} of {} ticks", end - start);
    }

    #[test]
    fn moments_are_as_far_apart_as_their_ticks() {
        let first = ticks();
        while nanos_between(first, ticks()) < 1_000_000 {}
        let second = ticks();

        let apart = nanos_of(second) - nanos_of(first);

        assert!(apart.abs_diff(nanos_between(first, second)) < 2_000, "{apart}");
    }

    #[test]
    fn nothing_began_before_the_first_tick() {
        assert_eq!(ticks_before(5, Duration::MAX), 0);
    }

    #[test]
    fn time_that_runs_backwards_is_no_time() {
        let tick = ticks();

        assert_eq!(nanos_between(tick + 1_000, tick), 0);
    }

    #[test]
    fn long_durations_do_not_overflow() {
        assert_eq!(scale(u64::MAX, 1 << 31), u64::MAX >> 1);
        // A counter of 3 GHz that runs for a hundred years.
        assert_eq!(scale(9_460_800_000_000_000_000, (1 << 32) / 3) / 1_000_000_000, 3_153_599_999);
    }
}
