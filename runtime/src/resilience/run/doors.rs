//! The way of an attempt to its body, which may lead through doors at which it has to wait.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    Call, Core, Lane, Refusal,
    judged::{open, refused},
    waits::Queue,
};
#[cfg(feature = "chaos")]
use crate::resilience::{Chaos, policy::CHAOS};
use crate::{
    resilience::{
        Bulkhead,
        bulkhead::Enter,
        limit::{Wait, shared::Asking},
        policy::{BREAKER, BULKHEAD, Has, LIMIT, Parts},
        timer::Timer,
    },
    time,
};

/// An attempt that has to wait before its body begins.
pub(super) enum AtDoor<'p> {
    /// For its turn at the rate limit.
    Limit(Wait<'p>, Timer),
    /// For its turn at the rate limit of several processes, as long as the whole call has time.
    Elsewhere(Asking<'p>, Option<Timer>),
    /// For a place in the bulkhead, as long as the whole call has time.
    Queue(Enter<'p>, Option<Timer>),
    /// Because it is to be late on purpose.
    #[cfg(feature = "chaos")]
    Delay(Timer),
}

/// Which door comes next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    First,
    Bulkhead,
    Chaos,
    #[cfg(feature = "chaos")]
    Body,
}

impl<H: Has> Core<H> {
    /// The doors at which nobody waits; `now`: the time, if somebody had to ask for it.
    #[inline(always)]
    pub(super) fn begin_body<'p, P: Parts>(
        &self,
        number: u32,
        now: Option<u64>,
        parts: &'p P,
        lane: &mut Lane<'p>,
    ) -> Result<(), Refusal> {
        if self.is_again(number) {
            lane.begin_again(number);
        }
        self.check()?;
        if self.has(BREAKER)
            && let Some(breaker) = parts.circuit_breaker()
        {
            lane.enter(breaker, || now.unwrap_or_else(time::nanos)).map_err(open)?;
        }
        Ok(())
    }
}

