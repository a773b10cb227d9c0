//! One call of a function that policies protect: the engine behind attributes, bundles and objects.
//!
//! A call is a loop of attempts. [`Run`] is what outlives an attempt; a `Try` is one of them, with
//! its guards: whatever it holds is given back when it is dropped, at whichever point that happens.
//! What an attempt means is judged outside, where the type of the value is known, and
//! [`Run::settle`] decides what follows from it.
//!
//! Nearly all calls succeed at once with nothing in front of them. So what such a call needs is
//! inlined, a test or two of one word, and everything else stands behind a call.

mod attempt;
mod judged;
mod lane;
mod limits;
mod pause;
mod race;
mod sync;
#[cfg(test)]
mod tests;

use std::{ops::ControlFlow, time::Duration};

use self::lane::Lane;
pub use self::{
    attempt::Attempt,
    judged::{
        ByClassify, ByNobody, BySource, ByWrapped, Classified, Judged, JudgedAsAny, JudgedAsResult,
        Judging,
    },
    pause::Pause,
    race::Hedged,
    sync::SyncRun,
};
use super::{
    Rejected, RejectedKind,
    policy::{GATES, NEW, Parts, Policy, RETRY, TIMED, TIMEOUT},
    retry::{Failed, Sequence, Stopped},
    scope::{self, NEVER},
    telemetry, timer,
};
use crate::{outcome::Outcome, random, site::Site, time, trace::local::Local};

/// How an attempt ended: what the function returned, or why it did not.
pub type Ended<R> = Result<R, Refusal>;

/// How a call ended: what the function returned last, or the rejection for its caller.
pub type Settled<R> = Result<R, Rejected>;

/// Why an attempt did not run, or not to its end: what of a rejection its judges need.
///
/// Plain data, so that an [`Ended`] can be kept in registers; the rejection itself waits in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    kind: RejectedKind,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn of(rejected: &Rejected) -> Self {
        Self { kind: rejected.kind(), retry_after: rejected.retry_after() }
    }
}

/// One call, from its first attempt to its last.
#[must_use]
pub struct Run<'p, P: Parts = Policy> {
    parts: &'p P,
    core: Core,
    /// Of the attempt that runs, or has ended and is being judged; none, if it holds nothing.
    lane: Option<Lane<'p>>,
}

/// What outlives an attempt.
#[derive(Debug)]
struct Core {
    site: Option<&'static Site>,
    word: u32,
    /// The number of the attempt that is running, or ran last; 0: none yet.
    number: u32,
    later: Option<Later>,
}

/// What only some calls need, and most of those only when something has failed.
#[derive(Clone, Copy, Debug)]
struct Later {
    /// When the whole call has to be over, once that is known.
    deadline: u64,
    sequence: Sequence,
    /// When the call began; never: nobody wanted to know.
    started: u64,
    /// Attempts before the present one that were refused before they ran.
    refused: u32,
}

impl<'p, P: Parts> Run<'p, P> {
    /// Begins a call of the function.
    #[inline(always)]
    pub fn begin(site: &'static Site, parts: &'p P) -> Self {
        Self::new(Some(site), parts)
    }

    #[inline(always)]
    pub(crate) fn new(site: Option<&'static Site>, parts: &'p P) -> Self {
        let word = parts.word();
        let later = if word & (NEW | TIMED) == 0 { None } else { begin(parts, site, word) };
        if word & RETRY != 0
            && let Some(retry) = parts.retry()
        {
            retry.note_call();
        }
        Self { parts, core: Core { site, word, number: 0, later }, lane: None }
    }

    /// Runs one attempt, as far as the policies let it.
    #[inline(always)]
    pub fn attempt<F: Future>(&mut self, body: F) -> Attempt<'_, 'p, P, F> {
        Attempt::new(self, body)
    }

    /// Runs one attempt, and further ones beside it if it takes long; the first success wins.
    #[inline(always)]
    pub fn hedged<F, M, J>(&mut self, make: M, judge: J) -> Hedged<'_, 'p, P, F, M, J>
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
        self.close(&seen);
        if !seen.again || self.core.word & RETRY == 0 {
            if self.core.number > 1 || seen.failed == Some(true) {
                self.core.tell_end(self.parts, seen);
            }
            return ControlFlow::Break(self.end(ended));
        }
        match self.core.next(self.parts, seen) {
            Ok(pause) => ControlFlow::Continue(pause),
            Err(()) => ControlFlow::Break(self.end(ended)),
        }
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Settled<R> {
        self.close(&seen);
        self.end(ended)
    }

