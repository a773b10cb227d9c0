//! What happens to calls, told to spans: the one place where events of the engine go.

use std::time::Duration;

use super::retry::Stopped;
use crate::{
    site::Site,
    trace::{SpanHandle, span::Span},
    value::Attribute,
};

static ATTEMPT: Site = Site::dynamic("spandrel::resilience");

/// Begins the span of a further attempt, where the call is recorded.
#[cold]
pub(super) fn attempt_span(number: u32) -> Option<Box<SpanHandle>> {
    Span::current().is_recording().then(|| {
        let span = SpanHandle::__start(&ATTEMPT, |fields| {
            fields.write(|writer| writer.name_str("attempt"))
        });
        span.set("retry.attempt", number);
        Box::new(span)
    })
}

/// Another attempt follows after so long.
#[cold]
pub(super) fn retrying(policy: &str, attempt: u32, wait: Duration, around: u32) {
    let span = Span::current();
    let wait = wait.as_secs_f64();
    let attributes: [(&str, &dyn Attribute); 3] =
        [("policy", &policy), ("retry.attempt", &attempt), ("retry.delay", &wait)];
    span.event("retry", &attributes);
    if around > 0 {
        // Each of so many levels multiplies the load of the one below it.
        span.set("retry.amplification", around + 1);
    }
}

/// No further attempt follows, after so many.
#[cold]
pub(super) fn stopped(_policy: &str, attempts: u32, why: Stopped) {
    let span = Span::current();
    span.set("retry.stopped", why.as_str());
    span.set("retry.attempts", attempts);
}

/// A further attempt begins beside those that take long.
#[cold]
pub(super) fn hedging(policy: &str, attempt: u32) {
    Span::current().event("hedge", &[("policy", &policy), ("hedge.attempt", &attempt)]);
}

/// An attempt that began later was the first to succeed.
#[cold]
pub(super) fn hedge_won(_policy: &str) {
    Span::current().set("hedge.won", true);
}

/// Something else is served in place of a failure.
#[cold]
pub(super) fn fell_back(policy: &str) {
    Span::current().event("fallback", &[("policy", &policy)]);
}
