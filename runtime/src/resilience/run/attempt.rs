//! One attempt of an asynchronous function: its doors, its time limit, its body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Core, Ended, Lane, Run};
use crate::{
    resilience::{
        Rejected, RejectedKind,
        bulkhead::{Enter, Place},
        limit::Wait,
        policy::{BREAKER, BULKHEAD, CHAOS, GATES, LIMIT, Parts, RETRY, TIMEOUT},
        scope::{self, NEVER},
        timer::Timer,
    },
    time,
};

/// Where an attempt is on its way to its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// Waits for its turn at the rate limit.
    Limit,
    /// In the queue of the bulkhead.
    Queue,
    /// Late on purpose.
    #[cfg(feature = "chaos")]
    Latency,
    Body,
}

pin_project! {
    /// One attempt with all that it holds, which is given back when it is dropped.
    pub(super) struct Try<'p, P: Parts, F> {
        parts: &'p P,
        // Dropped before what was held for it.
        #[pin]
        body: Option<F>,
        place: Option<Place<'p>>,
        lane: Lane<'p>,
        turn: Option<Wait<'p>>,
        #[pin]
        entering: Option<Enter<'p>>,
        #[pin]
        timer: Option<Timer>,
        stage: Stage,
        number: u32,
        // When the body has to be ready, once that is known.
        until: u64,
    }
}

impl<'p, P: Parts, F: Future> Try<'p, P, F> {
    #[inline(always)]
    pub(super) fn new(parts: &'p P, number: u32, body: F) -> Self {
        Self {
            parts,
            body: Some(body),
            place: None,
            lane: Lane::EMPTY,
            turn: None,
            entering: None,
            timer: None,
            stage: Stage::Begin,
            number,
            until: NEVER,
        }
    }

    /// What it holds for its verdict, once it has ended.
    #[inline(always)]
    pub(super) fn take_lane(self: Pin<&mut Self>) -> Lane<'p> {
        std::mem::replace(self.project().lane, Lane::EMPTY)
    }

    #[inline(always)]
    pub(super) fn poll(
        mut self: Pin<&mut Self>,
        core: &mut Core,
        context: &mut Context<'_>,
    ) -> Poll<Ended<F::Output>> {
        if self.stage != Stage::Body
            && let Err(rejected) = ready!(self.as_mut().admit(core, context))
        {
            self.project().body.set(None);
            return Poll::Ready(Err(rejected));
        }
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = {
            let _within = scope::enter(*this.number, core.word & RETRY != 0);
            let _limited = (core.word & TIMEOUT != 0).then(|| core.limit(*this.parts, *this.until));
            this.lane.poll(|| body.poll(context))
        };
        if let Poll::Ready(value) = polled {
            return Poll::Ready(Ok(value));
        }
        if core.word & TIMEOUT == 0 {
            return Poll::Pending;
        }
        let whose = ready!(core.expire(*this.parts, this.until, this.timer, context));
        // Before the caller learns of it, nothing of the body runs any more, and its place is free.
        this.body.set(None);
        *this.place = None;
        Poll::Ready(Err(Rejected::new(RejectedKind::Timeout(whose), "")))
    }

    /// Passes the doors, one after the other.
    #[inline(always)]
    fn admit(
        self: Pin<&mut Self>,
        core: &mut Core,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Rejected>> {
        let mut this = self.project();
        if *this.stage == Stage::Begin {
            *this.lane = Lane::begin(*this.number);
            core.check()?;
            if core.word & GATES == 0 {
                *this.stage = Stage::Body;
                return Poll::Ready(Ok(()));
            }
            // Who needs the time for the limit has it for the breaker.
            let now = if core.word & LIMIT != 0 { time::nanos() } else { 0 };
            if core.word & BREAKER != 0
                && let Some(breaker) = this.parts.circuit_breaker()
            {
                this.lane.hold(match now {
                    0 => breaker.admit_now()?,
                    now => breaker.admit(now)?,
                });
            }
            if core.word & LIMIT != 0
                && let Some(limiter) = this.parts.rate_limit()
            {
                let turn = limiter.admit(now)?;
                match turn.nanos() {
                    0 => turn.is_over(),
                    nanos => {
                        let until = core.wait_for_turn(*this.parts, nanos)?;
                        this.timer.set(Some(Timer::until(until)));
                        *this.turn = Some(turn);
                        *this.stage = Stage::Limit;
                    }
                }
            }
        }
        if *this.stage == Stage::Limit {
            if let Some(timer) = this.timer.as_mut().as_pin_mut() {
                ready!(timer.poll(context));
            }
            this.timer.set(None);
            this.turn.take().map(Wait::is_over);
        }
        if matches!(*this.stage, Stage::Begin | Stage::Limit)
            && core.word & BULKHEAD != 0
            && let Some(bulkhead) = this.parts.bulkhead()
        {
            this.entering.set(Some(bulkhead.enter()));
            *this.stage = Stage::Queue;
        }
        if let Some(entering) = this.entering.as_mut().as_pin_mut() {
            match entering.poll(context) {
                Poll::Ready(entered) => {
                    this.entering.set(None);
                    this.timer.set(None);
                    *this.place = Some(entered?);
                }
                Poll::Pending => {
                    // The whole call may be over before its turn comes.
                    ready!(core.expire_waiting(*this.parts, this.timer, context));
                    this.entering.set(None);
                    return Poll::Ready(Err(Rejected::new(RejectedKind::BulkheadFull, "")));
                }
            }
        }
        #[cfg(feature = "chaos")]
        if core.word & CHAOS != 0 {
            if *this.stage != Stage::Latency
                && let Some(chaos) = this.parts.chaos()
            {
                let latency = chaos.strike()?;
                if latency > 0 {
                    // A delay on purpose takes of the time that the attempt has.
                    let until = core.delay(*this.parts, this.until, latency);
                    this.timer.set(Some(Timer::until(until)));
                }
                *this.stage = Stage::Latency;
            }
            if let Some(timer) = this.timer.as_mut().as_pin_mut() {
                ready!(timer.poll(context));
                this.timer.set(None);
                core.in_time(*this.until)?;
            }
        }
        *this.stage = Stage::Body;
        Poll::Ready(Ok(()))
    }
}

pin_project! {
    /// One attempt; dropped, it gives back what it holds.
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<'r, 'p, P: Parts, F> {
        run: &'r mut Run<'p, P>,
        #[pin]
        attempt: Try<'p, P, F>,
    }
}

impl<'r, 'p, P: Parts, F: Future> Attempt<'r, 'p, P, F> {
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P>, body: F) -> Self {
        let attempt = Try::new(run.parts, run.core.begin_attempt(), body);
        Self { run, attempt }
    }
}

impl<P: Parts, F: Future> Future for Attempt<'_, '_, P, F> {
    type Output = Ended<F::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let mut this = self.project();
        let ended = ready!(this.attempt.as_mut().poll(&mut this.run.core, context));
        this.run.lane = this.attempt.take_lane();
        Poll::Ready(ended)
    }
}
