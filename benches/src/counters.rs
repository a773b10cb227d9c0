//! A counter of the program's own.

use spandrel::{
    metrics::{BoundCounter, Counter},
    testing,
};

use std::sync::LazyLock;

use crate::{
    subject::{Case, Kind},
    workload::{alone, body},
};

/// A handle that is kept, and labels that are looked up each time.
pub(crate) const CACHED: Case = Case::silent(Kind::CounterCached, |batches| {
    let handle = *HANDLE;
    alone(batches, |id, name| {
        handle.add(1);
        body(id, name)
    });
})
.counting(|| total("benches.cached"));

/// Two labels, as they stand in the source.
pub(crate) const LABELS: Case = Case::silent(Kind::CounterLabels, |batches| {
    alone(batches, |id, name| {
        LABELLED.with(&[("region", "eu"), ("method", "POST")]).add(1);
        body(id, name)
    });
})
.counting(|| total("benches.labelled"));

static CACHED_COUNTER: Counter = Counter::new("benches.cached", "Calls");
static HANDLE: LazyLock<BoundCounter> =
    LazyLock::new(|| CACHED_COUNTER.with(&[("region", "eu"), ("method", "POST")]));
static LABELLED: Counter = Counter::new("benches.labelled", "Calls");

fn total(name: &str) -> u64 {
    testing::metrics().total(name).unwrap_or_default() as u64
}
