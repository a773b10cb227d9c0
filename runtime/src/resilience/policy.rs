//! What a function is protected by, and the one order in which that takes effect.

use std::{
    fmt, mem,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

#[cfg(feature = "chaos")]
use super::Chaos;
use super::{
    Bulkhead, CircuitBreaker, Hedge, RateLimiter, Retry, Timeout,
    doors::{Doors, DoorsOfKeys},
    instances::{OfKeys, Owner},
    overrides::{self, Part, Scopes, Selection},
    scope::NEVER,
};
use crate::site::{Protection, Site};

/// Attempts may follow the first one.
pub(crate) const RETRY: u32 = 1;
/// An attempt, or all of them, may take only so long.
pub(crate) const TIMEOUT: u32 = 2;
pub(crate) const HEDGE: u32 = 4;
pub(crate) const BREAKER: u32 = 8;
pub(crate) const LIMIT: u32 = 16;
pub(crate) const BULKHEAD: u32 = 32;
pub(crate) const CHAOS: u32 = 64;
/// The first call has yet to come: nobody has told the policy whose it is.
pub(crate) const NEW: u32 = 128;
/// It matters when a call began.
pub(crate) const TIMED: u32 = 256;
/// Something decides about an attempt before it begins.
/// Where in the word the bits of parts stand that are switched off, whoever else owns them.
pub(crate) const OFF_SHIFT: u32 = 16;
pub(crate) const GATES: u32 = BREAKER | LIMIT | BULKHEAD | CHAOS;

/// Several mechanisms around one call, nested in the one order that makes sense.
///
/// Outermost first: total timeout, retry, hedge, circuit breaker, rate limit, bulkhead, attempt
/// timeout, chaos. It can stand in a `static`, and what it knows is shared by all who use it.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{Policy, Rejected, Retry, Timeout};
///
/// static PAYMENTS: Policy = Policy::new("payments")
///     .timeout(Timeout::new("payments").total(Duration::from_secs(8)))
///     .retry(Retry::new("payments").max_attempts(4));
///
/// # #[derive(Debug)]
/// # struct Failed;
/// # impl From<Rejected> for Failed {
/// #     fn from(_: Rejected) -> Self { Self }
/// # }
/// let paid = PAYMENTS.run(|| Ok::<_, Failed>(42));
/// assert_eq!(paid.unwrap(), 42);
/// ```
pub struct Policy {
    name: &'static str,
    word: AtomicU32,
    /// The bits of its own parts, switched on or not.
    declared: u32,
    timeout: Timeout,
    retry: Retry,
    hedge: Hedge,
    doors: Doors,
    keyed: DoorsOfKeys,
    /// Doors of which the function has one for each key.
    of_keys: [Option<&'static dyn OfKeys>; 3],
    #[cfg(feature = "chaos")]
    chaos: Option<Chaos>,
}

impl Policy {
    /// A policy that does nothing yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            word: AtomicU32::new(NEW),
            declared: 0,
            timeout: Timeout::new(name),
            retry: Retry::new(name),
            hedge: Hedge::new(name),
            doors: Doors::NONE,
            keyed: OnceLock::new(),
            of_keys: [None; 3],
            #[cfg(feature = "chaos")]
            chaos: None,
        }
    }

    /// With an end to how long a call, or one of its attempts, may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Timeout) -> Self {
        self.timeout = timeout;
        self.with(TIMEOUT)
    }

    /// With further attempts after one that failed.
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        // Forgotten, not dropped: a constant can drop nothing, and there is nothing in it yet.
        let timed = if retry.is_timed() { TIMED } else { 0 };
        mem::forget(mem::replace(&mut self.retry, retry));
        self.with(RETRY | timed)
    }

    /// With a second attempt beside one that takes long.
    #[must_use]
    pub const fn hedge(mut self, hedge: Hedge) -> Self {
        mem::forget(mem::replace(&mut self.hedge, hedge));
        self.with(HEDGE)
    }

    /// With a stop to calls while they keep failing.
    #[must_use]
    pub const fn circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        mem::forget(self.doors.circuit_breaker.replace(breaker));
        self.with(BREAKER)
    }

    /// With a limit to how many calls there are in a time.
    #[must_use]
    pub const fn rate_limit(mut self, limiter: RateLimiter) -> Self {
        mem::forget(self.doors.rate_limit.replace(limiter));
        self.with(LIMIT)
    }

    /// With a limit to how many calls there are at a time.
    #[must_use]
    pub const fn bulkhead(mut self, bulkhead: Bulkhead) -> Self {
        mem::forget(self.doors.bulkhead.replace(bulkhead));
        self.with(BULKHEAD)
    }

    /// With faults on purpose.
    #[cfg(feature = "chaos")]
    #[must_use]
    pub const fn chaos(mut self, chaos: Chaos) -> Self {
        self.chaos = Some(chaos);
        self.with(CHAOS)
    }

    /// With doors that stand beside it, one for each key.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_keys(mut self, doors: &'static dyn OfKeys) -> Self {
        let mut at = 0;
        while self.of_keys[at].is_some() {
            at += 1;
        }
        self.of_keys[at] = Some(doors);
        self
    }

    const fn with(mut self, part: u32) -> Self {
        let word = mem::replace(&mut self.word, AtomicU32::new(0)).into_inner();
        self.word = AtomicU32::new(word | part);
        self.declared |= part;
        self
    }

    /// Gives the parts without a name of their own this one.
    fn bind(&self, owner: Owner<'_>) {
        self.word.fetch_and(!NEW, Relaxed);
        // The budget of what is not there would stand in the way of one of the same name.
        if self.declared & RETRY != 0 {
            self.retry.bind(owner);
        }
        if self.declared & HEDGE != 0 {
            self.hedge.bind(owner);
        }
        self.doors.circuit_breaker.iter().for_each(|breaker| breaker.bind(owner));
        self.doors.rate_limit.iter().for_each(|limiter| limiter.bind(owner));
        self.doors.bulkhead.iter().for_each(|bulkhead| bulkhead.bind(owner));
    }

    /// Takes what is said outside of the code; parts that have state do so themselves.
    pub(super) fn configure(&self, said: &Selection<'_>) {
        self.timeout.configure(said);
        self.retry.configure(said);
        self.hedge.configure(said);
        #[cfg(feature = "chaos")]
        self.chaos.iter().for_each(|chaos| chaos.configure(said));
        let off = Part::ALL.into_iter().filter(|part| !said.enables(*part));
        let off = off.fold(0, |bits, part| bits | part.bit());
        let on = self.declared & !off & !TIMED;
        let timed = if on & RETRY != 0 && self.retry.is_timed_now() { TIMED } else { 0 };
        let word = |word: u32| Some(word & NEW | on | timed | off << OFF_SHIFT);
        let _ = self.word.fetch_update(Relaxed, Relaxed, word);
    }

    /// Whether it has this part of its own, switched on or not.
    pub(super) fn has(&self, part: Part) -> bool {
        let mut of_keys = self.of_keys.iter().flatten();
        self.declared & part.bit() != 0 || of_keys.any(|doors| doors.attribute() == part.as_str())
    }

    /// How many attempts its timeout has seen that took too long, if it only observes.
    pub(super) fn seen_late(&self) -> Option<u64> {
        let observes = self.has(Part::Timeout) && self.timeout.observed_nanos() != NEVER;
        observes.then(|| self.timeout.late())
    }

    /// The name of a part that has another one than the policy, and shares its state by it.
    pub(super) fn shared_name(&self, part: Part) -> Option<&'static str> {
        let Doors { circuit_breaker, rate_limit, bulkhead } = &self.doors;
        let name = match part {
            Part::CircuitBreaker => circuit_breaker.as_ref().map(CircuitBreaker::own_name),
            Part::RateLimit => rate_limit.as_ref().map(RateLimiter::own_name),
            Part::Bulkhead => bulkhead.as_ref().map(Bulkhead::own_name),
            _ => None,
        };
        name.filter(|name| !name.is_empty() && *name != self.name)
    }

    pub(super) fn doors(&self) -> &Doors {
        &self.doors
    }

    pub(super) fn keyed_doors(&self) -> &DoorsOfKeys {
        &self.keyed
    }

    /// What it is called; empty: as the function that it belongs to.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Protection for Policy {
    fn names(&self) -> Vec<&'static str> {
        Part::ALL.into_iter().filter(|part| self.has(*part)).map(Part::as_str).collect()
    }

    fn belongs_to(&'static self, site: &'static Site) {
        match self.name {
            "" => self.bind(Owner { name: site.name(), scopes: &Scopes::of_site(site) }),
            name => self.bind(Owner { name, scopes: &Scopes::of_name(name) }),
        }
        self.of_keys.iter().flatten().for_each(|doors| doors.belongs_to(site));
        overrides::policy_came(self, site);
    }
}

