//! One attempt of an asynchronous function: its doors, its time limit, its body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Core, Ended, Lane, Refusal, Run, lane::Around};
#[cfg(feature = "chaos")]
use crate::resilience::{Chaos, policy::CHAOS};
use crate::{
    resilience::{
        Rejected, RejectedKind,
        bulkhead::{Enter, Place},
        limit::Wait,
        policy::{BREAKER, BULKHEAD, LIMIT, Parts, RETRY, TIMEOUT},
        scope::{self, NEVER},
        timer::Timer,
    },
    time,
};

pin_project! {
    /// One attempt with what it holds beside its lane, which is given back when it is dropped.
    pub(super) struct Try<'p, F> {
        // Dropped before what was held for it.
        #[pin]
        body: Option<F>,
        place: Option<Place<'p>>,
        doors: Option<Box<AtDoor<'p>>>,
        timer: Option<Timer>,
        // When the body has to be ready, once that is known.
        until: u64,
        number: u32,
        is_admitted: bool,
    }
}

/// An attempt that has to wait before its body begins.
enum AtDoor<'p> {
    /// For its turn at the rate limit.
    Limit(Wait<'p>, Timer),
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

impl<'p, F: Future> Try<'p, F> {
    #[inline(always)]
    pub(super) fn new(number: u32, body: F) -> Self {
        Self {
            body: Some(body),
            place: None,
            doors: None,
            timer: None,
            until: NEVER,
            number,
            is_admitted: false,
        }
    }

    #[inline(always)]
    pub(super) fn poll<P: Parts>(
        self: Pin<&mut Self>,
        parts: &'p P,
        core: &mut Core,
        lane: &mut Option<Lane<'p>>,
        context: &mut Context<'_>,
    ) -> Poll<Ended<F::Output>> {
        let mut this = self.project();
        let is_guarded = core.is_guarded(*this.number);
        if is_guarded && !*this.is_admitted {
            let (place, waits, number) = (&mut *this.place, &mut *this.doors, *this.number);
            let doors = Doors {
                place,
                waits,
                #[cfg(feature = "chaos")]
                until: &mut *this.until,
                number,
            };
            if let Err(refusal) = ready!(doors.pass(parts, core, lane, context)) {
                this.body.set(None);
                return Poll::Ready(Err(refusal));
            }
            *this.is_admitted = true;
        }
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = {
            let _within = scope::enter(*this.number, core.word & RETRY != 0);
            let around = if is_guarded {
                let limited = (core.word & TIMEOUT != 0).then(|| core.limit(parts, *this.until));
                Some(Around::enter(lane, *this.number, limited))
            } else {
                None
            };
            let polled = body.poll(context);
            if let Some(around) = around {
                around.leave(lane);
            }
            polled
        };
        match polled {
            Poll::Ready(value) => return Poll::Ready(Ok(value)),
            Poll::Pending if core.word & TIMEOUT == 0 => return Poll::Pending,
            Poll::Pending => {}
        }
        let whose = ready!(core.expire(parts, this.until, this.timer, context));
        // Before the caller learns of it, nothing of the body runs any more, and its place is free.
        this.body.set(None);
        *this.place = None;
        let late = Rejected::new(RejectedKind::Timeout(whose), "");
        Poll::Ready(Err(lane.get_or_insert(Lane::EMPTY).refuse(core, parts, late)))
    }
}

/// The way of an attempt to its body.
struct Doors<'t, 'p> {
    place: &'t mut Option<Place<'p>>,
    waits: &'t mut Option<Box<AtDoor<'p>>>,
    #[cfg(feature = "chaos")]
    until: &'t mut u64,
    number: u32,
}

impl<'p> Doors<'_, 'p> {
    /// Passes the doors, one after the other.
    #[inline]
    fn pass<P: Parts>(
        mut self,
        parts: &'p P,
        core: &mut Core,
        lane: &mut Option<Lane<'p>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        let lane = match lane {
            Some(lane) if self.waits.is_some() => lane,
            lane => Lane::begin(lane),
        };
        let passed = ready!(self.try_pass(parts, core, lane, context));
        Poll::Ready(passed.map_err(|rejected| lane.refuse(core, parts, rejected)))
    }

    #[inline]
    fn try_pass<P: Parts>(
        &mut self,
        parts: &'p P,
        core: &mut Core,
        lane: &mut Lane<'p>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Rejected>> {
        let mut door = match self.waits.take() {
            None => Door::First,
            Some(waits) => ready!(self.wait(waits, parts, core, context))?,
        };
        loop {
            if door == Door::First {
                self.first(parts, core, lane)?;
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
            if door == Door::Chaos && core.word & CHAOS != 0 {
                self.strike(parts, core)?;
            }
            door = match self.waits.take() {
                None => return Poll::Ready(Ok(())),
                // Nobody wakes whoever has not been polled.
                Some(waits) => ready!(self.wait(waits, parts, core, context))?,
            };
        }
    }

    /// The doors at which nobody queues.
    #[inline(always)]
    fn first<P: Parts>(
        &mut self,
        parts: &'p P,
        core: &mut Core,
        lane: &mut Lane<'p>,
    ) -> Result<(), Rejected> {
        if self.number > 1 {
            lane.begin_again(self.number);
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
            match turn.nanos() {
                0 => turn.is_over(),
                nanos => {
                    let until = core.wait_for_turn(parts, nanos)?;
                    *self.waits = Some(Box::new(AtDoor::Limit(turn, Timer::until(until))));
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn enter<P: Parts>(
        &mut self,
        parts: &'p P,
        core: &Core,
        context: &mut Context<'_>,
    ) -> Result<(), Rejected> {
        if core.word & BULKHEAD != 0
            && let Some(bulkhead) = parts.bulkhead()
        {
            let mut entering = bulkhead.enter();
            match Pin::new(&mut entering).poll(context) {
                Poll::Ready(place) => *self.place = Some(place?),
                Poll::Pending => *self.waits = Some(Box::new(AtDoor::Queue(entering, None))),
            }
        }
        Ok(())
    }

    #[cfg(feature = "chaos")]
    #[cold]
    fn strike(&mut self, parts: &dyn Parts, core: &mut Core) -> Result<(), Rejected> {
        let latency = parts.chaos().map_or(Ok(0), Chaos::strike)?;
        if latency > 0 {
            // A delay on purpose takes of the time that the attempt has.
            let until = core.delay(parts, self.until, latency);
            *self.waits = Some(Box::new(AtDoor::Delay(Timer::until(until))));
        }
        Ok(())
    }

    /// Waits at a door; then the next one.
    #[cold]
    #[inline(never)]
    fn wait(
        &mut self,
        mut waits: Box<AtDoor<'p>>,
        parts: &dyn Parts,
        core: &mut Core,
        context: &mut Context<'_>,
    ) -> Poll<Result<Door, Rejected>> {
        let passed = match &mut *waits {
            AtDoor::Limit(_, timer) => Pin::new(timer).poll(context).map(|()| Ok(Door::Bulkhead)),
            AtDoor::Queue(entering, timer) => match Pin::new(entering).poll(context) {
                Poll::Ready(Ok(place)) => {
                    *self.place = Some(place);
                    Poll::Ready(Ok(Door::Chaos))
                }
                Poll::Ready(Err(rejected)) => Poll::Ready(Err(rejected)),
                // The whole call may be over before its turn comes.
                Poll::Pending => core
                    .expire_waiting(parts, timer, context)
                    .map(|_| Err(Rejected::new(RejectedKind::BulkheadFull, ""))),
            },
            #[cfg(feature = "chaos")]
            AtDoor::Delay(timer) => Pin::new(timer)
                .poll(context)
                .map(|()| core.in_time(*self.until).map(|()| Door::Body)),
        };
        let Poll::Ready(passed) = passed else {
            *self.waits = Some(waits);
            return Poll::Pending;
        };
        if let AtDoor::Limit(turn, _) = *waits {
            turn.has_waited();
        }
        Poll::Ready(passed)
    }
}

pin_project! {
    /// One attempt; dropped, it gives back what it holds.
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<'r, 'p, P: Parts, F> {
        // Dropped before the lane, which is the run's.
        #[pin]
        attempt: Try<'p, F>,
        run: &'r mut Run<'p, P>,
    }
}

impl<'r, 'p, P: Parts, F: Future> Attempt<'r, 'p, P, F> {
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P>, body: F) -> Self {
        Self { attempt: Try::new(run.core.begin_attempt(), body), run }
    }
}

impl<P: Parts, F: Future> Future for Attempt<'_, '_, P, F> {
    type Output = Ended<F::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let Run { parts, core, lane } = &mut **this.run;
        this.attempt.poll(*parts, core, lane, context)
    }
}
