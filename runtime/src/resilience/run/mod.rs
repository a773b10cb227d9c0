//! One call of a function that policies protect: the engine behind attributes, bundles and objects.
//!
//! A call is a loop of attempts. [`Run`] is what outlives an attempt; a `Try` is one of them, with
//! its guards: whatever it holds is given back when it is dropped, at whichever point that happens.
//! What an attempt means is judged outside, where the type of the value is known, and
//! [`Run::settle`] decides what follows from it.
//!
//! Nearly all calls succeed at once with nothing in front of them. So what such a call needs is
//! inlined, a test or two of one word, and everything else stands behind a call. Three things keep
//! it short: what a function cannot have is known when it is compiled ([`Has`]); what
//! stands behind a call gets plain values, because a structure to which somebody points has to be
//! written to memory first; and what only failures need is made by the first failure.

mod attempt;
mod chaos;
mod doors;
mod judged;
mod lane;
mod last;
mod limits;
mod pause;
mod race;
mod sync;
#[cfg(test)]
mod tests;
mod thread;
pub(super) mod waits;

use std::{marker::PhantomData, ops::ControlFlow, time::Duration};

use self::lane::Lane;
pub use self::{
    attempt::Attempt,
    judged::{
        ByClassify, ByNobody, BySource, ByWrapped, Classified, Judged, JudgedAsAny, JudgedAsResult,
        Judging, Refusal,
    },
    last::Last,
    pause::Pause,
    race::Hedged,
    sync::SyncRun,
};
use super::{
    Bulkhead, CircuitBreaker, RateLimiter, Rejected, RejectedKind,
    limit::shared::SharedLimit,
    policy::{Any, GATES, HEDGE, Has, NEW, Parts, Policy, RETRY, TIMED, TIMEOUT},
    rejected::Whose,
    retry::{Failed, Sequence, Stopped},
    scope::{self, NEVER},
    telemetry, timer,
};
use crate::{call::refused, outcome::Outcome, random, site::Site, time, trace::local::Local};

/// How an attempt ended: what the function returned, or why it did not.
pub type Ended<R> = Result<R, Refusal>;

/// How a call ended: what the function returned last, or the rejection for its caller.
pub type Settled<R> = Result<R, Rejected>;

/// One call, from its first attempt to its last; `H`: which mechanisms it can have.
#[must_use]
pub struct Run<'p, P: Parts = Policy, H: Has = Any> {
    parts: &'p P,
    core: Core<H>,
    /// Of the attempt that runs, or has ended and is being judged.
    lane: Lane<'p>,
    later: Later,
}

/// What outlives an attempt.
#[derive(Clone, Copy, Debug)]
struct Core<H: Has> {
    site: Option<&'static Site>,
    word: u32,
    /// How many rounds of attempts have begun.
    number: u32,
    /// How many attempts beside the first of their rounds.
    hedged: u32,
    /// When the whole call has to be over, once that is known.
    deadline: u64,
    /// When it began; never: nobody wanted to know.
    started: u64,
    has: PhantomData<H>,
}

/// What is needed once something has failed.
#[derive(Clone, Copy, Debug)]
struct Later {
    sequence: Sequence,
    /// Attempts before the present one that were refused before they ran.
    refused: u32,
}

impl Later {
    const NONE: Self = Self { sequence: Sequence::START, refused: 0 };
}

/// A call as cold functions see it.
#[derive(Clone, Copy)]
struct Call<'p> {
    parts: &'p dyn Parts,
    site: Option<&'static Site>,
    number: u32,
    hedged: u32,
    deadline: u64,
    started: u64,
}

impl<'p, P: Parts, H: Has> Run<'p, P, H> {
    /// Begins a call of the function.
    #[inline(always)]
    pub fn begin(site: &'static Site, parts: &'p P) -> Self {
        Self::new(Some(site), parts)
    }

