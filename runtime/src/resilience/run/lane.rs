//! What one attempt holds, from its admission to its verdict.

use super::Judged;
use crate::{
    outcome::Outcome,
    resilience::{Verdict, breaker::Permit, scope::Limited, telemetry},
    time,
    trace::{Attached, SpanHandle},
};

/// What one attempt holds; dropped before its verdict, it was cancelled or has panicked.
///
/// It has no destructor of its own, and those of its fields are short: so it can stay in registers.
#[derive(Debug)]
pub(crate) struct Lane<'p> {
    permit: Option<Permit<'p>>,
    /// Of an attempt after the first one.
    span: Option<Box<AttemptSpan>>,
}

/// The span of an attempt.
#[derive(Debug)]
struct AttemptSpan {
    span: Option<SpanHandle>,
    /// The body is running: if the span is dropped now, it has panicked.
    is_running: bool,
}

impl<'p> Lane<'p> {
    pub(super) const EMPTY: Self = Self { permit: None, span: None };

    /// Begins an attempt that is not the first one.
    #[inline(always)]
    pub(super) fn begin_again(&mut self, number: u32) {
        self.span = attempt_span(number);
    }

    #[inline(always)]
    pub(super) fn hold(&mut self, permit: Permit<'p>) {
        self.permit = Some(permit);
    }

    /// The attempt has ended, and this is what it means.
    #[inline(always)]
    pub(super) fn close(&mut self, seen: &Judged) {
        if let Some(permit) = self.permit.take() {
            let verdict = match seen.failed {
                Some(true) => Verdict::Failure,
                Some(false) => Verdict::Success,
                None => Verdict::Ignored,
            };
            permit.end_at(verdict, time::nanos);
        }
        if let Some(span) = self.span.take() {
            end_span(span, seen.outcome);
        }
    }

    #[inline(always)]
    fn set_running(&mut self, is_running: bool) {
        if let Some(permit) = &mut self.permit {
            permit.set_running(is_running);
        }
        if let Some(span) = &mut self.span {
            span.is_running = is_running;
        }
    }
}

#[cold]
#[inline(never)]
fn attempt_span(number: u32) -> Option<Box<AttemptSpan>> {
    let span = telemetry::attempt_span(number)?;
    Some(Box::new(AttemptSpan { span: Some(span), is_running: false }))
}

#[cold]
#[inline(never)]
fn end_span(mut span: Box<AttemptSpan>, outcome: Outcome) {
    span.end(outcome);
}

impl AttemptSpan {
    fn end(&mut self, outcome: Outcome) {
        if let Some(span) = self.span.take() {
            span.end_with(outcome);
        }
    }
}

impl Drop for AttemptSpan {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        self.end(if self.is_running { Outcome::Panicked } else { Outcome::Cancelled });
    }
}

/// What is different while the body of an attempt runs.
pub(super) struct Around {
    _attached: Option<Box<Attached>>,
    _limited: Option<Limited>,
}

impl Around {
    /// Enters the span of the attempt, if it has one, and its limits.
    #[inline(always)]
    pub(super) fn enter(lane: &mut Lane<'_>, limited: Option<Limited>) -> Self {
        lane.set_running(true);
        let attached = lane.span.as_deref().and_then(attach);
        Self { _attached: attached, _limited: limited }
    }

    #[inline(always)]
    pub(super) fn leave(self, lane: &mut Lane<'_>) {
        lane.set_running(false);
    }
}

#[cold]
#[inline(never)]
fn attach(span: &AttemptSpan) -> Option<Box<Attached>> {
    span.span.as_ref().map(|span| Box::new(span.context().attach()))
}
