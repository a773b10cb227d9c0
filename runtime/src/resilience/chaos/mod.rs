//! Faults on purpose, to see what a program makes of them.
//!
//! What comes is a function of the seed and of how many calls came before: a run can be repeated.

mod scope;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

pub use self::scope::{WithChaos, with_chaos, with_chaos_here};
use super::{
    Rejected, RejectedKind,
    faults::Faults,
    instances::Own,
    nanos,
    overrides::{self, Parsed, Part, Selection, Settable, literal},
};
use crate::sync::{Mutex, lock};

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
    declared: Settings,
    /// What is said outside of the code in place of what was declared.
    said: Mutex<Option<Settings>>,
    seed: u64,
    is_scoped: bool,
    state: Own<State>,
}

/// What goes wrong, and how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    fault: f64,
    /// From and to, in nanoseconds.
    latency: (u64, u64),
    latency_rate: f64,
    outcome_rate: f64,
}

impl Settings {
    pub(crate) const NONE: Self =
        Self { fault: 0.0, latency: (0, 0), latency_rate: 1.0, outcome_rate: 0.0 };
}

impl Settable for Settings {
    const PART: Part = Part::Chaos;
    const OPTIONS: &'static [&'static str] = &["fault", "latency", "latency_rate", "outcome_rate"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "fault" => self.fault = literal::portion(text)?,
            "latency" => self.latency = literal::range(text)?,
            "latency_rate" => self.latency_rate = literal::portion(text)?,
            _ => self.outcome_rate = literal::portion(text)?,
        }
        Ok(())
    }
}

/// How far the sequence has come, and whether it goes on.
#[derive(Debug)]
struct State {
    calls: AtomicU64,
    /// Bodies that might have been replaced.
    bodies: AtomicU64,
    is_off: AtomicBool,
}

impl State {
    const fn new() -> Self {
        let (calls, bodies) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { calls, bodies, is_off: AtomicBool::new(false) }
    }
}

impl Chaos {
    /// Does nothing yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            declared: Settings::NONE,
            said: Mutex::new(None),
            seed: 0,
            is_scoped: false,
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
        self.declared.fault = rate;
        self
    }

    /// Delays calls by something between these two.
    ///
    /// # Panics
    ///
    /// If the first is the longer one; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn latency(mut self, from: Duration, to: Duration) -> Self {
        self.declared.latency = (nanos::of(from), nanos::of(to));
        assert!(
            self.declared.latency.0 <= self.declared.latency.1,
            "`latency` must go from less to more"
        );
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
        self.declared.latency_rate = rate;
        self
    }

    /// Lets this share of the calls return something else than they would: what an attribute says.
    ///
    /// To the policies around it, that is what the call returned.
    ///
    /// # Panics
    ///
    /// If it is not from 0 to 1; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn outcome_rate(mut self, rate: f64) -> Self {
        assert!(rate >= 0.0 && rate <= 1.0, "`outcome_rate` must be from 0 to 1");
        self.declared.outcome_rate = rate;
        self
    }

    /// Does something only within [`with_chaos`] and [`with_chaos_here`].
    #[must_use]
    pub const fn scoped(mut self) -> Self {
        self.is_scoped = true;
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

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The share of faults; from when to when calls are late, and what share of them.
    pub(super) fn numbers(&self) -> (f64, Option<(u64, u64)>, f64) {
        let Settings { fault, latency, latency_rate, .. } = self.in_force();
        (fault, Some(latency).filter(|(_, to)| *to > 0), latency_rate)
    }

    fn in_force(&self) -> Settings {
        lock(&self.said).unwrap_or(self.declared)
    }

    pub(super) fn is_enabled(&self) -> bool {
        !self.state.get(State::new).is_off.load(Relaxed)
    }

    /// Takes the numbers that are said of it; what is not is as declared.
    pub(crate) fn configure(&self, said: &Selection<'_>) {
        let mut settings = self.declared;
        said.apply(&mut settings);
        *lock(&self.said) = Some(settings).filter(|settings| *settings != self.declared);
    }

    /// What happens to a call: so many nanoseconds of delay, or a fault.
    pub(crate) fn strike(&self) -> Result<u64, Rejected> {
        if !self.happens() {
            return Ok(0);
        }
        let Settings { fault, latency, latency_rate, .. } = self.in_force();
        let call = self.state.get(State::new).calls.fetch_add(1, Relaxed);
        let draw = |which| chance(self.seed, call.wrapping_mul(3).wrapping_add(which));
        if draw(0) < fault {
            return Err(Rejected::new(RejectedKind::Chaos, self.name));
        }
        if draw(1) >= latency_rate {
            return Ok(0);
        }
        let (from, to) = latency;
        Ok(from + ((to - from) as f64 * draw(2)) as u64)
    }

    /// Whether something else is returned in place of what a call would return.
    pub(crate) fn replaces(&self) -> bool {
        let outcome_rate = self.in_force().outcome_rate;
        if outcome_rate == 0.0 || !self.happens() {
            return false;
        }
        // Another sequence than that of the faults.
        chance(!self.seed, self.state.get(State::new).bodies.fetch_add(1, Relaxed)) < outcome_rate
    }

    fn happens(&self) -> bool {
        self.is_enabled()
            && !overrides::is_off()
            && Faults::happen(self.is_scoped, scope::is_within())
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
    fn a_seed_decides_which_outcomes_are_replaced() {
        let run = |seed| {
            let chaos = Chaos::new("x").fault(0.3).outcome_rate(0.3).seed(seed);
            (0..10_000).map(|_| chaos.replaces()).collect::<Vec<_>>()
        };

        let (first, again, other) = (run(7), run(7), run(8));

        assert_eq!(first, again);
        assert_ne!(first, other);
        let replaced = first.iter().filter(|replaced| **replaced).count();
        assert!((2_800..3_200).contains(&replaced), "{replaced}");
        assert!((0..1_000).all(|_| !Chaos::new("x").fault(1.0).replaces()));
    }

    #[test]
    fn what_is_scoped_happens_only_within_a_scope() {
        let chaos = Chaos::new("x").fault(1.0).outcome_rate(1.0).scoped();
        let happens = || (chaos.strike().is_err(), chaos.replaces());

        assert_eq!(happens(), (false, false));
        let within = with_chaos_here(|| (happens(), with_chaos_here(happens), happens()));
        assert_eq!(within, ((true, true), (true, true), (true, true)));
        assert_eq!(happens(), (false, false));
        let unwound = std::panic::catch_unwind(|| {
            with_chaos_here(|| std::panic::resume_unwind(Box::new(())));
        });
        assert!(unwound.is_err() && !happens().0);
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
