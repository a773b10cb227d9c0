//! One attempt of an asynchronous function: its doors, its time limit, its body.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Core, Ended, Lane, Run, limits::too_late, waits::Waits};
use crate::resilience::{
    policy::{Has, Parts, RETRY, TIMEOUT},
    scope::{self, NEVER},
};

pin_project! {
    /// One attempt with what it holds beside its lane, which is given back when it is dropped.
    ///
    /// Whoever awaits it drops it as soon as it is ready, before anybody learns of its end: then
    /// nothing of the body runs any more, and its place is free.
    pub(super) struct Try<'p, F, W> {
        // Dropped before what was held for it.
        #[pin]
        body: F,
        waits: W,
        number: u32,
        stage: Stage,
        whose: PhantomData<&'p ()>,
    }
}

/// How far an attempt has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    AtDoor,
    Admitted,
    /// Dropped here, it has panicked.
    Running,
    /// Its verdict is somebody else's matter.
    Over,
}

impl<'p, F: Future, W: Waits<'p>> Try<'p, F, W> {
    #[inline(always)]
    pub(super) fn new(number: u32, body: F) -> Self {
        Self { body, waits: W::NOTHING, number, stage: Stage::AtDoor, whose: PhantomData }
    }

    #[inline(always)]
    pub(super) fn poll<P: Parts, H: Has>(
        self: Pin<&mut Self>,
        parts: &'p P,
        core: &mut Core<H>,
        lane: &mut Lane<'p>,
        context: &mut Context<'_>,
    ) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let number = *this.number;
        if !core.is_guarded(number) {
            let _within = scope::enter(number, core.has(RETRY));
            return this.body.poll(context).map(Ok);
        }
        if *this.stage == Stage::AtDoor {
            let admitted = match this.waits.queue() {
                None => core.begin_body(number, None, parts, lane),
                Some(queue) => ready!(queue.pass(number, parts, core, lane, context)),
            };
            if let Err(refusal) = admitted {
                *this.stage = Stage::Over;
                return Poll::Ready(Err(core.call(parts).tell(refusal)));
            }
        }
        let polled = {
            let _within = scope::enter(number, core.has(RETRY));
            let until = this.waits.time().map_or(NEVER, |time| time.until);
            let limited = core.limit(parts, until);
            *this.stage = Stage::Running;
            lane.run(limited, || this.body.poll(context))
        };
        *this.stage = Stage::Admitted;
        if let Poll::Ready(value) = polled {
            *this.stage = Stage::Over;
            if let Some(queue) = this.waits.queue() {
                lane.note(queue.place.as_ref());
            }
            return Poll::Ready(Ok(value));
        }
        let Some(time) = this.waits.time() else { return Poll::Pending };
        if !core.has(TIMEOUT) {
            return Poll::Pending;
        }
        core.fix_deadline(parts);
        let whose = ready!(core.call(parts).expire(time, context));
        *this.stage = Stage::Over;
        if let Some(queue) = this.waits.queue() {
            lane.note(queue.place.as_ref());
        }
        Poll::Ready(Err(core.call(parts).tell(too_late(whose))))
    }

    /// It is dropped, and tells the lane if it was not over.
    #[inline(always)]
    pub(super) fn leave<H: Has>(self: Pin<&mut Self>, lane: &mut Lane<'p>) {
        let stage = self.project().stage;
        if *stage != Stage::Over {
            lane.abandon::<H>(*stage == Stage::Running);
            *stage = Stage::Over;
        }
    }
}

pin_project! {
    /// One attempt; dropped, it gives back what it holds.
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<'r, 'p, P: Parts, F: Future, H: Has> {
        // Dropped before the lane, which is the run's.
        #[pin]
        attempt: Try<'p, F, H::Waits<'p>>,
        run: &'r mut Run<'p, P, H>,
    }

    impl<'r, 'p, P: Parts, F: Future, H: Has> PinnedDrop for Attempt<'r, 'p, P, F, H> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.attempt.leave::<H>(&mut this.run.lane);
        }
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
