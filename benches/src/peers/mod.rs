//! The libraries that people use today.

mod counters;
mod fastrace;
mod guarded;
mod metrics;
mod opentelemetry;
pub(crate) mod tracing;

use crate::subject::Subject;

/// Lists the peers that must be installed before they record.
pub(crate) fn all() -> Vec<&'static dyn Subject> {
    let mut all = opentelemetry::all();
    all.extend(fastrace::all());
    all.extend(tracing::all());
    all.extend(metrics::all());
    all.extend(counters::all());
    all.extend(guarded::all());
    all
}

/// Lists the size of the future of one annotated async function.
pub(crate) fn future_sizes() -> [(&'static str, usize); 2] {
    [("fastrace", fastrace::future_size()), ("tracing", tracing::future_size())]
}
