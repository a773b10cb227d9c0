//! The same for functions that are not asynchronous: waits keep the thread.

use std::ops::ControlFlow;

use super::{Ended, Judged, Lane, Pause, Run};
use crate::{
    resilience::{
        policy::{GATES, Parts, Policy, RETRY, TIMEOUT},
        scope,
    },
    site::Site,
};

/// One call of a synchronous function, from its first attempt to its last.
#[must_use]
pub struct SyncRun<'p, P: Parts = Policy>(Run<'p, P>);

impl<'p, P: Parts> SyncRun<'p, P> {
    /// Begins a call of the function.
    #[inline(always)]
    pub fn begin(site: &'static Site, parts: &'p P) -> Self {
        Self(Run::begin(site, parts))
    }

    #[inline(always)]
    pub(crate) fn new(site: Option<&'static Site>, parts: &'p P) -> Self {
        Self(Run::new(site, parts))
    }

    /// Runs one attempt, as far as the policies let it.
    #[inline(always)]
    pub fn attempt<R>(&mut self, body: impl FnOnce() -> R) -> Ended<R> {
        let Run { parts, core, lane } = &mut self.0;
        let number = core.begin_attempt();
        *lane = Lane::begin(number);
        let _ = (parts, GATES, TIMEOUT);
        let _within = scope::enter(number, core.word & RETRY != 0);
        Ok(lane.poll(body))
    }

    /// Decides what follows from an attempt: its end, or a wait and another one.
    #[inline(always)]
    pub fn settle<R>(&mut self, ended: Ended<R>, seen: Judged) -> ControlFlow<Ended<R>, Pause> {
        self.0.settle(ended, seen)
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Ended<R> {
        self.0.finish(ended, seen)
    }
}
