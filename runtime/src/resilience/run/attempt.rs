//! One attempt of an asynchronous function.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Ended, Lane, Run};
use crate::resilience::{
    policy::{Parts, RETRY},
    scope,
    timer::Timer,
};

pin_project! {
    /// One attempt; dropped, it gives back what it holds.
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<'r, 'p, P: Parts, F> {
        run: &'r mut Run<'p, P>,
        // Dropped before what was held for it.
        #[pin]
        body: Option<F>,
        #[pin]
        timer: Option<Timer>,
        begun: bool,
    }
}

impl<'r, 'p, P: Parts, F: Future> Attempt<'r, 'p, P, F> {
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P>, body: F) -> Self {
        Self { run, body: Some(body), timer: None, begun: false }
    }
}

impl<P: Parts, F: Future> Future for Attempt<'_, '_, P, F> {
    type Output = Ended<F::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let Run { core, lane, .. } = &mut **this.run;
        if !*this.begun {
            *this.begun = true;
            *lane = Lane::begin(core.begin_attempt());
        }
        let _within = scope::enter(core.number, core.word & RETRY != 0);
        let Some(body) = this.body.as_pin_mut() else { return Poll::Pending };
        lane.poll(|| body.poll(context)).map(Ok)
    }
}
