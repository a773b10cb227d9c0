//! A second attempt beside one that takes long.

use std::{
    mem,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{
    RetryBudget,
    instances::{Own, Owner},
    nanos,
    overrides::{self, Parsed, Part, Selection, Settable, literal},
    run::Judged,
    scope::NEVER,
    timer,
};
use crate::{
    sync::{Mutex, lock},
    time,
};

/// Begins a second attempt when the first one takes long; the first success wins.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::Hedge;
///
/// static LOOKUP: Hedge = Hedge::new("lookup").after(Duration::from_millis(50)).max_attempts(3);
/// # let _ = &LOOKUP;
/// ```
#[derive(Debug)]
pub struct Hedge {
    name: &'static str,
    declared: Settings,
    /// What holds: as declared, unless something else is said outside of the code.
    after: AtomicU64,
    max_attempts: AtomicU32,
    budget: RetryBudget,
    latencies: Own<Mutex<Latencies>>,
}

/// The numbers of one hedge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Nanoseconds; [`P95`]: as long as 95 of 100 calls take.
    after: u64,
    max_attempts: u32,
}

const P95: u64 = u64::MAX;

impl Settings {
    pub(crate) const DEFAULT: Self = Self { after: P95, max_attempts: 2 };
}

impl Settable for Settings {
    const PART: Part = Part::Hedge;
    const OPTIONS: &'static [&'static str] = &["delay", "max_attempts"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "delay" => self.after = literal::delay(text)?.unwrap_or(P95),
            _ => self.max_attempts = literal::several(text)?,
        }
        Ok(())
    }
}

/// How long calls took: the last thousand or so, in buckets of which each ends an eighth later.
#[derive(Debug)]
struct Latencies {
    buckets: [u16; BUCKETS],
    total: u32,
}

const BUCKETS: usize = 512;
/// So many have to be known before anything is said about 95 of 100.
const ENOUGH: u32 = 100;
/// From so many on, what is older counts half.
const FULL: u32 = 2_000;

impl Hedge {
    /// Two attempts, the second one after as long as 95 of 100 calls take.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            declared: Settings::DEFAULT,
            after: AtomicU64::new(Settings::DEFAULT.after),
            max_attempts: AtomicU32::new(Settings::DEFAULT.max_attempts),
            budget: RetryBudget::own(name),
            latencies: Own::new(Mutex::new(Latencies::NONE)),
        }
    }

    /// Begins the next attempt after so long.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.declared.after = nanos::of(delay);
        self.in_force()
    }

    /// Begins the next attempt after as long as 95 of 100 calls took, once there were a hundred.
    #[must_use]
    pub const fn after_p95(mut self) -> Self {
        self.declared.after = P95;
        self.in_force()
    }

    /// No more attempts than so many, the first one among them.
    ///
    /// # Panics
    ///
    /// If it is less than 2; in a `static` or a constant, that does not compile.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        assert!(attempts >= 2, "`max_attempts` of a hedge must be at least 2");
        self.declared.max_attempts = attempts;
        self.in_force()
    }

    const fn in_force(mut self) -> Self {
        self.after = AtomicU64::new(self.declared.after);
        self.max_attempts = AtomicU32::new(self.declared.max_attempts);
        self
    }

    /// How many further attempts there may be beside the calls.
    ///
    /// It is its own unless told: what it takes is not what retries may take.
    #[must_use]
    pub const fn budget(mut self, budget: RetryBudget) -> Self {
        // Forgotten, not dropped: a constant can drop nothing, and there is nothing in it yet.
        mem::forget(mem::replace(&mut self.budget, budget));
        self
    }

    /// Takes the numbers that are said of it; what is not is as declared.
    pub(crate) fn configure(&self, said: &Selection<'_>) {
        let mut settings = self.declared;
        said.apply(&mut settings);
        self.after.store(settings.after, Relaxed);
        self.max_attempts.store(settings.max_attempts, Relaxed);
    }

    fn follows_p95(&self) -> bool {
        self.after.load(Relaxed) == P95
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn bind(&self, owner: Owner<'_>) {
        self.budget.bind(owner);
    }

    /// A call begins; when, if that matters, else never.
    #[inline(always)]
    pub(crate) fn begin(&self) -> u64 {
        self.budget.count_call();
        if self.follows_p95() { timer::now() } else { NEVER }
    }

    /// The first attempt of a call that began then has ended.
    #[inline(always)]
    pub(crate) fn note(&self, began: u64, seen: &Judged) {
        if self.follows_p95() && began != NEVER && seen.failed == Some(false) {
            lock(self.latencies()).add(timer::now().saturating_sub(began));
        }
    }

    fn latencies(&self) -> &Mutex<Latencies> {
        self.latencies.get(|| Mutex::new(Latencies::NONE))
    }

    /// After which time the next attempt begins, unless that depends on how long calls take.
    pub(super) fn fixed_delay(&self) -> Option<u64> {
        Some(self.after.load(Relaxed)).filter(|after| *after != P95)
    }

    /// How many attempts there may be.
    pub(super) fn most_attempts(&self) -> u32 {
        self.max_attempts.load(Relaxed)
    }

    /// The same, now: one, where everything is switched off.
    pub(crate) fn most(&self) -> u32 {
        if overrides::is_off() { 1 } else { self.most_attempts() }
    }

    /// After which time the next attempt begins; none: that is not known yet.
    pub(crate) fn delay(&self) -> Option<u64> {
        self.fixed_delay().or_else(|| lock(self.latencies()).most_take())
    }

    /// Whether there may be one more attempt.
    pub(crate) fn affords(&self) -> bool {
        self.budget.retry(time::nanos())
    }
}

impl Latencies {
    const NONE: Self = Self { buckets: [0; BUCKETS], total: 0 };

    fn add(&mut self, nanos: u64) {
        if self.total >= FULL {
            self.buckets.iter_mut().for_each(|bucket| *bucket /= 2);
            self.total = self.buckets.iter().map(|bucket| u32::from(*bucket)).sum();
        }
        self.buckets[bucket(nanos)] += 1;
        self.total += 1;
    }

    /// The end of the bucket in which the 95th of a hundred lies.
    fn most_take(&self) -> Option<u64> {
        if self.total < ENOUGH {
            return None;
        }
        let mut left = self.total - self.total / 20;
        let found = self.buckets.iter().position(|count| {
            left = left.saturating_sub(u32::from(*count));
            left == 0
        });
        found.map(end)
    }
}

/// Eight for each power of two.
fn bucket(nanos: u64) -> usize {
    let nanos = nanos.max(8);
    let power = nanos.ilog2();
    let eighth = (nanos >> (power - 3)) & 7;
    (power as usize * 8 + eighth as usize).min(BUCKETS - 1)
}

/// Where a bucket ends.
fn end(bucket: usize) -> u64 {
    let (power, eighth) = (bucket as u32 / 8, bucket as u64 % 8);
    (9 + eighth).checked_shl(power.saturating_sub(3)).unwrap_or(u64::MAX)
}
