//! The budgets of guarded calls, where nothing fails: what each thing costs.

use super::{Budget, Rule, in_clock_reads};
use crate::measurements::Measurements;

pub(super) static BUDGETS: &[Budget] = &[
    Budget {
        what: "a retry that is not needed, sync, over the bare function",
        unit: " ns",
        value: |all| over(all, "retry", "fallible"),
        rule: Rule::AtMost(2.0, 1.0),
    },
    Budget {
        what: "the same, async",
        unit: " ns",
        value: |all| over(all, "retry-async", "fallible-async"),
        rule: Rule::AtMost(4.0, 2.0),
    },
    Budget {
        what: "its budget, over a retry without one",
        unit: " ns",
        value: |all| Some(all.ours("ns", "retry")? - all.ours("ns", "retry-unbudgeted")?),
        rule: Rule::AtMost(2.0, 0.5),
    },
    Budget {
        what: "a circuit breaker that is closed, over the bare function",
        unit: " ns",
        value: |all| over(all, "breaker", "fallible"),
        rule: Rule::AtMost(8.0, 3.0),
    },
    Budget {
        what: "the same by the object, without an attribute",
        unit: " ns",
        value: |all| over(all, "breaker-object", "fallible"),
        rule: Rule::AtMost(8.0, 3.0),
    },
    Budget {
        what: "two threads on one breaker, over one thread",
        unit: " ×",
        value: |all| times(all, "breaker-two-threads", "breaker"),
        rule: Rule::AtMost(2.0, 1.1),
    },
    Budget {
        what: "two threads on one breaker by the object, likewise",
        unit: " ×",
        value: |all| times(all, "breaker-object-two-threads", "breaker-object"),
        rule: Rule::AtMost(2.0, 1.1),
    },
    Budget {
        what: "a circuit breaker that is open: a rejection",
        unit: " ns",
        value: |all| all.ours("ns", "breaker-open"),
        rule: Rule::AtMost(14.0, 11.0),
    },
    Budget {
        what: "a rate limit with room, over the bare function",
        unit: " ns",
        value: |all| over(all, "limit", "fallible"),
        rule: Rule::AtMost(14.0, 11.0),
    },
    Budget {
        what: "a rate limit by key with room, over the bare function",
        unit: " ns",
        value: |all| over(all, "limit-keyed", "fallible"),
        rule: Rule::AtMost(45.0, 30.0),
    },
    Budget {
        what: "a timeout of what is ready at once, over the bare function",
        unit: " ns",
        value: |all| over(all, "timeout", "fallible-async"),
        rule: Rule::AtMost(4.0, 1.0),
    },
    Budget {
        what: "a fallback that is not needed, over the bare function",
        unit: " ns",
        value: |all| over(all, "fallback", "fallible"),
        rule: Rule::AtMost(2.0, 0.5),
    },
    Budget {
        what: "a hedge that is not needed, over the bare function",
        unit: " ns",
        value: |all| over(all, "hedge", "fallible-async"),
        rule: Rule::AtMost(2.0, 0.5),
    },
    Budget {
        what: "a bulkhead with room, over the bare function",
        unit: " ns",
        value: |all| over(all, "bulkhead", "fallible"),
        rule: Rule::AtMost(12.0, 9.0),
    },
    Budget {
        what: "the same, async",
        unit: " ns",
        value: |all| over(all, "bulkhead-async", "fallible-async"),
        rule: Rule::AtMost(12.0, 9.0),
    },
    Budget {
        what: "traced, timed, retried and behind a breaker, async, over two clock reads",
        unit: " ×",
        value: |all| in_clock_reads(all, "stack"),
        rule: Rule::AtMost(4.5, 3.0),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| all.ours("allocations", "stack"),
        rule: Rule::AtMost(0.0, 0.0),
    },
];

/// What guarding costs a function that may fail: `fallible` or `fallible-async`.
fn over(measurements: &Measurements, kind: &str, bare: &str) -> Option<f64> {
    Some(measurements.ours("ns", kind)? - measurements.get("ns", bare, "bare")?)
}

/// How much dearer something is than something else of ours.
fn times(measurements: &Measurements, kind: &str, other: &str) -> Option<f64> {
    Some(measurements.ours("ns", kind)? / measurements.ours("ns", other)?)
}