    #[inline(always)]
    pub(crate) fn new(site: Option<&'static Site>, parts: &'p P) -> Self {
        let word = parts.word();
        let (word, started) =
            if word & (NEW | TIMED) == 0 { (word, NEVER) } else { begin(parts, site, word) };
        let core =
            Core { site, word, number: 0, hedged: 0, deadline: NEVER, started, has: PhantomData };
        if core.has(RETRY)
            && let Some(retry) = parts.retry()
        {
            retry.note_call();
        }
        Self { parts, core, lane: Lane::EMPTY, later: Later::NONE }
    }

    /// Runs one attempt, as far as the policies let it.
    #[inline(always)]
    pub fn attempt<F: Future>(&mut self, body: F) -> Attempt<'_, 'p, P, F, H> {
        Attempt::new(self, body)
    }

    /// Runs one attempt, and further ones beside it if it takes long; the first success wins.
    #[inline(always)]
    pub fn hedged<F, M, J>(&mut self, make: M, judge: J) -> Hedged<'_, 'p, P, F, M, J, H>
    where
        F: Future,
        M: FnMut() -> F,
        J: Fn(&Ended<F::Output>) -> Judged,
    {
        Hedged::new(self, make, judge)
    }

    /// Decides what follows from an attempt: its end, or a wait and another one.
    #[inline(always)]
    pub fn settle<R>(&mut self, ended: Ended<R>, seen: Judged) -> ControlFlow<Settled<R>, Pause> {
        match self.follow(seen) {
            Ok(pause) => ControlFlow::Continue(pause),
            Err(_) => ControlFlow::Break(self.end(ended)),
        }
    }

    /// The wait for another attempt, or why there is none; `None`: there was but one.
    #[inline(always)]
    fn follow(&mut self, seen: Judged) -> Result<Pause, Option<Stopped>> {
        self.lane.close::<H>(&seen);
        if !self.core.has(RETRY) {
            return Err(None);
        }
        if !seen.again {
            if self.core.number > 1 || seen.failed == Some(true) {
                return Err(Some(self.core.call(self.parts).tell_end(self.later, seen)));
            }
            return Err(None);
        }
        self.core.fix_deadline(self.parts);
        let (wait, later) = self.core.call(self.parts).next(self.later, seen).map_err(Some)?;
        self.later = later;
        Ok(Pause::new(wait))
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Settled<R> {
        self.lane.close::<H>(&seen);
        self.end(ended)
    }

    #[inline(always)]
    fn end<R>(&mut self, ended: Ended<R>) -> Settled<R> {
        match ended {
            Ok(value) => Ok(value),
            Err(refusal) => Err(self.core.call(self.parts).rejected(refusal, self.later.refused)),
        }
    }
}

/// Begins a call that is the first one, or has a clock: what there is, and when it began.
#[cold]
#[inline(never)]
fn begin(parts: &dyn Parts, site: Option<&'static Site>, mut word: u32) -> (u32, u64) {
    if word & NEW != 0 {
        parts.begin(site);
        // What has learnt whose it is may have been switched off.
        word = parts.word();
    }
    (word, if word & TIMED != 0 { timer::now() } else { NEVER })
}

impl<H: Has> Core<H> {
    /// Whether the call has this mechanism, which is not switched off.
    #[inline(always)]
    fn has(&self, part: u32) -> bool {
        self.word & H::HAS & part != 0
    }

    /// Whether something has to happen around the body of the attempt.
    #[inline(always)]
    fn is_guarded(&self, number: u32) -> bool {
        self.has(GATES | TIMEOUT) || self.is_again(number)
    }

    /// Whether the attempt is not the first one.
    #[inline(always)]
    fn is_again(&self, number: u32) -> bool {
        H::HAS & (RETRY | HEDGE) != 0 && number > 1
    }

    #[inline(always)]
    fn call<'p>(&self, parts: &'p dyn Parts) -> Call<'p> {
        let Self { site, number, hedged, deadline, started, .. } = *self;
        Call { parts, site, number, hedged, deadline, started }
    }

    /// Begins the next attempt.
    #[inline(always)]
    fn begin_attempt(&mut self) -> u32 {
        self.number += 1;
        if H::HAS & HEDGE != 0 { self.number + self.hedged } else { self.number }
    }
}

