//! Faults on purpose, to see what a program makes of them.
//!
//! What comes is a function of the seed and of how many calls came before: a run can be repeated.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{Rejected, RejectedKind, instances::Own, nanos};

/// Injects faults and delays into some of the calls.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Chaos;
///
/// static FLAKY: Chaos = Chaos::new("payments")
///     .fault(0.05)
///     .latency(Duration::from_millis(50), Duration::from_millis(200))
///     .latency_rate(0.2)
///     .seed(7);
/// # let _ = &FLAKY;
/// ```
#[derive(Debug)]
pub struct Chaos {
    name: &'static str,
    fault: f64,
    /// From and to, in nanoseconds.
    latency: (u64, u64),
    latency_rate: f64,
    seed: u64,
    state: Own<State>,
}

/// How far the sequence has come, and whether it goes on.
#[derive(Debug)]
struct State {
    calls: AtomicU64,
    is_off: AtomicBool,
}

impl State {
    const fn new() -> Self {
        Self { calls: AtomicU64::new(0), is_off: AtomicBool::new(false) }
    }
}

impl Chaos {
    /// Does nothing yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            fault: 0.0,
            latency: (0, 0),
            latency_rate: 1.0,
            seed: 0,
            state: Own::new(State::new()),
        }
    }

    /// Fails this share of the calls, without making them.
    ///
    /// # Panics
    ///
    /// If it is not from 0 to 1; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn fault(mut self, rate: f64) -> Self {
        assert!(rate >= 0.0 && rate <= 1.0, "`fault` must be from 0 to 1");
        self.fault = rate;
        self
    }

    /// Delays calls by something between these two.
    ///
    /// # Panics
    ///
    /// If the first is the longer one; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn latency(mut self, from: Duration, to: Duration) -> Self {
        self.latency = (nanos::of(from), nanos::of(to));
        assert!(self.latency.0 <= self.latency.1, "`latency` must go from less to more");
        self
    }

    /// Delays only this share of the calls.
    ///
    /// # Panics
    ///
    /// If it is not from 0 to 1; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn latency_rate(mut self, rate: f64) -> Self {
        assert!(rate >= 0.0 && rate <= 1.0, "`latency_rate` must be from 0 to 1");
        self.latency_rate = rate;
        self
    }

    /// Which of the many possible runs it is.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Begins or stops to inject.
    pub fn set_enabled(&self, enabled: bool) {
        self.state.get(State::new).is_off.store(!enabled, Relaxed);
    }

    /// What happens to a call: so many nanoseconds of delay, or a fault.
    pub(crate) fn strike(&self) -> Result<u64, Rejected> {
        let state = self.state.get(State::new);
        if state.is_off.load(Relaxed) {
            return Ok(0);
        }
        let call = state.calls.fetch_add(1, Relaxed);
        let draw = |which| chance(self.seed, call.wrapping_mul(3).wrapping_add(which));
        if draw(0) < self.fault {
            return Err(Rejected::new(RejectedKind::Chaos, self.name));
        }
        if draw(1) >= self.latency_rate {
            return Ok(0);
        }
        let (from, to) = self.latency;
        Ok(from + ((to - from) as f64 * draw(2)) as u64)
    }
}

/// The number at this place of a sequence, from 0 to 1 (splitmix64; Steele, Lea, Flood, 2014).
fn chance(seed: u64, place: u64) -> f64 {
    let mut word = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((word ^ word >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_what_comes_and_rates_are_kept() {
        let run = |seed| {
            let chaos = Chaos::new("x").fault(0.3).seed(seed);
            (0..10_000).map(|_| chaos.strike().is_err()).collect::<Vec<_>>()
        };

        let (first, again, other) = (run(7), run(7), run(8));

        assert_eq!(first, again);
        assert_ne!(first, other);
        let faults = first.iter().filter(|fault| **fault).count();
        assert!((2_800..3_200).contains(&faults), "{faults}");
    }

    #[test]
    fn delays_lie_between_the_two_and_stop_when_told() {
        let ms = Duration::from_millis;
        let chaos = Chaos::new("x").latency(ms(50), ms(200)).latency_rate(0.5);

        let delays: Vec<_> = (0..1_000).map(|_| chaos.strike().unwrap()).collect();

        let late = delays.iter().filter(|delay| **delay > 0).count();
        assert!((400..600).contains(&late), "{late}");
        assert!(delays.iter().all(|d| *d == 0 || (50_000_000..=200_000_000).contains(d)));
        chaos.set_enabled(false);
        assert_eq!(chaos.strike(), Ok(0));
    }
}
