//! The same for functions that are not asynchronous: waits keep the thread.

use std::{ops::ControlFlow, time::Duration};

use super::{
    Core, Ended, Judged, Lane, Last, Pause, Refusal, Run, Settled, judged::refused, lane::Running,
};
#[cfg(feature = "chaos")]
use crate::resilience::policy::CHAOS;
use crate::{
    resilience::{
        bulkhead::Place,
        policy::{Any, BULKHEAD, Has, LIMIT, Parts, Policy, RETRY, TIMEOUT},
        scope::{self, NEVER},
        timer,
    },
    site::Site,
    time,
};

/// One call of a synchronous function, from its first attempt to its last.
#[must_use]
pub struct SyncRun<'p, P: Parts = Policy, H: Has = Any>(pub(super) Run<'p, P, H>);

impl<'p, P: Parts, H: Has> SyncRun<'p, P, H> {
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
        let Run { parts, core, lane, .. } = &mut self.0;
        let number = core.begin_attempt();
        if !core.is_guarded(number) {
            let _within = scope::enter(number, core.has(RETRY));
            return Ok(body());
        }
        let admitted = core.admit(*parts, lane);
        let (place, until) = admitted.map_err(|refusal| core.call(*parts).tell(refusal))?;
        let (mut in_time, mut limited) = (None, None);
        if core.has(TIMEOUT) {
            let (end, limits) = core.call(*parts).begin_in_time(until);
            (in_time, limited) = (Some(end), Some(limits));
        }
        let value = {
            let _within = scope::enter(number, core.has(RETRY));
            Running::run(lane, limited, body)
        };
        lane.note(place.as_ref());
        drop(place);
        if let Some(in_time) = in_time {
            in_time.check().map_err(|refusal| core.call(*parts).tell(refusal))?;
        }
        Ok(value)
    }

    /// Decides what follows from an attempt: its end, or a wait and another one.
    #[inline(always)]
    pub fn settle<R>(&mut self, ended: Ended<R>, seen: Judged) -> ControlFlow<Settled<R>, Pause> {
        self.0.settle(ended, seen)
    }

    /// As [`settle`](Self::settle); if there is no further attempt to a refused one, what was
    /// returned before it is what the caller gets.
    #[inline(always)]
    pub fn settle_or<R>(
        &mut self,
        ended: Ended<R>,
        seen: Judged,
        last: Last<R>,
    ) -> ControlFlow<Settled<R>, (Pause, Last<R>)> {
        self.0.settle_or(ended, seen, last)
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Settled<R> {
        self.0.finish(ended, seen)
    }
}

impl<H: Has> Core<H> {
    /// Passes the doors, one after the other; with the end of the attempt, if that is set already.
    #[inline(always)]
    fn admit<'p, P: Parts>(
        &mut self,
        parts: &'p P,
        lane: &mut Lane<'p>,
    ) -> Result<(Option<Place<'p>>, u64), Refusal> {
        // Nothing can cut it off, so its time runs from the beginning.
        self.fix_deadline(parts);
        // Who needs the time for the limit has it for the breaker.
        let now = self.has(LIMIT).then(time::nanos);
        self.begin_body(self.number, now, parts, lane)?;
        if let Some(now) = now
            && let Some(limiter) = parts.rate_limit()
        {
            let turn = limiter.admit(now).map_err(refused)?;
            if turn.nanos() > 0 {
                self.call(parts).wait_for_turn(turn.nanos())?;
                timer::block(Duration::from_nanos(turn.nanos()));
                lane.begins();
                turn.has_waited();
            } else {
                turn.is_over();
            }
        }
        let mut place = None;
        if self.has(BULKHEAD)
            && let Some(bulkhead) = parts.bulkhead()
        {
            place = bulkhead.enter_at_once();
            if place.is_none() {
                let (found, has_waited) = self.call(parts).queue_up(bulkhead);
                if has_waited {
                    lane.begins();
                }
                place = Some(found?);
            }
        }
        #[cfg(feature = "chaos")]
        if self.has(CHAOS)
            && let Some(chaos) = parts.chaos()
        {
            let latency = chaos.strike().map_err(refused)?;
            if latency > 0 {
                return Ok((place, self.call(parts).block(latency)?));
            }
        }
        Ok((place, NEVER))
    }
}
