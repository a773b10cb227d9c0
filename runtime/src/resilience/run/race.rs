//! Attempts that race in one task: the first success wins, and the others are dropped before it
//! returns.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Ended, Judged, Lane, Run, attempt::Try};
use crate::resilience::{
    Hedge,
    policy::{HEDGE, Parts},
    telemetry,
    timer::{self, Timer},
};

pin_project! {
    /// Attempts that race; dropped, they give back what they hold.
    #[must_use = "futures do nothing unless polled"]
    pub struct Hedged<'r, 'p, P: Parts, F: Future, M, J> {
        run: &'r mut Run<'p, P>,
        make: M,
        judge: J,
        #[pin]
        primary: Option<Try<'p, P, F>>,
        // There rarely are any.
        others: Vec<Pin<Box<Try<'p, P, F>>>>,
        #[pin]
        timer: Option<Timer>,
        // How the primary failed, while others still run.
        failed: Option<Ended<F::Output>>,
        begun: u32,
        began: u64,
    }
}

impl<'r, 'p, P, F, M, J> Hedged<'r, 'p, P, F, M, J>
where
    P: Parts,
    F: Future,
    M: FnMut() -> F,
    J: Fn(&Ended<F::Output>) -> Judged,
{
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P>, mut make: M, judge: J) -> Self {
        let primary = Some(Try::new(run.parts, run.core.begin_attempt(), make()));
        let began = hedge(run).map_or(0, Hedge::begin);
        let (timer, failed) = (None, None);
        Self { run, make, judge, primary, others: Vec::new(), timer, failed, begun: 1, began }
    }
}

impl<P, F, M, J> Future for Hedged<'_, '_, P, F, M, J>
where
    P: Parts,
    F: Future,
    M: FnMut() -> F,
    J: Fn(&Ended<F::Output>) -> Judged,
{
    type Output = Ended<F::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let mut this = self.project();
        let run = &mut **this.run;
        if let Some(mut primary) = this.primary.as_mut().as_pin_mut()
            && let Poll::Ready(ended) = primary.as_mut().poll(&mut run.core, context)
        {
            let lane = primary.take_lane();
            this.primary.set(None);
            let seen = (this.judge)(&ended);
            if this.others.is_empty() || wins(&seen) {
                this.others.clear();
                run.lane = lane;
                if let Some(hedge) = hedge(run) {
                    hedge.note(*this.began, &seen);
                }
                return Poll::Ready(ended);
            }
            close(lane, &seen);
            *this.failed = Some(ended);
        }
        let mut at = 0;
        while let Some(other) = this.others.get_mut(at) {
            let Poll::Ready(ended) = other.as_mut().poll(&mut run.core, context) else {
                at += 1;
                continue;
            };
            let lane = other.as_mut().take_lane();
            drop(this.others.swap_remove(at));
            let seen = (this.judge)(&ended);
            if wins(&seen) {
                this.primary.set(None);
                this.others.clear();
                run.lane = lane;
                telemetry::hedge_won(run.core.name(run.parts));
                return Poll::Ready(ended);
            }
            close(lane, &seen);
        }
        if this.others.is_empty()
            && let Some(failed) = this.failed.take()
        {
            return Poll::Ready(failed);
        }
        // The next one begins when those before it have had their time.
        let Some(hedge) = hedge(run) else { return Poll::Pending };
        while this.failed.is_none() && *this.begun < hedge.most() {
            if this.timer.is_none() {
                let Some(delay) = hedge.delay() else { break };
                this.timer.set(Some(Timer::until(timer::now().saturating_add(delay))));
            }
            let Some(timer) = this.timer.as_mut().as_pin_mut() else { break };
            if timer.poll(context).is_pending() {
                break;
            }
            this.timer.set(None);
            if !hedge.affords() {
                *this.begun = hedge.most();
                break;
            }
            *this.begun += 1;
            telemetry::hedging(run.core.name(run.parts), *this.begun);
            let number = run.core.number + *this.begun - 1;
            let mut other = Box::pin(Try::new(run.parts, number, (this.make)()));
            match other.as_mut().poll(&mut run.core, context) {
                Poll::Pending => this.others.push(other),
                Poll::Ready(ended) => {
                    let lane = other.as_mut().take_lane();
                    drop(other);
                    let seen = (this.judge)(&ended);
                    if wins(&seen) {
                        this.primary.set(None);
                        this.others.clear();
                        run.lane = lane;
                        telemetry::hedge_won(run.core.name(run.parts));
                        return Poll::Ready(ended);
                    }
                    close(lane, &seen);
                }
            }
        }
        Poll::Pending
    }
}

#[inline(always)]
fn hedge<'p, P: Parts>(run: &Run<'p, P>) -> Option<&'p Hedge> {
    if run.core.word & HEDGE != 0 { run.parts.hedge() } else { None }
}

/// Whether nobody has to wait for another answer.
fn wins(seen: &Judged) -> bool {
    seen.failed != Some(true) && seen.rejected.is_none()
}

fn close(mut lane: Lane<'_>, seen: &Judged) {
    lane.close(seen);
}
