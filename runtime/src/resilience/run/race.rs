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
        // Dropped before its lane, which is the run's.
        #[pin]
        primary: Option<Try<'p, F>>,
        // There rarely are any.
        others: Vec<Other<'p, F>>,
        run: &'r mut Run<'p, P>,
        make: M,
        judge: J,
        timer: Option<Timer>,
        // How the primary failed, while others still run.
        failed: Option<Ended<F::Output>>,
        begun: u32,
        began: u64,
    }
}

/// An attempt that began later.
struct Other<'p, F> {
    attempt: Pin<Box<Try<'p, F>>>,
    lane: Option<Lane<'p>>,
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
        let primary = Some(Try::new(run.core.begin_attempt(), make()));
        let began = hedge(run).map_or(0, Hedge::begin);
        let (timer, failed) = (None, None);
        Self { primary, others: Vec::new(), run, make, judge, timer, failed, begun: 1, began }
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
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let mut this = self.as_mut().project();
        let Run { parts, core, lane } = &mut **this.run;
        if let Some(primary) = this.primary.as_mut().as_pin_mut()
            && let Poll::Ready(ended) = primary.poll(*parts, core, lane, context)
        {
            this.primary.set(None);
            let seen = (this.judge)(&ended);
            if this.others.is_empty() || wins(&seen) {
                this.others.clear();
                if let Some(hedge) = hedge(this.run) {
                    hedge.note(*this.began, &seen);
                }
                return Poll::Ready(ended);
            }
            close(lane, &seen);
            *this.failed = Some(ended);
        }
        self.race(context)
    }
}

impl<P, F, M, J> Hedged<'_, '_, P, F, M, J>
where
    P: Parts,
    F: Future,
    M: FnMut() -> F,
    J: Fn(&Ended<F::Output>) -> Judged,
{
    /// Looks after those that began later, and whether it is time for another one.
    #[cold]
    #[inline(never)]
    fn race(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        let mut this = self.project();
        let mut at = 0;
        loop {
            if at == this.others.len() {
                let next = if this.failed.is_none() {
                    next(this.run, this.timer, this.begun, context)
                } else {
                    None
                };
                let Some(number) = next else { break };
                let attempt = Box::pin(Try::new(number, (this.make)()));
                this.others.push(Other { attempt, lane: None });
            }
            let Some(other) = this.others.get_mut(at) else { break };
            let Run { parts, core, lane } = &mut **this.run;
            let polled = other.attempt.as_mut().poll(*parts, core, &mut other.lane, context);
            let Poll::Ready(ended) = polled else {
                at += 1;
                continue;
            };
            let Other { attempt, lane: mut ended_lane } = this.others.swap_remove(at);
            drop(attempt);
            let seen = (this.judge)(&ended);
            if wins(&seen) {
                this.primary.set(None);
                this.others.clear();
                telemetry::hedge_won(core.name(*parts));
                *lane = ended_lane;
                return Poll::Ready(ended);
            }
            close(&mut ended_lane, &seen);
        }
        match this.failed.take() {
            Some(failed) if this.others.is_empty() => Poll::Ready(failed),
            failed => {
                *this.failed = failed;
                Poll::Pending
            }
        }
    }
}

/// The number of the next attempt, if it is time for one and there may be one.
fn next<P: Parts>(
    run: &Run<'_, P>,
    timer: &mut Option<Timer>,
    begun: &mut u32,
    context: &mut Context<'_>,
) -> Option<u32> {
    let hedge = hedge(run)?;
    if *begun >= hedge.most() {
        return None;
    }
    if timer.is_none() {
        *timer = Some(Timer::until(timer::now().saturating_add(hedge.delay()?)));
    }
    if Pin::new(timer.as_mut()?).poll(context).is_pending() {
        return None;
    }
    *timer = None;
    if !hedge.affords() {
        *begun = u32::MAX;
        return None;
    }
    *begun += 1;
    telemetry::hedging(run.core.name(run.parts), *begun);
    Some(run.core.number + *begun - 1)
}

#[inline(always)]
fn hedge<'p, P: Parts>(run: &Run<'p, P>) -> Option<&'p Hedge> {
    if run.core.word & HEDGE != 0 { run.parts.hedge() } else { None }
}

/// Whether nobody has to wait for another answer: what says nothing about the callee is none.
fn wins(seen: &Judged) -> bool {
    seen.failed == Some(false)
}

fn close(lane: &mut Option<Lane<'_>>, seen: &Judged) {
    if let Some(lane) = lane {
        lane.close(seen);
    }
}
