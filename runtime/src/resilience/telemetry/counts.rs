//! What happens to calls, counted: only what no policy keeps for itself.

use std::time::Duration;

use crate::{
    metrics::{Counter, Histogram},
    resilience::{CircuitTransition, Deadline, RejectedKind, retry::Stopped},
};

const SCOPE: &str = "spandrel::resilience";
/// Waits are planned: from those of a fast retry to those of a patient one.
const WAITS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

const fn counter(name: &'static str, unit: &'static str, description: &'static str) -> Counter {
    Counter::new(name, description).unit(unit).scope(SCOPE)
}

const fn waits(name: &'static str, description: &'static str) -> Histogram {
    Histogram::new(name, description).unit("s").scope(SCOPE).bounds(WAITS)
}

/// Another attempt follows after so long.
pub(super) fn retrying(policy: &str, wait: Duration) {
    static ATTEMPTS: Counter =
        counter("resilience.retry.attempts", "{attempt}", "Attempts after the first of a call");
    static DELAY: Histogram =
        waits("resilience.retry.delay", "How long calls wait before a further attempt");
    ATTEMPTS.with(&[("policy", policy)]).add(1);
    DELAY.with(&[("policy", policy)]).record(wait);
}

/// No further attempt follows.
pub(super) fn stopped(policy: &str, why: Stopped) {
    static CALLS: Counter = counter(
        "resilience.retry.calls",
        "{call}",
        "Calls that failed at their first attempt, by why no further one followed",
    );
    CALLS.with(&[("policy", policy), ("reason", why.as_str())]).add(1);
}

/// A further attempt begins beside those that take long.
pub(super) fn hedging(policy: &str) {
    static ATTEMPTS: Counter = counter(
        "resilience.hedge.attempts",
        "{attempt}",
        "Attempts that began beside one that took long",
    );
    ATTEMPTS.with(&[("policy", policy)]).add(1);
}

/// Something else is served in place of a failure.
pub(super) fn fell_back(policy: &str, from: &str) {
    static CALLS: Counter = counter(
        "resilience.fallback.calls",
        "{call}",
        "Calls that a fallback answered, by what it stood in for",
    );
    CALLS.with(&[("policy", policy), ("kind", from)]).add(1);
}

/// An attempt or a call took too long.
pub(super) fn expired(policy: &str, kind: RejectedKind) {
    static EXPIRED: Counter =
        counter("resilience.timeout.expired", "{timeout}", "Attempts and calls that took too long");
    let is_attempt = kind == RejectedKind::Timeout(Deadline::Attempt);
    let kind = if is_attempt { "attempt" } else { "total" };
    EXPIRED.with(&[("policy", policy), ("kind", kind)]).add(1);
}

/// A breaker has changed its state.
pub(super) fn transition(transition: &CircuitTransition, labels_key: bool) {
    static TRANSITIONS: Counter = counter(
        "resilience.circuit_breaker.transitions",
        "{transition}",
        "Changes of the state of circuit breakers",
    );
    let labels = [
        ("policy", Some(transition.name())),
        ("key", transition.key().filter(|_| labels_key)),
        ("to", Some(transition.to().as_str())),
        ("reason", Some(transition.reason().as_str())),
    ];
    TRANSITIONS.with(&labels).add(1);
}

/// A call has waited for its turn at a rate limit.
#[cold]
pub(in crate::resilience) fn waited_for_turn(policy: &str, nanos: u64) {
    static WAIT: Histogram = waits(
        "resilience.rate_limiter.wait.duration",
        "How long calls that had to wait did so for their turn",
    );
    WAIT.with(&[("policy", policy)]).record(Duration::from_nanos(nanos));
}

/// A call has waited for its place in a bulkhead.
#[cold]
pub(in crate::resilience) fn waited_for_place(policy: &str, nanos: u64) {
    static WAIT: Histogram = waits(
        "resilience.bulkhead.wait.duration",
        "How long calls that had to wait did so for their place, or in vain",
    );
    WAIT.with(&[("policy", policy)]).record(Duration::from_nanos(nanos));
}
