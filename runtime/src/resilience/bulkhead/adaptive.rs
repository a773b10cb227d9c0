//! How many places, by what the callee can take.

use super::settings::{Adaptive, Law};
use crate::{
    resilience::Verdict,
    sync::{Mutex, lock},
};

/// What is known about the callee so far.
#[derive(Debug)]
pub(super) struct Tuning {
    settings: Adaptive,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// How many places there should be, with a fraction.
    places: f64,
    /// Nanoseconds that a call takes in the long run; 0: nobody knows yet.
    usual: f64,
}

/// What is left of the places at a failure.
const CUT: f64 = 0.9;
/// Over about so many calls the usual time is averaged.
const MEMORY: f64 = 600.0;
/// The same of calls that seem to queue.
const LONG_MEMORY: f64 = 20_000.0;
/// A call may take so many times as long as usual before that counts as queueing.
const TOLERANCE: f64 = 1.5;
/// So much of what one call suggests is followed.
const SMOOTHING: f64 = 0.2;

impl Tuning {
    pub(super) fn new(settings: Adaptive, places: u32) -> Self {
        let places = f64::from(places.clamp(settings.min, settings.max));
        Self { settings, known: Mutex::new(Known { places, usual: 0.0 }) }
    }

    /// A call has ended after so long, when so many were in; the new number of places, if it is one.
    pub(super) fn learn(&self, verdict: Verdict, nanos: u64, inside: u64) -> Option<u32> {
        let Adaptive { law, min, max } = self.settings;
        let mut known = lock(&self.known);
        let before = known.places.round() as u32;
        // Of calls that leave most places empty nobody learns that there should be more of them.
        let is_busy = inside as f64 * 2.0 >= known.places;
        match (law, verdict) {
            (_, Verdict::Ignored) => {}
            (_, Verdict::Failure) => known.places *= CUT,
            (Law::Aimd, Verdict::Success) if is_busy => known.places += known.places.recip(),
            (Law::Gradient, Verdict::Success) => known.follow(nanos.max(1) as f64, is_busy),
            (Law::Aimd, Verdict::Success) => {}
        }
        known.places = known.places.clamp(f64::from(min), f64::from(max));
        let after = known.places.round() as u32;
        (after != before).then_some(after)
    }
}

impl Known {
    fn follow(&mut self, nanos: f64, is_busy: bool) {
        if self.usual == 0.0 {
            self.usual = nanos;
        }
        let is_queueing = nanos > self.usual * TOLERANCE;
        // Else a long time of queueing would become the usual, and more places would be added to it.
        let memory = if is_queueing { LONG_MEMORY } else { MEMORY };
        self.usual += (nanos - self.usual) / memory;
        // After a time of slowness it is soon as fast as before.
        if self.usual > nanos * 2.0 {
            self.usual *= 0.95;
        }
        if is_busy {
            let gradient = (TOLERANCE * self.usual / nanos).clamp(0.5, 1.0);
            // A short queue is good: it keeps the callee busy.
            let wanted = self.places * gradient + self.places.sqrt();
            self.places += (wanted - self.places) * SMOOTHING;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: u64 = 1_000_000;

    /// A callee that serves so many calls at a time in 10 ms each, and queues the others.
    fn play(tuning: &Tuning, capacity: u64, mut places: u32, calls: u32) -> u32 {
        for _ in 0..calls {
            let inside = u64::from(places);
            let nanos = 10 * MILLI * inside.div_ceil(capacity);
            places = tuning.learn(Verdict::Success, nanos, inside).unwrap_or(places);
        }
        places
    }

    #[test]
    fn one_place_more_for_each_round_of_successes_and_a_tenth_less_at_a_failure() {
        let tuning = Tuning::new(Adaptive::aimd(2, 15), 10);

        let grown: Vec<_> =
            (0..10).filter_map(|_| tuning.learn(Verdict::Success, MILLI, 10)).collect();
        assert_eq!(grown, [11]);
        assert_eq!(tuning.learn(Verdict::Failure, MILLI, 11), Some(10));
    }

    #[test]
    fn it_stays_between_its_bounds() {
        let tuning = Tuning::new(Adaptive::aimd(2, 15), 10);

        let learn = |verdict| (0..1_000).filter_map(|_| tuning.learn(verdict, MILLI, 100)).last();
        assert_eq!(learn(Verdict::Success), Some(15));
        assert_eq!(learn(Verdict::Failure), Some(2));
    }

    #[test]
    fn calls_that_leave_most_places_empty_add_none() {
        for adaptive in [Adaptive::aimd(1, 100), Adaptive::gradient(1, 100)] {
            let tuning = Tuning::new(adaptive, 10);

            let changes = (0..1_000).filter_map(|_| tuning.learn(Verdict::Success, MILLI, 3));

            assert_eq!(changes.count(), 0);
        }
    }

    #[test]
    fn the_gradient_finds_about_as_many_places_as_the_callee_serves() {
        let tuning = Tuning::new(Adaptive::gradient(1, 500), 5);

        let places = play(&tuning, 40, 5, 2_000);

        assert!((30..=120).contains(&places), "{places}");
    }
}
