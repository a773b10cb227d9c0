//! The same for functions that are not asynchronous: waits keep the thread.

use std::{ops::ControlFlow, time::Duration};

use super::{Core, Ended, Judged, Lane, Pause, Run};
use crate::{
    resilience::{
        Deadline, Rejected, RejectedKind,
        bulkhead::Place,
        policy::{BREAKER, BULKHEAD, CHAOS, GATES, LIMIT, Parts, Policy, RETRY, TIMEOUT},
        scope::{self, NEVER},
        timer,
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
        *lane = Lane::begin(number);
        // Given back when the body has ended, before anything else happens.
        let _place = if core.word & (GATES | TIMEOUT) != 0 {
            admit(core, *parts, lane)?
        } else {
            None
        };
        let _within = scope::enter(number, core.word & RETRY != 0);
        if core.word & TIMEOUT != 0 {
            return in_time(core, *parts, || lane.poll(body));
        }
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

/// Passes the doors, one after the other.
#[inline]
fn admit<'p, P: Parts>(
    core: &mut Core,
    parts: &'p P,
    lane: &mut Lane<'p>,
) -> Result<Option<Place<'p>>, Rejected> {
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
        }
        turn.is_over();
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

/// Runs a body that can see its deadline; what it returns too late is not used.
#[cold]
fn in_time<R>(core: &mut Core, parts: &impl Parts, body: impl FnOnce() -> R) -> Ended<R> {
    let total = core.deadline(parts);
    let most = parts.timeout().map_or(NEVER, |timeout| timeout.attempt_nanos());
    let until = timer::now().saturating_add(most);
    let _limited = scope::limit(total.min(until), NEVER);
    let value = body();
    let now = timer::now();
    let whose = match () {
        () if now > total => Deadline::Total,
        () if now > until => Deadline::Attempt,
        () => return Ok(value),
    };
    Err(Rejected::new(RejectedKind::Timeout(whose), ""))
}
