//! When something began that is told about when it is over, with how long it took.

use std::{
    sync::{OnceLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use super::{MODE, TSC, mock, monotonic_nanos, tsc};

/// The first tick, and the monotonic clock at that moment.
static FIRST: OnceLock<(u64, u64)> = OnceLock::new();

/// Begins to measure how long a tick is; called before the first tick is given out.
pub(super) fn begin() {
    FIRST.get_or_init(now);
}

fn now() -> (u64, u64) {
    (tsc::read(), monotonic_nanos())
}

/// The tick that lies so long before another one, which is of just now.
pub(crate) fn ticks_before(end: u64, elapsed: Duration) -> u64 {
    let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
    let mode = MODE.load(Relaxed);
    // The other clocks tick in nanoseconds.
    if mode & TSC == 0 || mode != TSC && mock::ticks().is_some() {
        return end.saturating_sub(nanos);
    }
    let (first_tick, first_nanos) = *FIRST.get_or_init(now);
    let (tick, now) = now();
    let (ticks, since) = (tick.saturating_sub(first_tick), now.saturating_sub(first_nanos).max(1));
    let before = u128::from(nanos) * u128::from(ticks) / u128::from(since);
    end.saturating_sub(u64::try_from(before).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::hint;

    use super::*;
    use crate::time::ticks;

    #[test]
    fn what_took_so_long_began_when_the_clock_was_read_first() {
        let (start, nanos) = (ticks(), monotonic_nanos());
        while monotonic_nanos() - nanos < 20_000_000 {
            hint::spin_loop();
        }
        let (end, elapsed) = (ticks(), monotonic_nanos() - nanos);

        let found = ticks_before(end, Duration::from_nanos(elapsed));

        let off = found.abs_diff(start);
        assert!(off < (end - start) / 100, "{off} of {} ticks", end - start);
    }

    #[test]
    fn nothing_began_before_the_first_tick() {
        assert_eq!(ticks_before(5, Duration::MAX), 0);
    }
}
