//! How many calls in which time.

mod call;
mod gcra;
mod overrides;
#[cfg(feature = "redis-1")]
mod part;
mod settings;
pub(crate) mod shared;
#[cfg(test)]
mod tests;
mod words;

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use self::gcra::{Gcra, Pace, Reserved};
pub use self::settings::Rate;
use super::{
    Mode, PolicyKind, Rejected, RejectedKind,
    instances::{Declared, Home, Instance, Listed, Numbers, Owner, Sealed, retire},
    overrides::Selection,
    telemetry,
};
use crate::{
    cell::{Part, Sharded},
    time,
};

/// Lets only so many calls through in a time, evenly, and a burst of them at once.
///
/// The algorithm is GCRA, the generic cell rate algorithm (ITU-T I.371): exact in every stretch of
/// time, without a timer and without a background task, one compare-and-swap for each call.
///
/// It can stand in a `static`. A call that comes too early is refused, or waits for its turn for at
/// most [`wait`](Self::wait).
///
/// ```
/// use spandrel::resilience::{Rate, RateLimiter, Rejected};
///
/// static MAILS: RateLimiter = RateLimiter::new("mails", Rate::per_second(100)).burst(10);
///
/// assert_eq!(MAILS.call(|| Ok::<_, Rejected>("sent")), Ok("sent"));
/// ```
#[derive(Debug)]
pub struct RateLimiter {
    home: Home<Core>,
    template: Template,
}

/// What was declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Template {
    rate: Rate,
    burst: u32,
    /// Nanoseconds.
    wait: u64,
    mode: Mode,
}

impl Template {
    fn pace(&self) -> Pace {
        self.rate.pace(self.burst)
    }
}

/// The state of a limiter.
#[derive(Debug)]
pub(crate) struct Core {
    gcra: Gcra,
    interval: AtomicU64,
    tolerance: AtomicU64,
    patience: AtomicU64,
    mode: AtomicU8,
    declared: Declared<Template>,
    name: &'static str,
    key: Option<Arc<str>>,
    counts: Sharded<Counted>,
}

/// What one thread counted.
struct Counted {
    admitted: AtomicU64,
    waited: AtomicU64,
    rejected: AtomicU64,
    given_back: AtomicU64,
}

impl Part for Counted {
    const EMPTY: Self = Self {
        admitted: AtomicU64::new(0),
        waited: AtomicU64::new(0),
        rejected: AtomicU64::new(0),
        given_back: AtomicU64::new(0),
    };
    const BYTES: usize = 128;
}

/// What a limiter counted since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateStatistics {
    admitted: u64,
    waited: u64,
    rejected: u64,
    available: u64,
}

impl RateStatistics {
    /// How many calls went through, those that waited among them.
    #[must_use]
    pub fn admitted(&self) -> u64 {
        self.admitted
    }

    /// How many calls had to wait, those among them that gave up.
    #[must_use]
    pub fn waited(&self) -> u64 {
        self.waited
    }

    /// How many calls were refused, or would have been by one that only observes.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// How many calls could come at once now.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.available
    }
}

/// Leave for a call of a limiter that outlives it.
pub(crate) type Wait<'l> = Turn<&'l Core>;

/// Leave for a call, in a while; dropped before that, its place is given back.
#[derive(Debug)]
#[must_use = "whoever does not wait gives the place back"]
pub(crate) struct Turn<C: Deref<Target = Core>> {
    core: C,
    reserved: Option<Reserved>,
}

impl<C: Deref<Target = Core>> Turn<C> {
    /// Nanoseconds from the moment of asking on; 0: it is the call's turn.
    #[inline(always)]
    pub(crate) fn nanos(&self) -> u64 {
        self.reserved.map_or(0, |reserved| reserved.wait)
    }

    /// The place is used, after the wait for it.
    #[cold]
    pub(crate) fn has_waited(self) {
        telemetry::waited_for_turn(self.core.name, self.nanos());
        self.is_over();
    }

    /// The place is used.
    #[expect(clippy::wrong_self_convention, reason = "what is over is there no more")]
    #[inline(always)]
    pub(crate) fn is_over(mut self) {
        self.reserved = None;
    }
}

impl<C: Deref<Target = Core>> Drop for Turn<C> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(reserved) = self.reserved {
            self.core.give_back(reserved);
        }
    }
}

impl Core {
    fn pace(&self) -> Pace {
        Pace { interval: self.interval.load(Relaxed), tolerance: self.tolerance.load(Relaxed) }
    }

    #[inline(always)]
    fn count(&self, word: impl Fn(&Counted) -> &AtomicU64) {
        let mine = self.counts.mine();
        mine.add(word(&mine), 1);
    }

    /// Leave for one call, at once or after at most so long.
    #[inline(always)]
    pub(crate) fn admit<C: Deref<Target = Self>>(
        core: C,
        now: u64,
        patience: u64,
    ) -> Result<Turn<C>, Rejected> {
        let reserved = if core.mode.load(Relaxed) == Mode::Auto as u8 {
            Some(core.reserve(now, patience)?)
        } else {
            core.held(now)?
        };
        Ok(Turn { core, reserved })
    }

