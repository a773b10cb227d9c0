//! How long to wait before the next attempt.
//!
//! Exponential, capped, with the jitters that Marc Brooker compared in "Exponential Backoff And
//! Jitter" (2015): without any, clients that failed together come back together.

use std::time::Duration;

/// How long to wait before each further attempt.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Backoff, Jitter};
///
/// const PATIENT: Backoff = Backoff::exponential(Duration::from_millis(100), Duration::from_secs(10))
///     .factor(3.0)
///     .jitter(Jitter::Equal);
/// # let _ = PATIENT;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    factor: f64,
    jitter: Jitter,
}

/// How chance changes a wait: clients that failed together shall not come back together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything from nothing to the whole wait.
    Full,
    /// Nothing.
    None,
    /// Half of the wait, and anything up to the other half.
    Equal,
    /// The wait, give or take this share of it.
    Proportional(f64),
    /// Anything from the first wait to three times the previous one.
    Decorrelated,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Backoff {
    pub(crate) const DEFAULT: Self =
        Self::exponential(Duration::from_millis(100), Duration::from_secs(10));

    /// As of a retry that is told nothing else: from 100 ms up to 10 s, with full jitter.
    #[must_use]
    pub const fn new() -> Self {
        Self::DEFAULT
    }

    /// Waits so long before the first retry, then twice as long each time, never longer than `cap`.
    ///
    /// With full jitter, unless told otherwise.
    #[must_use]
    pub const fn exponential(first: Duration, cap: Duration) -> Self {
        Self { first, cap, factor: 2.0, jitter: Jitter::Full }
    }

    /// Waits equally long each time, without jitter.
    #[must_use]
    pub const fn constant(wait: Duration) -> Self {
        Self { first: wait, cap: wait, factor: 1.0, jitter: Jitter::None }
    }

    /// From another first wait to another longest one, growing as it did, if it did.
    pub(crate) fn between(self, first: Duration, cap: Duration) -> Self {
        let grows = self.factor > 1.0;
        if grows { Self { first, cap, ..self } } else { Self::exponential(first, cap) }
    }

    /// How much longer each wait is than the one before.
    ///
    /// # Panics
    ///
    /// If it is less than 1 or no number; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor.is_finite(), "`factor` must be at least 1");
        self.factor = factor;
        self
    }

    /// How chance changes the waits.
    ///
    /// # Panics
    ///
    /// If a share is not from 0 to 1; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        if let Jitter::Proportional(share) = jitter {
            assert!(share >= 0.0 && share <= 1.0, "a share of `jitter` must be from 0 to 1");
        }
        self.jitter = jitter;
        self
    }

    /// The first wait, the longest, the factor and the jitter.
    pub(super) fn numbers(&self) -> (Duration, Duration, f64, Jitter) {
        (self.first, self.cap, self.factor, self.jitter)
    }

    /// The wait before the retry of this number, from 1 on, after a wait of `previous`.
    ///
    /// `chance` is in `0.0..1.0`.
    pub(crate) fn wait(&self, retry: u32, previous: Duration, chance: f64) -> Duration {
        let (first, cap) = (self.first.as_secs_f64(), self.cap.as_secs_f64());
        // Infinite for the thousandth, and then as long as the cap.
        let grown = first * self.factor.powf(f64::from(retry.saturating_sub(1)));
        let whole = grown.min(cap);
        let seconds = match self.jitter {
            Jitter::None => whole,
            Jitter::Full => whole * chance,
            Jitter::Equal => whole * (0.5 + chance / 2.0),
            Jitter::Proportional(share) => whole * (1.0 + share * (chance * 2.0 - 1.0)),
            Jitter::Decorrelated => {
                let longest = (previous.as_secs_f64() * 3.0).max(first);
                first + (longest - first) * chance
            }
        };
        // Of numbers alone; a cap that is a whole number of nanoseconds stays one.
        Duration::try_from_secs_f64(seconds.clamp(0.0, cap))
            .map_or(self.cap, |wait| wait.min(self.cap))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MILLIS_100: Duration = Duration::from_millis(100);

    fn waits(backoff: Backoff, chance: f64) -> Vec<u128> {
        let mut previous = Duration::ZERO;
        let wait = |retry| {
            previous = backoff.wait(retry, previous, chance);
            previous.as_millis()
        };
        (1..=5).map(wait).collect()
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let cap = Duration::from_secs(1);
        let backoff = Backoff { cap, jitter: Jitter::None, ..Backoff::default() };

        assert_eq!(waits(backoff, 0.9), [100, 200, 400, 800, 1_000]);
        assert_eq!(backoff.wait(1_000, Duration::ZERO, 0.0), cap);
        assert_eq!(backoff.wait(u32::MAX, Duration::ZERO, 0.0), cap);
    }

    #[test]
    fn jitters_spread_as_they_say() {
        let with = |jitter| Backoff { jitter, ..Backoff::default() };
        let of = |jitter, chance| with(jitter).wait(2, MILLIS_100, chance).as_millis();

        assert_eq!([of(Jitter::Full, 0.0), of(Jitter::Full, 0.5)], [0, 100]);
        assert_eq!([of(Jitter::Equal, 0.0), of(Jitter::Equal, 0.5)], [100, 150]);
        assert_eq!([0.0, 0.5].map(|chance| of(Jitter::Proportional(0.2), chance)), [160, 200]);
        assert_eq!([0.0, 0.5].map(|chance| of(Jitter::Decorrelated, chance)), [100, 200]);
    }

    proptest! {
        #[test]
        fn no_wait_exceeds_the_cap(
            first in 0_u64..u64::MAX, cap in 0_u64..u64::MAX, factor in 1.0..1e9_f64, retry in any::<u32>(),
            previous in 0_u64..u64::MAX, chance in 0.0..1.0_f64, kind in 0..5_u8,
        ) {
            let jitter = match kind {
                0 => Jitter::Full,
                1 => Jitter::None,
                2 => Jitter::Equal,
                3 => Jitter::Proportional(1.0),
                _ => Jitter::Decorrelated,
            };
            let [first, cap, previous] = [first, cap, previous].map(Duration::from_nanos);
            let wait = Backoff { first, cap, factor, jitter }.wait(retry, previous, chance);
            prop_assert!(wait <= cap);
        }
    }
}
