//! Metrics of libraries that use the `metrics` facade 0.24.
//!
//! [`init!`](crate::init) installs the facade's global recorder, unless the program has one, and
//! then says so. What libraries count through it is exported beside everything else: counters,
//! gauges and histograms with their labels, units and descriptions.
//!
//! ```
//! use spandrel::testing;
//!
//! spandrel::metrics_0_24::install();
//!
//! // What a library does.
//! metrics::describe_counter!("requests_total", metrics::Unit::Count, "Requests so far");
//! metrics::counter!("requests_total", "route" => "/orders").increment(2);
//!
//! let metrics = testing::metrics();
//! assert_eq!(metrics.count("requests_total", &[("route", "/orders")]), Some(2.0));
//! ```
//!
//! # What is different
//!
//! - To the facade a name is one metric, whoever names it. So all are of one scope, `metrics`.
//! - A character that no name of OpenTelemetry has becomes `_`. What is a counter here and a gauge
//!   there is exported as what came first.
//! - Each metric has at most 2,000 series; see [`Counter::limit`](crate::metrics::Counter::limit).
//! - `absolute` lets a counter only grow, as the facade wants it.
//! - Histograms have exponential buckets.
//! - The facade asks for a handle each time a macro runs. It finds one without a lock; a handle
//!   that a library keeps is as cheap as one of ours.

mod describe;
mod handles;
mod keys;
mod recorder;
#[cfg(test)]
mod tests;

pub use self::recorder::{Recorder, install};
