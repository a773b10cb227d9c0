//! Where finished spans go: exporters, each with a thread of its own.

#[cfg(feature = "otlp")]
pub(crate) mod otlp;
pub(crate) mod stats;
pub(crate) mod worker;
