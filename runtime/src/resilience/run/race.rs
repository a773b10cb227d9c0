//! Attempts that race in one task: the first success wins, and the others are dropped before it
//! returns.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Ended, Judged, Lane, Run, attempt::Try, waits::Waits};
use crate::resilience::{
    Hedge,
    policy::{Any, HEDGE, Has, Parts},
    telemetry,
    timer::{self, Timer},
};

pin_project! {
    /// Attempts that race; dropped, they give back what they hold.
    #[must_use = "futures do nothing unless polled"]
    pub struct Hedged<'r, 'p, P: Parts, F: Future, M, J, H: Has> {
        // Dropped before its lane, which is the run's.
        #[pin]
        primary: Option<Try<'p, F, H::Waits<'p>>>,
        // There rarely are any.
        others: Vec<Other<'p, F, H::Waits<'p>>>,
        run: &'r mut Run<'p, P, H>,
        make: M,
        judge: J,
        timer: Option<Timer>,
        // How the primary failed, while others still run.
        failed: Option<Ended<F::Output>>,
        begun: u32,
        began: u64,
    }

    impl<'r, 'p, P: Parts, F: Future, M, J, H: Has> PinnedDrop for Hedged<'r, 'p, P, F, M, J, H> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(primary) = this.primary.as_mut().as_pin_mut() {
                primary.leave::<H>(&mut this.run.lane);
            }
        }
    }
}

/// An attempt that began later.
struct Other<'p, F: Future, W: Waits<'p>> {
    attempt: Option<Pin<Box<Try<'p, F, W>>>>,
    lane: Lane<'p>,
}

impl<'p, F: Future, W: Waits<'p>> Drop for Other<'p, F, W> {
    fn drop(&mut self) {
        if let Some(mut attempt) = self.attempt.take() {
            attempt.as_mut().leave::<Any>(&mut self.lane);
        }
    }
}

impl<'r, 'p, P, F, M, J, H: Has> Hedged<'r, 'p, P, F, M, J, H>
where
    P: Parts,
    F: Future,
    M: FnMut() -> F,
    J: Fn(&Ended<F::Output>) -> Judged,
{
    #[inline(always)]
    pub(super) fn new(run: &'r mut Run<'p, P, H>, mut make: M, judge: J) -> Self {
        let primary = Some(Try::new(run.core.begin_attempt(), make()));
        let began = hedge(run).map_or(0, Hedge::begin);
        let (timer, failed) = (None, None);
        Self { primary, others: Vec::new(), run, make, judge, timer, failed, begun: 1, began }
    }
}

impl<P, F, M, J, H: Has> Future for Hedged<'_, '_, P, F, M, J, H>
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
        let Run { parts, core, lane, .. } = &mut **this.run;
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
            lane.close::<H>(&seen);
            *this.failed = Some(ended);
        }
        self.race(context)
    }
}

impl<P, F, M, J, H: Has> Hedged<'_, '_, P, F, M, J, H>
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
                let attempt = Some(Box::pin(Try::new(number, (this.make)())));
                this.others.push(Other { attempt, lane: Lane::EMPTY });
            }
            let Some(other) = this.others.get_mut(at) else { break };
            let Run { parts, core, lane, .. } = &mut **this.run;
            let Some(attempt) = &mut other.attempt else { break };
            let polled = attempt.as_mut().poll(*parts, core, &mut other.lane, context);
            let Poll::Ready(ended) = polled else {
                at += 1;
                continue;
            };
            other.attempt = None;
            let mut other = this.others.swap_remove(at);
            let seen = (this.judge)(&ended);
            if wins(&seen) {
                if let Some(primary) = this.primary.as_mut().as_pin_mut() {
                    primary.leave::<H>(lane);
                }
                this.primary.set(None);
                this.others.clear();
                telemetry::hedge_won(core.call(*parts).name());
                mem::swap(lane, &mut other.lane);
                return Poll::Ready(ended);
            }
            other.lane.close::<H>(&seen);
            if seen.rejected.is_some_and(|kind| !kind.ran()) {
                this.run.later.refused += 1;
            }
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
fn next<P: Parts, H: Has>(
    run: &mut Run<'_, P, H>,
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
    telemetry::hedging(run.core.call(run.parts).name(), *begun);
    run.core.hedged += 1;
    Some(run.core.number + run.core.hedged)
}

#[inline(always)]
fn hedge<'p, P: Parts, H: Has>(run: &Run<'p, P, H>) -> Option<&'p Hedge> {
    if run.core.has(HEDGE) { run.parts.hedge() } else { None }
}

/// Whether nobody has to wait for another answer: what says nothing about the callee is none.
fn wins(seen: &Judged) -> bool {
    seen.failed == Some(false)
}