impl Call<'_> {
    /// What the policy is called.
    fn name(&self) -> &'static str {
        match (self.parts.name(), self.site) {
            ("", Some(site)) => site.name(),
            (name, _) => name,
        }
    }

    /// The name and the key of what refuses a call so.
    fn whose(self, kind: RejectedKind) -> Whose {
        let limit = || self.parts.rate_limit().map(RateLimiter::whose);
        let shared = || self.parts.shared_limit().map(SharedLimit::whose);
        let door = match kind {
            RejectedKind::CircuitOpen => self.parts.circuit_breaker().map(CircuitBreaker::whose),
            RejectedKind::RateLimited => limit().or_else(shared),
            RejectedKind::BulkheadFull => self.parts.bulkhead().map(Bulkhead::whose),
            #[cfg(feature = "chaos")]
            RejectedKind::Chaos => self.parts.chaos().map(|chaos| (chaos.name(), None)),
            _ => None,
        };
        door.filter(|(name, _)| !name.is_empty()).unwrap_or_else(|| (self.name(), None))
    }

    /// Tells of what no door has told of: the call or its attempt is over, or fails on purpose.
    #[cold]
    #[inline(never)]
    fn tell(self, refusal: Refusal) -> Refusal {
        if matches!(refusal.kind(), RejectedKind::Timeout(_) | RejectedKind::Chaos) {
            telemetry::refused(&refusal.of_policy(self.whose(refusal.kind())));
        }
        refusal
    }

    /// A rejection that says whose it is, and after how many attempts that ran.
    #[cold]
    #[inline(never)]
    fn rejected(self, refusal: Refusal, refused_before: u32) -> Rejected {
        let rejected = refusal.of_policy(self.whose(refusal.kind()));
        self.site.into_iter().for_each(refused::mark);
        let refused = refused_before + u32::from(!rejected.ran());
        let ran = (self.number + self.hedged).saturating_sub(refused);
        rejected.with_attempts(ran)
    }

    /// How many attempts have run, of which this is what the last one came to.
    fn ran(self, later: Later, seen: Judged) -> u32 {
        let is_refused = seen.rejected.is_some_and(|kind| !kind.ran());
        (self.number + self.hedged).saturating_sub(later.refused + u32::from(is_refused))
    }

    /// Says why it ends with an attempt that no other is to follow.
    #[cold]
    #[inline(never)]
    fn tell_end(self, later: Later, seen: Judged) -> Stopped {
        let why = match (seen.rejected, seen.outcome) {
            (Some(RejectedKind::Timeout(_)), _) => Stopped::Deadline,
            (Some(_), _) => Stopped::Rejected,
            (None, Outcome::Ok) => Stopped::Success,
            (None, _) => Stopped::Permanent,
        };
        telemetry::stopped(self.name(), self.ran(later, seen), why);
        why
    }

    /// The wait for the next attempt; none: there is no other.
    #[cold]
    #[inline(never)]
    fn next(self, mut later: Later, seen: Judged) -> Result<(Duration, Later), Stopped> {
        let Some(retry) = self.parts.retry() else { return Err(Stopped::Permanent) };
        let deadline = self.deadline.min(scope::deadline());
        let (now, started, number) = (timer::now(), self.started, self.number);
        let failed = Failed { number, seen, now, started, deadline };
        let chance = random::chance(Local.random());
        match retry.next(&mut later.sequence, &failed, chance, time::nanos) {
            Ok(wait) => {
                later.refused += u32::from(seen.rejected.is_some_and(|kind| !kind.ran()));
                telemetry::retrying(self.name(), number, wait, scope::retrying());
                Ok((wait, later))
            }
            Err(why) => {
                telemetry::stopped(self.name(), self.ran(later, seen), why);
                Err(why)
            }
        }
    }
}
