//! Those who count.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    data::{Metric, Snapshot},
    exemplars::ExemplarFilter,
};
use crate::{diag, time};

/// Somebody who counts.
pub(crate) trait Source: Send + Sync {
    /// Adds its metrics, as they are now.
    fn collect(&self, into: &mut Vec<Metric>);
}

static SOURCES: RwLock<Vec<&'static dyn Source>> = RwLock::new(Vec::new());

/// Asks this source too, from now on, whenever metrics are collected.
pub(crate) fn register(source: &'static dyn Source) {
    SOURCES.write().unwrap_or_else(PoisonError::into_inner).push(source);
}

/// From one collection to the next; sums take one exemplar a thread in each.
static ROUND: AtomicU64 = AtomicU64::new(1);

pub(super) fn round() -> u64 {
    ROUND.load(Relaxed)
}

/// What all of them have counted since they began.
pub(crate) fn collect() -> Snapshot {
    ROUND.fetch_add(1, Relaxed);
    let sources = SOURCES.read().unwrap_or_else(PoisonError::into_inner).clone();
    let mut metrics = Vec::new();
    for source in sources {
        let before = metrics.len();
        // Some ask the program itself, whose answer may be a panic.
        if catch_unwind(AssertUnwindSafe(|| source.collect(&mut metrics))).is_err() {
            metrics.truncate(before);
            diag::warn(format_args!("somebody who was asked for metrics panicked"));
        }
    }
    ExemplarFilter::current().apply(&mut metrics);
    Snapshot { unix_nanos: time::unix_nanos(), metrics }
}
