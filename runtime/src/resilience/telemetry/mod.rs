//! What happens to calls, told to spans and counted: the one place where events of the engine go.
//!
//! All of it is cold: a call that succeeds at its first attempt comes by nothing of this.

mod counts;

use std::time::Duration;

pub(super) use self::counts::{waited_for_place, waited_for_turn};
use super::{CircuitState, CircuitTransition, Rejected, retry::Stopped};
use crate::{
    site::Site,
    trace::{SpanHandle, span::Span},
    value::Attribute,
};

static ATTEMPT: Site = Site::dynamic("spandrel::resilience");

/// Begins the span of a further attempt, where the call is recorded.
#[cold]
pub(super) fn attempt_span(number: u32) -> Option<SpanHandle> {
    Span::current().is_recording().then(|| {
        let span = SpanHandle::__start(&ATTEMPT, |fields| {
            fields.write(|writer| writer.name_str("attempt"))
        });
        span.set("retry.attempt", number);
        span
    })
}

/// Another attempt follows after so long.
#[cold]
pub(super) fn retrying(policy: &str, attempt: u32, wait: Duration, around: u32) {
    let span = Span::current();
    counts::retrying(policy, wait);
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
pub(super) fn stopped(policy: &str, attempts: u32, why: Stopped) {
    let span = Span::current();
    counts::stopped(policy, why);
    span.set("retry.stopped", why.as_str());
    span.set("retry.attempts", attempts);
}

/// A further attempt begins beside those that take long.
#[cold]
pub(super) fn hedging(policy: &str, attempt: u32) {
    counts::hedging(policy);
    Span::current().event("hedge", &[("policy", &policy), ("hedge.attempt", &attempt)]);
}

/// An attempt that began later was the first to succeed.
#[cold]
pub(super) fn hedge_won(_policy: &str) {
    Span::current().set("hedge.won", true);
}

/// Something else is served in place of a failure of this kind.
#[cold]
pub(super) fn fell_back(policy: &str, from: &str) {
    counts::fell_back(policy, from);
    Span::current().event("fallback", &[("policy", &policy), ("kind", &from)]);
}

/// A call or an attempt is refused or cut off.
///
/// By a policy without a name, whoever gives it one says so.
#[cold]
pub(super) fn refused(rejected: &Rejected) {
    let (policy, kind) = (rejected.policy(), rejected.kind());
    if policy.is_empty() {
        return;
    }
    if kind.ran() {
        counts::expired(policy, kind);
    }
    let span = Span::current();
    if !span.is_recording() {
        return;
    }
    let kind = kind.as_str();
    let after = rejected.retry_after().map(|after| after.as_secs_f64());
    let mut attributes: Vec<(&str, &dyn Attribute)> = vec![("policy", &policy), ("kind", &kind)];
    attributes.extend(after.iter().map(|after| ("retry_after", after as &dyn Attribute)));
    span.event("rejected", &attributes);
}

/// A breaker that is not closed was asked.
#[cold]
pub(super) fn asked_breaker(state: impl FnOnce() -> CircuitState) {
    let span = Span::current();
    if span.is_recording() {
        span.set("circuit_breaker.state", state().as_str());
    }
}

/// A breaker has changed its state.
#[cold]
pub(super) fn changed(transition: &CircuitTransition, labels_key: bool) {
    counts::transition(transition, labels_key);
    let (policy, reason) = (transition.name(), transition.reason().as_str());
    let (from, to) = (transition.from().as_str(), transition.to().as_str());
    let attributes: [(&str, &dyn Attribute); 4] =
        [("policy", &policy), ("from", &from), ("to", &to), ("reason", &reason)];
    Span::current().event("circuit_breaker.transition", &attributes);
}
