//! What one attempt holds, from its admission to its verdict.
//!
//! Nearly always that is the leave of a closed circuit breaker: three words that stay where they are
//! until the verdict. Losing them loses nothing. A probe's slot and the span of a further attempt have
//! to be given back; they are in a box, so that the run has only one thing to drop, and everything
//! else of it can stay in registers.

use std::mem;

use super::Judged;
use crate::{
    outcome::Outcome,
    resilience::{
        CircuitBreaker, Verdict,
        breaker::{Denied, Permit, Standing},
        bulkhead::{Lesson, Place},
        policy::{BREAKER, BULKHEAD, HEDGE, Has, RETRY},
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
    /// What a bulkhead that adapts is to learn of it.
    lesson: Option<Lesson<'p>>,
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

    /// The attempt has to wait before it begins, which is not the callee's fault.
    #[inline]
    pub(super) fn waits(&mut self) {
        self.standing = self.standing.map(Standing::waiting);
        if let Some(permit) = self.held.as_deref_mut().and_then(|held| held.permit.as_mut()) {
            permit.waits();
        }
    }

    /// It has waited long enough.
    #[inline]
    pub(super) fn begins(&mut self) {
        let now = time::nanos();
        self.standing = self.standing.map(|standing| standing.beginning(now));
        if let Some(permit) = self.held.as_deref_mut().and_then(|held| held.permit.as_mut()) {
            permit.begins(now);
        }
    }

    /// The body is about to leave its place.
    #[inline(always)]
    pub(super) fn note(&mut self, place: Option<&Place<'p>>) {
        if let Some(lesson) = place.and_then(Place::lesson) {
            self.held = keep(self.held.take(), lesson);
        }
    }

    /// The attempt has ended, and this is what it means.
    #[inline(always)]
    pub(super) fn close<H: Has>(&mut self, seen: &Judged) {
        if H::HAS & BREAKER != 0
            && let Some(standing) = self.standing.take()
        {
            standing.end(verdict(seen), time::nanos);
        }
        if H::HAS & (BREAKER | RETRY | HEDGE | BULKHEAD) != 0
            && let Some(held) = self.held.take()
        {
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
fn keep<'p>(mut held: MaybeHeld<'p>, lesson: Lesson<'p>) -> MaybeHeld<'p> {
    held.get_or_insert_default().lesson = Some(lesson);
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
    if let Err(denied) = admitted {
        breaker.tell_denied(denied);
    }
    (held, admitted)
}

#[cold]
#[inline(never)]
#[expect(clippy::boxed_local, reason = "it was in a box before, and comes in a register")]
fn end(mut held: Box<Held<'_>>, seen: Judged) {
    if let Some(permit) = held.permit.take() {
        permit.end_at(verdict(&seen), time::nanos);
    }
    if let Some(lesson) = held.lesson.take() {
        lesson.learn(verdict(&seen));
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

impl Lane<'_> {
    /// Runs the body, or polls it, in the span of the attempt if that has one.
    #[inline(always)]
    pub(super) fn run<R>(&mut self, _limited: Option<Limited>, body: impl FnOnce() -> R) -> R {
        let attached = self.held.as_deref_mut().and_then(enter);
        let value = body();
        if let Some(attached) = attached {
            detach(attached);
        }
        if let Some(held) = self.held.as_deref_mut() {
            held.set_running(false);
        }
        value
    }

    /// The attempt does not come to its end.
    #[inline(always)]
    pub(super) fn abandon<H: Has>(&mut self, has_panicked: bool) {
        if H::HAS & BREAKER != 0
            && let Some(standing) = self.standing.take()
        {
            standing.cancelled(has_panicked);
        }
    }
}

/// While a synchronous body runs; dropped, it has panicked.
pub(super) struct Running<'p>(Option<Standing<'p>>);

impl<'p> Running<'p> {
    #[inline(always)]
    pub(super) fn run<R>(
        lane: &mut Lane<'p>,
        limited: Option<Limited>,
        body: impl FnOnce() -> R,
    ) -> R {
        // A copy: whoever unwinds from here does not ask the lane any more.
        let running = Self(lane.standing);
        let value = lane.run(limited, body);
        mem::forget(running);
        value
    }
}

impl Drop for Running<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(standing) = self.0 {
            standing.cancelled(true);
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

#[cold]
#[inline(never)]
fn detach(attached: Box<Attached>) {
    drop(attached);
}
