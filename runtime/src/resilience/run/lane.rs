//! What one attempt holds, from its admission to its verdict.

use super::{Core, Judged, Refusal};
use crate::{
    outcome::Outcome,
    resilience::{
        Rejected, RejectedKind, Verdict, breaker::Permit, policy::Parts, scope::Limited, telemetry,
    },
    time,
    trace::{Attached, SpanHandle},
};

/// What one attempt holds; dropped before its verdict, it was cancelled or has panicked.
#[derive(Debug)]
pub(crate) struct Lane<'p> {
    permit: Option<Permit<'p>>,
    /// Of an attempt after the first one.
    span: Option<Box<SpanHandle>>,
    /// Why it did not run, or not to its end.
    rejected: Option<Rejected>,
    /// The body is running: if the lane is dropped now, it has panicked.
    is_running: bool,
}

impl<'p> Lane<'p> {
    pub(super) const EMPTY: Self =
        Self { permit: None, span: None, rejected: None, is_running: false };

    /// A new one in this place, which may have been that of an earlier attempt.
    #[inline(always)]
    pub(super) fn begin(lane: &mut Option<Self>) -> &mut Self {
        lane.insert(Self::EMPTY)
    }

    /// Begins an attempt after the first one.
    #[cold]
    pub(super) fn begin_again(&mut self, number: u32) {
        self.span = telemetry::attempt_span(number);
    }

    #[inline(always)]
    pub(super) fn hold(&mut self, permit: Permit<'p>) {
        self.permit = Some(permit);
    }

    /// Enters the span of the attempt, if it has one.
    #[cold]
    fn attach(&self) -> Option<Attached> {
        self.span.as_ref().map(|span| span.context().attach())
    }

    /// The attempt is refused or cut off.
    #[cold]
    pub(super) fn refuse(&mut self, core: &Core, parts: &dyn Parts, rejected: Rejected) -> Refusal {
        let refusal = Refusal::of(&rejected);
        // Where a door has said so, it has its name.
        let is_ours = rejected.policy().is_empty() || rejected.kind() == RejectedKind::Chaos;
        let rejected = core.named(parts, rejected);
        if is_ours {
            telemetry::refused(&rejected);
        }
        self.rejected = Some(rejected);
        refusal
    }

    pub(super) fn take_rejected(&mut self) -> Option<Rejected> {
        self.rejected.take()
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
        if self.span.is_some() {
            self.end_span(seen.outcome);
        }
    }

    #[cold]
    fn end_span(&mut self, outcome: Outcome) {
        if let Some(span) = self.span.take() {
            span.end_with(outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn abandon(&mut self) {
        if let Some(permit) = self.permit.take() {
            if self.is_running {
                permit.end(Verdict::Failure, time::nanos());
            } else {
                drop(permit);
            }
        }
        self.end_span(if self.is_running { Outcome::Panicked } else { Outcome::Cancelled });
    }
}

/// What is different while the body of an attempt runs.
pub(super) struct Around {
    _attached: Option<Attached>,
    _limited: Option<Limited>,
}

impl Around {
    #[inline(always)]
    pub(super) fn enter(
        lane: &mut Option<Lane<'_>>,
        number: u32,
        limited: Option<Limited>,
    ) -> Self {
        let mut attached = None;
        if let Some(lane) = lane {
            if number > 1 {
                attached = lane.attach();
            }
            lane.is_running = true;
        }
        Self { _attached: attached, _limited: limited }
    }

    #[inline(always)]
    pub(super) fn leave(self, lane: &mut Option<Lane<'_>>) {
        if let Some(lane) = lane {
            lane.is_running = false;
        }
    }
}

impl Drop for Lane<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.permit.is_some() || self.span.is_some() {
            self.abandon();
        }
    }
}
