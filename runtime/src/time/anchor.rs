//! Turns ticks into wall-clock time.
//!
//! An anchor pairs a tick with the wall clock and knows the length of a tick. Both times of a span
//! are converted with one anchor, so a duration is never negative, whatever NTP does meanwhile. The
//! background thread re-anchors every second and measures the length of a tick over the whole
//! life of the program, so its error shrinks with every pass.

use super::{monotonic_nanos, read_together, ticks, unix_nanos};

/// Shorter baselines give a rate too inexact to use (30 ns of jitter over 2 ms is 15 ppm).
const MIN_BASELINE_NANOS: u64 = 100_000;
const REANCHOR_NANOS: u64 = 1_000_000_000;

/// One conversion from ticks to nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    tick: u64,
    unix_nanos: u64,
    nanos_per_tick: f64,
}

impl Anchor {
    /// Ticks that are nanoseconds since the epoch already: the mock clock's.
    pub(crate) const IDENTITY: Self = Self { tick: 0, unix_nanos: 0, nanos_per_tick: 1.0 };

    /// The wall-clock time of a tick, in nanoseconds since the Unix epoch.
    #[inline]
    pub(crate) fn unix_nanos(&self, tick: u64) -> u64 {
        if tick >= self.tick {
            self.unix_nanos.saturating_add(self.nanos(tick - self.tick))
        } else {
            self.unix_nanos.saturating_sub(self.nanos(self.tick - tick))
        }
    }

    /// The length of a number of ticks, in nanoseconds.
    #[inline]
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        if self.nanos_per_tick == 1.0 {
            return ticks;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        #[expect(clippy::cast_precision_loss, reason = "52 bits are 19 days in nanoseconds")]
        let nanos = (ticks as f64 * self.nanos_per_tick) as u64;
        nanos
    }
}

/// Keeps the anchor current.
pub(crate) struct Calibration {
    first: Sample,
    last_anchor: u64,
    anchor: Anchor,
}

#[derive(Clone, Copy)]
struct Sample {
    tick: u64,
    monotonic: u64,
    unix: u64,
}

impl Sample {
    /// Reads all clocks at nearly the same moment.
    fn take() -> Self {
        let (tick, (monotonic, unix)) = read_together(ticks, || (monotonic_nanos(), unix_nanos()));
        Self { tick, monotonic, unix }
    }
}

impl Calibration {
    /// Starts measuring.
    pub(crate) fn start() -> Self {
        let first = Sample::take();
        let anchor = Anchor { tick: first.tick, unix_nanos: first.unix, nanos_per_tick: f64::NAN };
        Self { first, last_anchor: 0, anchor }
    }

    /// The anchor for one pass of the background thread.
    ///
    /// The first call waits until the baseline is long enough: at most 2 ms, once, never on a
    /// thread of the program.
    pub(crate) fn anchor(&mut self) -> Anchor {
        let now = loop {
            let now = Sample::take();
            if now.monotonic - self.first.monotonic >= MIN_BASELINE_NANOS {
                break now;
            }
            std::hint::spin_loop();
        };
        if self.anchor.nanos_per_tick.is_nan() || now.monotonic - self.last_anchor > REANCHOR_NANOS
        {
            self.last_anchor = now.monotonic;
            let nanos = now.monotonic - self.first.monotonic;
            let ticks = now.tick.saturating_sub(self.first.tick).max(1);
            #[expect(clippy::cast_precision_loss, reason = "a ratio of two long baselines")]
            let rate = nanos as f64 / ticks as f64;
            self.anchor = Anchor { tick: now.tick, unix_nanos: now.unix, nanos_per_tick: rate };
        }
        self.anchor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchored_tick_is_the_wall_clock_to_a_millisecond() {
        let mut calibration = Calibration::start();
        let anchor = calibration.anchor();
        let (tick, wall) = (ticks(), unix_nanos());
        assert!(anchor.unix_nanos(tick).abs_diff(wall) < 1_000_000);
    }

    #[test]
    fn ticks_before_the_anchor_convert_too() {
        let anchor = Anchor { tick: 1_000, unix_nanos: 50_000, nanos_per_tick: 2.0 };
        assert_eq!(anchor.unix_nanos(900), 49_800);
        assert_eq!(anchor.unix_nanos(1_100), 50_200);
    }

    #[test]
    fn conversion_saturates() {
        let anchor = Anchor { tick: 10, unix_nanos: 5, nanos_per_tick: 4.0 };
        assert_eq!(anchor.unix_nanos(0), 0);
        assert_eq!(anchor.unix_nanos(u64::MAX), u64::MAX);
    }
}
