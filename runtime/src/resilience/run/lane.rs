//! What one attempt holds, from its admission to its verdict.
//!
//! Nearly always that is the leave of a closed circuit breaker: three words, which are watched while
//! the body runs ([`Watch`]) and then wait for the verdict. Losing them loses nothing. A probe's
//! slot and the span of a further attempt have to be given back; they are in a box, so that the run
//! has only one thing to drop, and everything else of it can stay in registers.

use super::Judged;
use crate::{
    outcome::Outcome,
    resilience::{
        CircuitBreaker, Verdict,
        breaker::{Denied, Permit, Standing},
        scope::Limited,
        telemetry,
    },
    time,
    trace::{Attached, SpanHandle},
};

/// What one attempt holds.
#[derive(Debug)]
pub(crate) struct Lane<'p> {
    standing: Option<Standing<'p>>,
    held: MaybeHeld<'p>,
}

type MaybeHeld<'p> = Option<Box<Held<'p>>>;

/// What has to be given back; dropped before the verdict, the attempt was cancelled or has panicked.
#[derive(Debug, Default)]
struct Held<'p> {
    permit: Option<Permit<'p>>,
    /// Of an attempt after the first one.
    span: Option<SpanHandle>,
    is_running: bool,
}

impl<'p> Lane<'p> {
    pub(super) const EMPTY: Self = Self { standing: None, held: None };

    /// Begins an attempt that is not the first one.
    #[inline(always)]
    pub(super) fn begin_again(&mut self, number: u32) {
        self.held = begin_span(self.held.take(), number);
    }

    /// Asks the breaker for leave; the clock is read only if need be.
    #[inline(always)]
    pub(super) fn enter(
        &mut self,
        breaker: &'p CircuitBreaker,
        now: impl Fn() -> u64,
    ) -> Result<(), Denied> {
        if let Some(standing) = breaker.admit_at_once(&now) {
            self.standing = Some(standing);
            return Ok(());
        }
        let (held, admitted) = ask(self.held.take(), breaker, now());
        self.held = held;
        admitted
    }

    /// The attempt has ended, and this is what it means.
    #[inline(always)]
    pub(super) fn close(&mut self, seen: &Judged) {
        if let Some(standing) = self.standing.take() {
            standing.end(verdict(seen), time::nanos);
        }
        if let Some(held) = self.held.take() {
            end(held, *seen);
        }
    }
}

fn verdict(seen: &Judged) -> Verdict {
    match seen.failed {
        Some(true) => Verdict::Failure,
        Some(false) => Verdict::Success,
        None => Verdict::Ignored,
    }
}

// These take the box and give it back: whoever got its address would keep the run out of registers.

#[cold]
#[inline(never)]
fn begin_span<'p>(mut held: MaybeHeld<'p>, number: u32) -> MaybeHeld<'p> {
    if let Some(span) = telemetry::attempt_span(number) {
        held.get_or_insert_default().span = Some(span);
    }
    held
}

#[cold]
#[inline(never)]
fn ask<'p>(
    mut held: MaybeHeld<'p>,
    breaker: &'p CircuitBreaker,
    now: u64,
) -> (MaybeHeld<'p>, Result<(), Denied>) {
    let admitted =
        breaker.admit(now).map(|permit| held.get_or_insert_default().permit = Some(permit));
    (held, admitted)
}

#[cold]
#[inline(never)]
fn end(mut held: Box<Held<'_>>, seen: Judged) {
    if let Some(permit) = held.permit.take() {
        permit.end_at(verdict(&seen), time::nanos);
    }
    if let Some(span) = held.span.take() {
        span.end_with(seen.outcome);
    }
}

impl Held<'_> {
    fn set_running(&mut self, is_running: bool) {
        self.is_running = is_running;
        if let Some(permit) = &mut self.permit {
            permit.set_running(is_running);
        }
    }
}

impl Drop for Held<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            let (panicked, cancelled) = (Outcome::Panicked, Outcome::Cancelled);
            span.end_with(if self.is_running { panicked } else { cancelled });
        }
    }
}

/// The leave of a closed breaker while the body runs; dropped, the attempt is cancelled or panics.
#[derive(Debug)]
pub(super) struct Watch<'p> {
    standing: Option<Standing<'p>>,
    is_running: bool,
}

impl<'p> Watch<'p> {
    pub(super) const NOTHING: Self = Self { standing: None, is_running: false };

    /// Takes the lane's leave into its care.
    #[inline(always)]
    pub(super) fn begin(&mut self, lane: &mut Lane<'p>) {
        self.standing = lane.standing.take();
    }

    /// The body has come to its end: the verdict is to follow.
    #[inline(always)]
    pub(super) fn end(&mut self, lane: &mut Lane<'p>) {
        lane.standing = self.standing.take();
    }

    /// Does something that may panic as the body does.
    #[inline(always)]
    pub(super) fn run<R>(
        &mut self,
        lane: &mut Lane<'p>,
        _limited: Option<Limited>,
        body: impl FnOnce() -> R,
    ) -> R {
        self.is_running = true;
        let attached = lane.held.as_deref_mut().and_then(enter);
        let value = body();
        drop(attached);
        if let Some(held) = lane.held.as_deref_mut() {
            held.set_running(false);
        }
        self.is_running = false;
        value
    }
}

impl Drop for Watch<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(standing) = self.standing {
            standing.cancelled(self.is_running);
        }
    }
}

/// The body runs, in the span of the attempt if it has one.
#[cold]
#[inline(never)]
fn enter(held: &mut Held<'_>) -> Option<Box<Attached>> {
    held.set_running(true);
    held.span.as_ref().map(|span| Box::new(span.context().attach()))
}