/// Where the engine finds the mechanisms of a call.
///
/// What is not among the bits of [`Parts::word`] is never asked for.
pub trait Parts: Sync {
    /// What there is, bit by bit.
    fn word(&self) -> u32;
    /// What rejections say whose they are.
    fn name(&self) -> &'static str;
    /// A call comes, the first one.
    fn begin(&self, _site: Option<&'static Site>) {}
    /// When to try again.
    fn retry(&self) -> Option<&Retry> {
        None
    }
    /// How long it may take.
    fn timeout(&self) -> Option<&Timeout> {
        None
    }
    /// When to begin a second attempt.
    fn hedge(&self) -> Option<&Hedge> {
        None
    }
    /// Whether to try at all.
    fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        None
    }
    /// How often.
    fn rate_limit(&self) -> Option<&RateLimiter> {
        None
    }
    /// How many at a time.
    fn bulkhead(&self) -> Option<&Bulkhead> {
        None
    }
    /// What goes wrong on purpose.
    #[cfg(feature = "chaos")]
    fn chaos(&self) -> Option<&Chaos> {
        None
    }
}

impl Parts for Policy {
    #[inline(always)]
    fn word(&self) -> u32 {
        self.word.load(Relaxed)
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn begin(&self, site: Option<&'static Site>) {
        match site {
            // Makes it known, and that leads back here.
            Some(site) => site.make_known(),
            None => {
                let scopes = Scopes::of_name(self.name);
                self.bind(Owner { name: self.name, scopes: &scopes });
                overrides::take_what_holds(&scopes, |said| self.configure(said));
            }
        }
        // A bundle belongs to all its functions, and not to one of them.
        self.word.fetch_and(!NEW, Relaxed);
    }

    #[inline(always)]
    fn retry(&self) -> Option<&Retry> {
        Some(&self.retry)
    }

    #[inline(always)]
    fn timeout(&self) -> Option<&Timeout> {
        Some(&self.timeout)
    }

    #[inline(always)]
    fn hedge(&self) -> Option<&Hedge> {
        Some(&self.hedge)
    }

    #[inline(always)]
    fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        self.doors.circuit_breaker.as_ref()
    }

    #[inline(always)]
    fn rate_limit(&self) -> Option<&RateLimiter> {
        self.doors.rate_limit.as_ref()
    }

    #[inline(always)]
    fn bulkhead(&self) -> Option<&Bulkhead> {
        self.doors.bulkhead.as_ref()
    }

    #[cfg(feature = "chaos")]
    #[inline(always)]
    fn chaos(&self) -> Option<&Chaos> {
        self.chaos.as_ref()
    }
}
