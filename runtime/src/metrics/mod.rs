//! Metrics of the program's own: counters, gauges and histograms, with labels.
//!
//! A metric is a constant. It costs nothing before it is used, counts exactly under any number of
//! threads, and is read by whatever exports metrics, beside those of annotated functions.
//!
//! ```
//! use spandrel::metrics::{Counter, Gauge, Histogram};
//!
//! static ORDERS: Counter = Counter::new("business.orders.created", "Orders created");
//! static VALUE: Histogram = Histogram::new("business.order.value", "Value of an order").unit("EUR");
//! static DEPTH: Gauge = Gauge::new("queue.depth", "Jobs that wait");
//!
//! ORDERS.with(&[("region", "eu")]).add(1);
//! VALUE.record(49.90);
//! DEPTH.observe(|| 3.0);
//! # use spandrel::testing;
//! # let metrics = testing::metrics();
//! # assert_eq!(metrics.count("business.orders.created", &[("region", "eu")]), Some(1.0));
//! ```
//!
//! # What it costs
//!
//! - A handle ([`Counter::with`] returns one) holds the series: counting is a load and a store that
//!   no other thread touches.
//! - Looking labels up hashes and compares them. It takes no lock, and allocates only when the
//!   labels are new.
//! - Each set of labels is a series of a few hundred bytes that is kept as long as the program runs.
//!   So a metric has a limit ([`Counter::limit`]); what comes with labels beyond it is counted
//!   under `otel.metric.overflow`, and that it happened under `spandrel.metrics.overflowed`.
//!
//! # What is ignored
//!
//! Negative numbers given to a counter, and what is not finite. Each is counted under
//! `spandrel.metrics.ignored`, and the first is explained on stderr. Values of labels whose keys are
//! on the deny-list (`password`, `token`, …) are `[REDACTED]`.
//!
//! # Memory
//!
//! Each thread counts on its own. Where that takes more than 64 MiB, further threads count together,
//! which is slower; `spandrel.metrics.cramped` says in how many places.
//!
//! # Where a metric belongs
//!
//! To the module that declares it, which is its scope: that is told by the path of the source file,
//! or said by [`Counter::scope`]. Two metrics of one name and scope are the same one, if they are of
//! the same kind.
//!
//! # Exemplars
//!
//! What is counted or recorded within a sampled span may be shown with that span as an example.

// Whoever counts (annotated functions, instruments, other libraries) is a `Source`; collecting asks
// each of them for what it has counted since it began. Nothing is reset by being read, so any
// number of readers see the same, and each makes of it what it needs: differences, buckets,
// quantiles.

mod as_kept;
pub(crate) mod build;
mod counter;
pub(crate) mod data;
mod exemplar;
pub(crate) mod exemplars;
mod family;
mod gauge;
mod hash;
mod histogram;
mod identity;
mod instrument;
mod label_set;
mod labels;
mod lately;
mod name;
mod number;
mod observe;
mod once;
mod pool;
#[cfg(feature = "opentelemetry-0-33")]
pub(crate) mod readers;
mod registry;
mod series;
mod source;
mod state;
mod table;
pub(crate) mod windows;

#[cfg(test)]
mod tests;

#[cfg(feature = "opentelemetry-0-33")]
pub(crate) use self::name::{problem_of, problem_of_bounds, problem_of_unit};
pub(crate) use self::{
    as_kept::are as have_labels,
    label_set::Known,
    labels::Ref,
    source::{Source, collect, register},
};
pub use self::{
    counter::{BoundCounter, BoundUpDownCounter, Counter, UpDownCounter},
    gauge::{BoundGauge, Gauge},
    histogram::{BoundHistogram, Histogram},
    labels::{LabelRef, LabelValue, LabelVisitor, Labels},
    lately::Window,
    number::{Amount, Number},
    observe::{Observed, Observer},
    pool::{PoolState, pool},
};
#[cfg(any(feature = "metrics-0-24", feature = "opentelemetry-0-33"))]
pub(crate) use self::{
    data::Scope,
    family::Family,
    identity::{Identity, LIMIT},
    registry::family,
    series::State,
    state::{BucketsOf, Distribution, Latest, Total},
};
#[cfg(feature = "metrics-0-24")]
pub(crate) use self::{name::mend, registry::describe, table::Table};
pub(crate) use crate::cell::upper_bound;
#[cfg(feature = "macros")]
pub use spandrel_macros::{LabelValue, Labels};
