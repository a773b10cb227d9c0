//! One attempt of an asynchronous function: its doors, its time limit, its body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    Call, Core, Ended, Lane, Refusal, Run,
    judged::{open, refused},
    lane::Watch,
    limits::too_late,
};
#[cfg(feature = "chaos")]
use crate::resilience::{Chaos, policy::CHAOS};
use crate::{
    resilience::{
        RejectedKind,
        bulkhead::{Enter, Place},
        limit::Wait,
        policy::{BREAKER, BULKHEAD, Has, LIMIT, Parts, RETRY, TIMEOUT},
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
        watch: Watch<'p>,
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
            watch: Watch::NOTHING,
            place: None,
            doors: None,
            timer: None,
            until: NEVER,
            number,
            is_admitted: false,
        }
    }

    #[inline(always)]
    pub(super) fn poll<P: Parts, H: Has>(
        self: Pin<&mut Self>,
        parts: &'p P,
        core: &mut Core<H>,
        lane: &mut Lane<'p>,
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
            this.watch.begin(lane);
        }
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = {
            let _within = scope::enter(*this.number, core.has(RETRY));
            if is_guarded {
                let limited = core.limit(parts, *this.until);
                this.watch.run(lane, limited, || body.poll(context))
            } else {
                body.poll(context)
            }
        };
        match polled {
            Poll::Ready(value) => {
                if is_guarded {
                    this.watch.end(lane);
                }
                return Poll::Ready(Ok(value));
            }
            Poll::Pending if !core.has(TIMEOUT) => return Poll::Pending,
            Poll::Pending => core.fix_deadline(parts),
        }
        let whose = ready!(core.call(parts).expire(this.until, this.timer, context));
        this.watch.end(lane);
        // Before the caller learns of it, nothing of the body runs any more, and its place is free.
        this.body.set(None);
        *this.place = None;
        Poll::Ready(Err(too_late(whose)))
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
    fn pass<P: Parts, H: Has>(
        mut self,
        parts: &'p P,
        core: &mut Core<H>,
        lane: &mut Lane<'p>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        let mut door = match self.waits.take() {
            None => Door::First,
            Some(waits) => {
                core.fix_deadline(parts);
                ready!(self.wait(waits, core.call(parts), context))?
            }
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
            if door == Door::Chaos && core.has(CHAOS) {
                self.strike(parts, core)?;
            }
            door = match self.waits.take() {
                None => return Poll::Ready(Ok(())),
                // Nobody wakes whoever has not been polled.
                Some(waits) => {
                    core.fix_deadline(parts);
                    ready!(self.wait(waits, core.call(parts), context))?
                }
            };
        }
    }

    /// The doors at which nobody queues.
    #[inline(always)]
    fn first<P: Parts, H: Has>(
        &mut self,
        parts: &'p P,
        core: &mut Core<H>,
        lane: &mut Lane<'p>,
    ) -> Result<(), Refusal> {
        if core.is_again(self.number) {
            lane.begin_again(self.number);
        }
        core.check()?;
        // Who needs the time for the limit has it for the breaker.
        let now = if core.has(LIMIT) { time::nanos() } else { 0 };
        if core.has(BREAKER)
            && let Some(breaker) = parts.circuit_breaker()
        {
            lane.enter(breaker, || if now == 0 { time::nanos() } else { now }).map_err(open)?;
        }
        if core.has(LIMIT)
            && let Some(limiter) = parts.rate_limit()
        {
            let turn = limiter.admit(now).map_err(refused)?;
            match turn.nanos() {
                0 => turn.is_over(),
                nanos => {
                    core.fix_deadline(parts);
                    let until = core.call(parts).wait_for_turn(nanos)?;
                    *self.waits = Some(Box::new(AtDoor::Limit(turn, Timer::until(until))));
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
            let mut entering = bulkhead.enter();
            match Pin::new(&mut entering).poll(context) {
                Poll::Ready(place) => *self.place = Some(place.map_err(refused)?),
                Poll::Pending => *self.waits = Some(Box::new(AtDoor::Queue(entering, None))),
            }
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
            let until = core.call(parts).delay(self.until, latency);
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
        call: Call<'_>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Door, Refusal>> {
        let passed = match &mut *waits {
            AtDoor::Limit(_, timer) => Pin::new(timer).poll(context).map(|()| Ok(Door::Bulkhead)),
            AtDoor::Queue(entering, timer) => match Pin::new(entering).poll(context) {
                Poll::Ready(Ok(place)) => {
                    *self.place = Some(place);
                    Poll::Ready(Ok(Door::Chaos))
                }
                Poll::Ready(Err(rejected)) => Poll::Ready(Err(refused(rejected))),
                // The whole call may be over before its turn comes.
                Poll::Pending => call
                    .expire_waiting(timer, context)
                    .map(|_| Err(Refusal::of_kind(RejectedKind::BulkheadFull))),
            },
            #[cfg(feature = "chaos")]
            AtDoor::Delay(timer) => Pin::new(timer)
                .poll(context)
                .map(|()| call.in_time(*self.until).map(|()| Door::Body)),
        };
        let Poll::Ready(passed) = passed else {
            *self.waits = Some(waits);
            return Poll::Pending;
        };
        if let AtDoor::Limit(turn, _) = *waits {
            turn.is_over();
        }
        Poll::Ready(passed)
    }
}

pin_project! {
    /// One attempt; dropped, it gives back what it holds.
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<'r, 'p, P: Parts, F, H: Has> {
        // Dropped before the lane, which is the run's.
        #[pin]
        attempt: Try<'p, F>,
        run: &'r mut Run<'p, P, H>,
    }
}

impl<'r, 'p, P: Parts, F: Future, H: Has> Attempt<'r, 'p, P, F, H> {
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P, H>, body: F) -> Self {
        Self { attempt: Try::new(run.core.begin_attempt(), body), run }
    }
}

impl<P: Parts, F: Future, H: Has> Future for Attempt<'_, '_, P, F, H> {
    type Output = Ended<F::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let Run { parts, core, lane, .. } = &mut **this.run;
        this.attempt.poll(*parts, core, lane, context)
    }
}
