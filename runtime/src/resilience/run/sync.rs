//! The same for functions that are not asynchronous: waits keep the thread.

use std::{ops::ControlFlow, time::Duration};

use super::{
    Core, Ended, Judged, Lane, Pause, Refusal, Run, Settled, lane::Around, limits::InTime,
};
#[cfg(feature = "chaos")]
use crate::resilience::policy::CHAOS;
use crate::{
    resilience::{
        Rejected,
        bulkhead::Place,
        policy::{BREAKER, BULKHEAD, LIMIT, Parts, Policy, RETRY, TIMEOUT},
        scope, timer,
    },
    site::Site,
    time,
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
        let held = if core.is_guarded(number) {
            match Held::begin(core, *parts, lane) {
                Ok(held) => Some(held),
                Err(refusal) => return Err(refusal),
            }
        } else {
            None
        };
        let _within = scope::enter(number, core.word & RETRY != 0);
        let value = body();
        if let Some(held) = held
            && let Err(refusal) = held.end(core, *parts, lane)
        {
            return Err(refusal);
        }
        Ok(value)
    }

    /// Decides what follows from an attempt: its end, or a wait and another one.
    #[inline(always)]
    pub fn settle<R>(&mut self, ended: Ended<R>, seen: Judged) -> ControlFlow<Settled<R>, Pause> {
        self.0.settle(ended, seen)
    }

    /// Ends a call that has one attempt.
    #[inline(always)]
    pub fn finish<R>(&mut self, ended: Ended<R>, seen: Judged) -> Settled<R> {
        self.0.finish(ended, seen)
    }
}

/// What is held while the body runs, and given back before anything else happens.
struct Held<'p> {
    around: Around,
    in_time: Option<InTime>,
    _place: Option<Place<'p>>,
}

impl<'p> Held<'p> {
    #[inline]
    fn begin<P: Parts>(
        core: &mut Core,
        parts: &'p P,
        lane: &mut Option<Lane<'p>>,
    ) -> Result<Self, Refusal> {
        let begun = Lane::begin(lane);
        let _place = match admit(core, parts, begun) {
            Ok(place) => place,
            Err(rejected) => return Err(begun.refuse(core, parts, rejected)),
        };
        let (mut in_time, mut limited) = (None, None);
        if core.word & TIMEOUT != 0 {
            let (end, limits) = core.begin_in_time(parts);
            (in_time, limited) = (Some(end), Some(limits));
        }
        Ok(Self { around: Around::enter(lane, core.number, limited), in_time, _place })
    }

    #[inline]
    fn end(
        self,
        core: &Core,
        parts: &dyn Parts,
        lane: &mut Option<Lane<'p>>,
    ) -> Result<(), Refusal> {
        self.around.leave(lane);
        match self.in_time.map_or(Ok(()), InTime::check) {
            Ok(()) => Ok(()),
            Err(rejected) => Err(lane.get_or_insert(Lane::EMPTY).refuse(core, parts, rejected)),
        }
    }
}

/// Passes the doors, one after the other.
#[inline]
fn admit<'p, P: Parts>(
    core: &mut Core,
    parts: &'p P,
    lane: &mut Lane<'p>,
) -> Result<Option<Place<'p>>, Rejected> {
    if core.number > 1 {
        lane.begin_again(core.number);
    }
    core.check()?;
    // Who needs the time for the limit has it for the breaker.
    let now = if core.word & LIMIT != 0 { time::nanos() } else { 0 };
    if core.word & BREAKER != 0
        && let Some(breaker) = parts.circuit_breaker()
    {
        lane.hold(match now {
            0 => breaker.admit_now()?,
            now => breaker.admit(now)?,
        });
    }
    if core.word & LIMIT != 0
        && let Some(limiter) = parts.rate_limit()
    {
        let turn = limiter.admit(now)?;
        if turn.nanos() > 0 {
            core.wait_for_turn(parts, turn.nanos())?;
            timer::block(Duration::from_nanos(turn.nanos()));
            turn.has_waited();
        } else {
            turn.is_over();
        }
    }
    let mut place = None;
    if core.word & BULKHEAD != 0
        && let Some(bulkhead) = parts.bulkhead()
    {
        let patience = if core.word & TIMEOUT != 0 { core.patience(parts) } else { None };
        place = Some(bulkhead.enter_blocking(patience)?);
    }
    #[cfg(feature = "chaos")]
    if core.word & CHAOS != 0
        && let Some(chaos) = parts.chaos()
    {
        timer::block(Duration::from_nanos(chaos.strike()?));
    }
    Ok(place)
}
