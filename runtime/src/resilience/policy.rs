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
    instances::{Owner, Sealed as _},
    limit::shared::SharedLimit,
    overrides::{self, Part, Scopes, Selection},
    run::waits::{Never, Queue, Time, Waits},
    scope::NEVER,
};
use crate::site::{Described, Explained, Protection, Site};

/// Attempts may follow the first one.
pub const RETRY: u32 = 1;
/// An attempt, or all of them, may take only so long.
pub const TIMEOUT: u32 = 2;
/// Further attempts may begin beside the first one.
pub const HEDGE: u32 = 4;
/// Calls stop while they keep failing.
pub const BREAKER: u32 = 8;
/// There are only so many calls in a time.
pub const LIMIT: u32 = 16;
/// There are only so many calls at a time.
pub const BULKHEAD: u32 = 32;
/// Calls fail on purpose.
pub const CHAOS: u32 = 64;
/// The first call has yet to come: nobody has told the policy whose it is.
pub(crate) const NEW: u32 = 128;
/// It matters when a call began.
pub(crate) const TIMED: u32 = 256;
/// Metrics tell the keys apart.
const LABEL_KEY: u32 = 1 << 31;
/// Where in the word the bits of parts stand that are switched off, whoever else owns them.
pub(crate) const OFF_SHIFT: u32 = 16;
/// Something decides about an attempt before it begins.
pub(crate) const GATES: u32 = BREAKER | LIMIT | BULKHEAD | CHAOS;

/// Which mechanisms a function can have, as far as that is known where it is compiled.
pub trait Has: Copy + 'static {
    /// Bit by bit, as above.
    const HAS: u32;
    /// What its attempts can wait for.
    type Waits<'p>: Waits<'p>;
}

/// No others than these, of which none waits: neither a time limit nor a limit to calls.
#[derive(Clone, Copy, Debug)]
pub struct Only<const PARTS: u32>;

/// No others than these, a time limit among them but no limit to calls.
#[derive(Clone, Copy, Debug)]
pub struct Timed<const PARTS: u32>;

/// No others than these.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<const PARTS: u32>;

/// Whatever the policy turns out to have.
pub type Any = Waiting<{ u32::MAX }>;

impl<const PARTS: u32> Has for Only<PARTS> {
    const HAS: u32 = PARTS;
    type Waits<'p> = Never;
}

impl<const PARTS: u32> Has for Timed<PARTS> {
    const HAS: u32 = PARTS;
    type Waits<'p> = Time;
}

impl<const PARTS: u32> Has for Waiting<PARTS> {
    const HAS: u32 = PARTS;
    type Waits<'p> = Queue<'p>;
}

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
    #[cfg_attr(
        not(feature = "test-util"),
        expect(clippy::forget_non_drop, reason = "with what tests have of it there is something")
    )]
    pub const fn chaos(mut self, chaos: Chaos) -> Self {
        mem::forget(self.chaos.replace(chaos));
        self.with(CHAOS)
    }

    /// Tells the keys of [`for_key`](Self::for_key) apart in metrics, by the label `key`.
    ///
    /// As [`Keyed::label_key`](super::Keyed::label_key).
    #[must_use]
    pub const fn label_key(self) -> Self {
        self.with(LABEL_KEY)
    }

    pub(super) fn labels_key(&self) -> bool {
        self.word.load(Relaxed) & LABEL_KEY != 0
    }

    const fn with(mut self, part: u32) -> Self {
        let word = mem::replace(&mut self.word, AtomicU32::new(0)).into_inner();
        self.word = AtomicU32::new(word | part);
        self.declared |= part;
        self
    }

    /// Gives the parts without a name of their own this one.
    fn bind(&self, owner: Owner<'_>) {
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
        // Only now: a call at the same moment would use what has no name yet.
        self.word.fetch_and(!NEW, Relaxed);
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
        self.declared & part.bit() != 0
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

impl Policy {
    /// What protects a call, with the numbers that hold now.
    fn parts(&self) -> Vec<(Part, &dyn Described)> {
        let Doors { circuit_breaker, rate_limit, bulkhead } = &self.doors;
        let mut parts: Vec<(Part, &dyn Described)> = vec![
            (Part::Timeout, &self.timeout),
            (Part::Retry, &self.retry),
            (Part::Hedge, &self.hedge),
        ];
        parts.extend(circuit_breaker.iter().map(|part| (Part::CircuitBreaker, part as _)));
        parts.extend(rate_limit.iter().map(|part| (Part::RateLimit, part as _)));
        parts.extend(bulkhead.iter().map(|part| (Part::Bulkhead, part as _)));
        #[cfg(feature = "chaos")]
        parts.extend(self.chaos.iter().map(|part| (Part::Chaos, part as _)));
        parts.retain(|(part, _)| self.has(*part));
        parts
    }
}

impl Protection for Policy {
    fn explain(&self) -> Vec<Explained> {
        self.parts()
            .into_iter()
            .map(|(part, numbers)| (part.as_str(), numbers.described()))
            .collect()
    }

    fn is_off(&self, name: &str) -> bool {
        let off = self.word.load(Relaxed) >> OFF_SHIFT;
        Part::ALL.into_iter().any(|part| part.as_str() == name && off & part.bit() != 0)
    }

    fn names(&self) -> Vec<&'static str> {
        Part::ALL.into_iter().filter(|part| self.has(*part)).map(Part::as_str).collect()
    }

    fn belongs_to(&'static self, site: &'static Site) {
        match self.name {
            "" => self.bind(Owner { name: site.name(), scopes: &Scopes::of_site(site) }),
            name => self.bind(Owner { name, scopes: &Scopes::of_name(name) }),
        }
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
    /// How often, in several processes together; asked for where there is no [`Self::rate_limit`].
    fn shared_limit(&self) -> Option<&dyn SharedLimit> {
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
