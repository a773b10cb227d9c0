//! The numbers of a retry that may change while it is used.

use std::{
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

use super::{Backoff, Jitter, Settings};
use crate::resilience::{
    nanos,
    overrides::{Parsed, Part, Selection, Settable, literal},
};

/// What was said outside of the code in place of what was declared.
///
/// Only a call that has failed looks here. One that does so while the numbers change may see some
/// of the old ones beside some of the new ones, and waits no longer than the longest of them.
#[derive(Debug)]
pub(super) struct Live {
    is_set: AtomicBool,
    max_attempts: AtomicU32,
    /// Nanoseconds, as below.
    first: AtomicU64,
    cap: AtomicU64,
    /// Bits of a number with a fraction.
    factor: AtomicU64,
    /// The same: a share, or a number below 0 for each of the words.
    jitter: AtomicU64,
    /// `u64::MAX`: as long as it takes.
    max_elapsed: AtomicU64,
}

impl Live {
    /// Nothing is said.
    pub(super) const fn unset() -> Self {
        Self {
            is_set: AtomicBool::new(false),
            max_attempts: AtomicU32::new(0),
            first: AtomicU64::new(0),
            cap: AtomicU64::new(0),
            factor: AtomicU64::new(0),
            jitter: AtomicU64::new(0),
            max_elapsed: AtomicU64::new(0),
        }
    }

    /// Takes what is said; what is not is as declared.
    pub(super) fn configure(&self, declared: &Settings, said: &Selection<'_>) {
        let mut settings = *declared;
        said.apply(&mut settings);
        if settings == *declared && !self.is_set.load(Relaxed) {
            return;
        }
        let Settings { max_attempts, backoff, max_elapsed, .. } = settings;
        let (first, cap, factor, jitter) = backoff.numbers();
        self.max_attempts.store(max_attempts, Relaxed);
        self.first.store(nanos::of(first), Relaxed);
        self.cap.store(nanos::of(cap), Relaxed);
        self.factor.store(factor.to_bits(), Relaxed);
        self.jitter.store(number(jitter).to_bits(), Relaxed);
        self.max_elapsed.store(max_elapsed.map_or(u64::MAX, nanos::of), Relaxed);
        self.is_set.store(true, Release);
    }

    /// The numbers that hold now.
    pub(super) fn over(&self, declared: &Settings) -> Settings {
        if !self.is_set.load(Acquire) {
            return *declared;
        }
        let time = |word: &AtomicU64| Duration::from_nanos(word.load(Relaxed));
        let float = |word: &AtomicU64| f64::from_bits(word.load(Relaxed));
        let backoff = Backoff::exponential(time(&self.first), time(&self.cap));
        let backoff = backoff.factor(float(&self.factor)).jitter(word(float(&self.jitter)));
        Settings {
            max_attempts: self.max_attempts.load(Relaxed),
            backoff,
            max_elapsed: Some(time(&self.max_elapsed)).filter(|most| nanos::of(*most) != u64::MAX),
            ..*declared
        }
    }
}

/// A jitter as one number.
fn number(jitter: Jitter) -> f64 {
    match jitter {
        Jitter::Proportional(share) => share,
        Jitter::Full => -1.0,
        Jitter::None => -2.0,
        Jitter::Equal => -3.0,
        Jitter::Decorrelated => -4.0,
    }
}

fn word(number: f64) -> Jitter {
    match number {
        -1.0 => Jitter::Full,
        -2.0 => Jitter::None,
        -3.0 => Jitter::Equal,
        -4.0 => Jitter::Decorrelated,
        share => Jitter::Proportional(share),
    }
}

impl Settable for Settings {
    const PART: Part = Part::Retry;
    const OPTIONS: &'static [&'static str] =
        &["max_attempts", "backoff", "factor", "jitter", "max_elapsed"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "max_attempts" => self.max_attempts = literal::count(text)?,
            "backoff" => self.backoff = literal::backoff(text, self.backoff)?,
            "factor" => self.backoff = self.backoff.factor(literal::factor(text)?),
            "jitter" => self.backoff = self.backoff.jitter(literal::jitter(text)?),
            _ => self.max_elapsed = Some(literal::duration(text)?),
        }
        Ok(())
    }
}