impl<'p> Queue<'p> {
    /// Passes the doors, one after the other.
    #[inline]
    pub(super) fn pass<P: Parts, H: Has>(
        &mut self,
        number: u32,
        parts: &'p P,
        core: &mut Core<H>,
        lane: &mut Lane<'p>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        let mut door = match self.waits.take() {
            None => Door::First,
            Some(waits) => {
                core.fix_deadline(parts);
                ready!(self.wait(waits, core.call(parts), lane, context))?
            }
        };
        loop {
            if door == Door::First {
                // Who needs the time for the limit has it for the breaker.
                let now = core.has(LIMIT).then(time::nanos);
                core.begin_body(number, now, parts, lane)?;
                self.take_turn(now, parts, core)?;
                door = Door::Bulkhead;
            }
            if self.waits.is_none() && door == Door::Bulkhead {
                self.enter(parts, core, context)?;
                #[cfg(feature = "chaos")]
                if self.waits.is_none() {
                    door = Door::Chaos;
                }
            }
            #[cfg(feature = "chaos")]
            if door == Door::Chaos && core.has(CHAOS) {
                self.strike(parts, core)?;
            }
            door = match self.waits.take() {
                None => return Poll::Ready(Ok(())),
                // Nobody wakes whoever has not been polled.
                Some(waits) => {
                    core.fix_deadline(parts);
                    ready!(self.wait(waits, core.call(parts), lane, context))?
                }
            };
        }
    }

    #[inline(always)]
    fn take_turn<P: Parts, H: Has>(
        &mut self,
        now: Option<u64>,
        parts: &'p P,
        core: &mut Core<H>,
    ) -> Result<(), Refusal> {
        if let Some(now) = now {
            let Some(limiter) = parts.rate_limit() else {
                self.waits = ask_elsewhere(parts);
                return Ok(());
            };
            let turn = limiter.admit(now).map_err(refused)?;
            match turn.nanos() {
                0 => turn.is_over(),
                nanos => {
                    core.fix_deadline(parts);
                    let until = core.call(parts).wait_for_turn(nanos)?;
                    self.waits = Some(Box::new(AtDoor::Limit(turn, Timer::until(until))));
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn enter<P: Parts, H: Has>(
        &mut self,
        parts: &'p P,
        core: &Core<H>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        if core.has(BULKHEAD)
            && let Some(bulkhead) = parts.bulkhead()
        {
            match bulkhead.enter_at_once() {
                Some(place) => self.place = Some(place),
                None => self.queue_up(bulkhead, context)?,
            }
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn queue_up(
        &mut self,
        bulkhead: &'p Bulkhead,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let mut entering = bulkhead.enter();
        match Pin::new(&mut entering).poll(context) {
            Poll::Ready(place) => self.place = Some(place.map_err(refused)?),
            Poll::Pending => self.waits = Some(Box::new(AtDoor::Queue(entering, None))),
        }
        Ok(())
    }

    #[cfg(feature = "chaos")]
    #[cold]
    fn strike<H: Has>(&mut self, parts: &dyn Parts, core: &mut Core<H>) -> Result<(), Refusal> {
        let latency = parts.chaos().map_or(Ok(0), Chaos::strike).map_err(refused)?;
        if latency > 0 {
            // A delay on purpose takes of the time that the attempt has.
            core.fix_deadline(parts);
            let until = core.call(parts).delay(&mut self.time.until, latency);
            self.waits = Some(Box::new(AtDoor::Delay(Timer::until(until))));
        }
        Ok(())
    }

    /// Waits at a door; then the next one.
    #[cold]
    #[inline(never)]
    fn wait(
        &mut self,
        mut waits: Box<AtDoor<'p>>,
        call: Call<'_>,
        lane: &mut Lane<'p>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Door, Refusal>> {
        let passed = match &mut *waits {
            AtDoor::Limit(_, timer) => Pin::new(timer).poll(context).map(|()| Ok(Door::Bulkhead)),
            AtDoor::Elsewhere(asking, timer) => match asking.as_mut().poll(context) {
                Poll::Ready(answer) => {
                    Poll::Ready(answer.map(|()| Door::Bulkhead).map_err(refused))
                }
                Poll::Pending => call.expire_waiting(timer, context).map(Err),
            },
            AtDoor::Queue(entering, timer) => match Pin::new(entering).poll(context) {
                Poll::Ready(Ok(place)) => {
                    self.place = Some(place);
                    Poll::Ready(Ok(Door::Chaos))
                }
                Poll::Ready(Err(rejected)) => Poll::Ready(Err(refused(rejected))),
                // The whole call may be over before its turn comes.
                Poll::Pending => call.expire_waiting(timer, context).map(Err),
            },
            #[cfg(feature = "chaos")]
            AtDoor::Delay(timer) => Pin::new(timer)
                .poll(context)
                .map(|()| call.in_time(self.time.until).map(|()| Door::Body)),
        };
        // What is late on purpose is to look like a callee that is.
        #[cfg(feature = "chaos")]
        let is_in_line = !matches!(*waits, AtDoor::Delay(_));
        #[cfg(not(feature = "chaos"))]
        let is_in_line = true;
        let Poll::Ready(passed) = passed else {
            if is_in_line {
                lane.waits();
            }
            self.waits = Some(waits);
            return Poll::Pending;
        };
        if is_in_line {
            lane.begins();
        }
        if let AtDoor::Limit(turn, _) = *waits {
            turn.has_waited();
        }
        Poll::Ready(passed)
    }
}

/// Asks for a turn where several processes do.
#[cold]
fn ask_elsewhere<'p>(parts: &'p dyn Parts) -> Option<Box<AtDoor<'p>>> {
    Some(Box::new(AtDoor::Elsewhere(parts.shared_limit()?.ask(), None)))
}
