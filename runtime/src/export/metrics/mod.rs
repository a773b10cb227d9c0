//! Metrics on their way out, read every minute.
//!
//! A reader has a thread of its own ([`reader`]), on which it also asks the program's callbacks: it
//! collects, writes what it has collected in the form of its receiver, and delivers that as spans
//! are delivered. The recorder knows it as one more sink ([`sink`]), which wants no spans, so that
//! flushing, shutting down and forking are the same for both.

mod config;
mod difference;
mod explicit;
mod form;
mod reader;
mod sink;

pub use config::{HistogramBuckets, Metrics, Temporality};
pub(crate) use config::{Plan, Receiver};
pub(crate) use sink::MetricsSink;
#[cfg(any(feature = "file", feature = "otlp"))]
pub(crate) use sink::Origin;

#[cfg(test)]
#[cfg(feature = "otlp")]
mod tests;
