//! What one attempt holds, from its admission to its verdict.

use super::Judged;
use crate::{
    outcome::Outcome,
    resilience::{Verdict, breaker::Permit, telemetry},
    time,
    trace::SpanHandle,
};

/// What one attempt holds; dropped before its verdict, it was cancelled or has panicked.
#[derive(Debug)]
pub(crate) struct Lane<'p> {
    permit: Option<Permit<'p>>,
    /// Of an attempt after the first one.
    span: Option<Box<SpanHandle>>,
    /// The body is running: if the lane is dropped now, it has panicked.
    polling: bool,
}

impl<'p> Lane<'p> {
    pub(super) const EMPTY: Self = Self { permit: None, span: None, polling: false };

    /// Begins the attempt of this number.
    #[inline(always)]
    pub(super) fn begin(number: u32) -> Self {
        let span = if number > 1 { telemetry::attempt_span(number) } else { None };
        Self { permit: None, span, polling: false }
    }

    pub(super) fn hold(&mut self, permit: Permit<'p>) {
        self.permit = Some(permit);
    }

    /// Runs a piece of the body, within the attempt's span.
    #[inline(always)]
    pub(super) fn poll<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.polling = true;
        let polled = match &self.span {
            None => body(),
            Some(span) => span.in_scope(body),
        };
        self.polling = false;
        polled
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
            span.end_with(seen.outcome);
        }
    }

    #[cold]
    fn abandon(&mut self) {
        if let Some(permit) = self.permit.take() {
            if self.polling {
                permit.end(Verdict::Failure, time::nanos());
            } else {
                drop(permit);
            }
        }
        if let Some(span) = self.span.take() {
            span.end_with(if self.polling { Outcome::Panicked } else { Outcome::Cancelled });
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