    #[inline(always)]
    fn close(&mut self, seen: &Judged) {
        if let Some(lane) = &mut self.lane {
            lane.close(seen);
        }
    }

    #[inline(always)]
    fn end<R>(&mut self, ended: Ended<R>) -> Settled<R> {
        match ended {
            Ok(value) => Ok(value),
            Err(refusal) => Err(self.core.rejected(self.parts, &mut self.lane, refusal)),
        }
    }
}

/// Begins a call that is the first one, or has a clock.
#[cold]
#[inline(never)]
fn begin(parts: &dyn Parts, site: Option<&'static Site>, word: u32) -> Option<Later> {
    if word & NEW != 0 {
        parts.begin(site);
    }
    (word & TIMED != 0).then(|| Later { started: timer::now(), ..Later::NEW })
}

impl Later {
    const NEW: Self =
        Self { deadline: NEVER, sequence: Sequence::START, started: NEVER, refused: 0 };
}

impl Core {
    /// Whether something has to happen around the body of the attempt.
    #[inline(always)]
    fn is_guarded(&self, number: u32) -> bool {
        self.word & (GATES | TIMEOUT) != 0 || number > 1
    }

    fn later(&mut self) -> &mut Later {
        self.later.get_or_insert(Later::NEW)
    }

    /// What the policy is called.
    fn name(&self, parts: &dyn Parts) -> &'static str {
        match (parts.name(), self.site) {
            ("", Some(site)) => site.name(),
            (name, _) => name,
        }
    }

    /// A rejection that says whose it is, and after how many attempts that ran.
    #[cold]
    #[inline(never)]
    fn rejected(
        &self,
        parts: &dyn Parts,
        lane: &mut Option<Lane<'_>>,
        refusal: Refusal,
    ) -> Rejected {
        let rejected = lane.as_mut().and_then(Lane::take_rejected);
        let rejected = rejected.unwrap_or_else(|| Rejected::new(refusal.kind, ""));
        let before = self.later.map_or(0, |later| later.refused);
        let ran = self.number - before - u32::from(!rejected.ran());
        let rejected = rejected.with_attempts(ran);
        if rejected.policy().is_empty() { rejected.named(self.name(parts)) } else { rejected }
    }

    /// Begins the next attempt.
    #[inline(always)]
    fn begin_attempt(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    /// Says why it ends with an attempt that no other is to follow.
    #[cold]
    #[inline(never)]
    fn tell_end(&self, parts: &dyn Parts, seen: Judged) {
        if self.word & RETRY == 0 {
            return;
        }
        let why = match (seen.rejected, seen.outcome) {
            (Some(RejectedKind::Timeout(_)), _) => Stopped::Deadline,
            (Some(_), _) => Stopped::Rejected,
            (None, Outcome::Ok) => Stopped::Success,
            (None, _) => Stopped::Permanent,
        };
        telemetry::stopped(self.name(parts), self.number, why);
    }

    /// The wait for the next attempt; none: there is no other.
    #[cold]
    #[inline(never)]
    fn next(&mut self, parts: &dyn Parts, seen: Judged) -> Result<Pause, ()> {
        let Some(retry) = parts.retry() else { return Err(()) };
        let deadline = self.deadline(parts).min(scope::deadline());
        let number = self.number;
        let later = self.later();
        let (now, started) = (timer::now(), later.started);
        let failed = Failed { number, seen, now, started, deadline };
        let chance = random::chance(Local.random());
        match retry.next(&mut later.sequence, &failed, chance, time::nanos) {
            Ok(wait) => {
                later.refused += u32::from(seen.rejected.is_some_and(|kind| !kind.ran()));
                telemetry::retrying(self.name(parts), number, wait, scope::retrying());
                Ok(Pause::new(wait))
            }
            Err(why) => {
                telemetry::stopped(self.name(parts), number, why);
                Err(())
            }
        }
    }
}