    /// How long a call waits for its turn.
    pub(crate) fn patience(&self) -> u64 {
        self.patience.load(Relaxed)
    }

    #[inline(always)]
    fn reserve(&self, now: u64, patience: u64) -> Result<Reserved, Rejected> {
        match self.gcra.reserve(self.pace(), now, patience) {
            Ok(reserved) => {
                self.count(|counted| &counted.admitted);
                if reserved.wait > 0 {
                    self.count(|counted| &counted.waited);
                }
                Ok(reserved)
            }
            Err(after) => Err(self.rejected(Duration::from_nanos(after))),
        }
    }

    /// Somebody has decided; nothing is waited for and nothing given back.
    #[cold]
    fn held(&self, now: u64) -> Result<Option<Reserved>, Rejected> {
        match self.mode() {
            Mode::ForcedOpen => return Err(self.rejected(Duration::MAX)),
            Mode::Disabled => {}
            Mode::Auto | Mode::Observe => {
                self.count(|counted| &counted.admitted);
                if self.gcra.reserve(self.pace(), now, self.patience()).is_err() {
                    self.count(|counted| &counted.rejected);
                }
            }
        }
        Ok(None)
    }

    #[cold]
    pub(crate) fn rejected(&self, after: Duration) -> Rejected {
        self.count(|counted| &counted.rejected);
        let rejected = Rejected::new(RejectedKind::RateLimited, self.name);
        let rejected = rejected.with_retry_after(after).with_key(self.key.clone());
        telemetry::refused(&rejected);
        rejected
    }

    #[cold]
    fn give_back(&self, reserved: Reserved) {
        self.gcra.give_back(self.pace(), reserved);
        self.count(|counted| &counted.given_back);
    }

    fn take(&self, template: &Template) {
        let pace = template.pace();
        self.gcra.change_pace(self.pace(), pace, time::nanos());
        self.interval.store(pace.interval, Relaxed);
        self.tolerance.store(pace.tolerance, Relaxed);
        self.patience.store(template.wait, Relaxed);
    }

    fn statistics(&self, now: u64) -> RateStatistics {
        let given_back = self.counts.sum(|counted| &counted.given_back);
        let admitted = self.counts.sum(|counted| &counted.admitted);
        RateStatistics {
            admitted: admitted.saturating_sub(given_back),
            waited: self.counts.sum(|counted| &counted.waited),
            rejected: self.counts.sum(|counted| &counted.rejected),
            available: self.gcra.available(self.pace(), now),
        }
    }
}

impl Instance for Core {
    type Template = Template;

    fn make(template: &Template, name: &'static str, key: Option<Arc<str>>) -> Self {
        let Pace { interval, tolerance } = template.pace();
        Self {
            gcra: Gcra::new(),
            interval: AtomicU64::new(interval),
            tolerance: AtomicU64::new(tolerance),
            patience: AtomicU64::new(template.wait),
            mode: AtomicU8::new(template.mode as u8),
            declared: Declared::new(template),
            name,
            key,
            counts: Sharded::new(),
        }
    }

    fn agrees(&self, template: &Template) -> bool {
        self.declared.template() == template
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        retire(self);
    }
}

impl Listed for Core {
    fn kind(&self) -> PolicyKind {
        PolicyKind::RateLimiter
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn mode(&self) -> Mode {
        Mode::of(self.mode.load(Relaxed))
    }

    fn declared_mode(&self) -> Mode {
        self.declared.mode()
    }

    fn set_mode(&self, mode: Mode, _now: u64) {
        self.mode.store(mode as u8, Relaxed);
    }

    fn reset(&self, _now: u64) {
        self.gcra.reset();
        self.mode.store(self.declared.mode() as u8, Relaxed);
    }

    fn state(&self, now: u64) -> &'static str {
        match self.mode() {
            Mode::Disabled => "disabled",
            Mode::ForcedOpen => "forced_open",
            _ if self.gcra.available(self.pace(), now) == 0 => "exhausted",
            _ => "available",
        }
    }

    fn statistics(&self, now: u64) -> Numbers {
        let found = self.statistics(now);
        vec![
            ("admitted", found.admitted as f64),
            ("waited", found.waited as f64),
            ("rejected", found.rejected as f64),
            ("available", found.available as f64),
        ]
    }

    fn configure(&self, said: &Selection<'_>, _is_new: bool) {
        let (numbers, mode) = self.declared.under(said);
        numbers.iter().for_each(|numbers| self.take(numbers));
        if let Some(mode) = mode {
            self.mode.store(mode as u8, Relaxed);
        }
    }
}

impl Sealed for RateLimiter {
    fn own_name(&self) -> &'static str {
        self.home.name()
    }

    fn for_key(&self, owner: Owner<'_>, key: Arc<str>) -> Self {
        Self { home: Home::of_key(&self.template, owner, key), template: self.template }
    }

    fn is_at_rest(&self, now: u64) -> bool {
        !self.home.is_held() && self.home.get(&self.template).gcra.is_full(now)
    }
}
