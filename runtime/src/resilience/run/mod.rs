//! One call of a function that policies protect: the engine behind attributes, bundles and objects.
//!
//! A call is a loop of attempts. [`Run`] is what outlives an attempt; a [`Try`] is one of them, with
//! its guards: whatever it holds is given back when it is dropped, at whichever point that happens.
//! What an attempt means is judged outside, where the type of the value is known, and
//! [`Run::settle`] decides what follows from it.

mod attempt;
mod judged;
mod lane;
mod limits;
mod pause;
mod race;
mod sync;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use self::lane::Lane;
pub use self::{
    attempt::Attempt,
    judged::{
        ByClassify, ByNobody, BySource, ByWrapped, Classified, Ended, Judged, JudgedAsAny,
        JudgedAsResult, Judging,
    },
    pause::Pause,
    race::Hedged,
    sync::SyncRun,
};
use super::{
    policy::{NEW, Parts, Policy, RETRY},
    Rejected, RejectedKind,
    retry::{Failed, Sequence, Stopped},
    scope::{self, NEVER},
    telemetry, timer,
};
use crate::{outcome::Outcome, random, site::Site, time, trace::local::Local};

/// One call, from its first attempt to its last.
#[must_use]
pub struct Run<'p, P: Parts = Policy> {
    parts: &'p P,
    core: Core,
    /// Of the attempt that has ended and is being judged.
    lane: Lane<'p>,
}

/// What outlives an attempt.
#[derive(Debug)]
struct Core {
    site: Option<&'static Site>,
    word: u32,
    /// The number of the attempt that is running, or ran last; 0: none yet.
    number: u32,
    /// When the whole call has to be over, once that is known.
    deadline: u64,
    sequence: Sequence,
    started: u64,
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
        if word & NEW != 0 {
            first_call(parts, site);
        }
        let mut core = Core {
            site,
            word,
            number: 0,
            deadline: NEVER,
            sequence: Sequence::START,
            started: 0,
        };
        if word & RETRY != 0
            && let Some(retry) = parts.retry()
        {
            retry.note_call();
            if retry.is_timed() {
                core.started = timer::now();
            }
        }
        Self { parts, core, lane: Lane::EMPTY }
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
    pub fn settle<R>(&mut self, ended: Ended<R>, seen: Judged) -> ControlFlow<Ended<R>, Pause> {
        self.lane.close(&seen);
        if !seen.again || self.core.word & RETRY == 0 {
            return ControlFlow::Break(self.end(ended, &seen));
        }
        match self.core.next(self.parts, &seen) {
            Ok(pause) => ControlFlow::Continue(pause),
            Err(why) => {
                telemetry::stopped(self.core.name(self.parts), self.core.number, why);
                ControlFlow::Break(self.end_rejected(ended))
            }
        }
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Ended<R> {
        self.lane.close(&seen);
        self.end_rejected(ended)
    }

    #[inline(always)]
    fn end<R>(&mut self, ended: Ended<R>, seen: &Judged) -> Ended<R> {
        if self.core.number > 1 || seen.failed == Some(true) {
            self.core.tell_end(self.parts, seen);
        }
        self.end_rejected(ended)
    }

    #[inline(always)]
    fn end_rejected<R>(&self, ended: Ended<R>) -> Ended<R> {
        match ended {
            Ok(value) => Ok(value),
            Err(rejected) => Err(self.core.complete(self.parts, rejected)),
        }
    }
}

#[cold]
#[inline(never)]
fn first_call(parts: &dyn Parts, site: Option<&'static Site>) {
    parts.begin(site);
}

impl Core {
    /// What the policy is called.
    fn name(&self, parts: &dyn Parts) -> &'static str {
        match (parts.name(), self.site) {
            ("", Some(site)) => site.name(),
            (name, _) => name,
        }
    }

    /// A rejection that says whose it is, and after how many attempts that ran.
    #[cold]
    fn complete(&self, parts: &dyn Parts, rejected: Rejected) -> Rejected {
        let ran = self.number - u32::from(!rejected.ran());
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
    fn tell_end(&self, parts: &dyn Parts, seen: &Judged) {
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

    /// Whether another attempt follows, and after which wait.
    #[cold]
    fn next(&mut self, parts: &dyn Parts, seen: &Judged) -> Result<Pause, Stopped> {
        let Some(retry) = parts.retry() else { return Err(Stopped::Permanent) };
        let deadline = self.deadline(parts).min(scope::deadline());
        let failed = Failed {
            number: self.number,
            seen: *seen,
            now: timer::now(),
            started: self.started,
            deadline,
        };
        let chance = random::chance(Local.random());
        let wait = retry.next(&mut self.sequence, &failed, chance, time::nanos)?;
        telemetry::retrying(self.name(parts), self.number, wait, scope::retrying());
        Ok(Pause::new(wait))
    }
}
