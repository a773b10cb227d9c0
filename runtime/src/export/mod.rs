//! Where finished spans go: exporters, each with a thread of its own.

mod batching;
mod color;
#[cfg(feature = "console")]
pub(crate) mod console;
pub(crate) mod custom;
#[cfg(any(
    feature = "otlp",
    feature = "prometheus-remote-write",
    feature = "sentry",
    feature = "zipkin"
))]
mod delivery;
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(crate) mod encoding_sink;
#[cfg(feature = "file")]
pub(crate) mod file;
#[cfg(feature = "file")]
pub(crate) mod flight;
mod json_text;
#[cfg(any(feature = "file", feature = "otlp"))]
mod locked_file;
pub(crate) mod log_lines;
#[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
pub(crate) mod metrics;
#[cfg(any(feature = "file", feature = "otlp"))]
pub(crate) mod otlp;
pub(crate) mod output;
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
mod own_crate;
mod paint;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(feature = "sentry")]
pub mod sentry;
#[cfg(feature = "otlp")]
mod spool;
pub(crate) mod stats;
mod trouble;
#[cfg(any(feature = "otlp", feature = "prometheus"))]
mod wire;
pub(crate) mod worker;
#[cfg(feature = "zipkin")]
pub(crate) mod zipkin;

pub use batching::Batching;
pub use color::ColorChoice;
#[cfg(feature = "console")]
pub use console::{Console, MetricsTable, Summary};
pub use custom::{ExportError, SpanExporter};
#[cfg(any(
    feature = "otlp",
    feature = "prometheus-remote-write",
    feature = "sentry",
    feature = "zipkin"
))]
pub use delivery::Compression;
#[cfg(feature = "file")]
pub use file::OtlpFile;
#[cfg(feature = "file")]
pub use flight::{DumpSignal, FlightRecorder};
pub use log_lines::LogLines;
#[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
pub use metrics::{HistogramBuckets, Metrics, Temporality};
#[cfg(feature = "otlp")]
pub use otlp::{Otlp, OtlpError};
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(crate) use own_crate::OwnCrate;
#[cfg(feature = "prometheus-remote-write")]
pub use prometheus::remote_write::{RemoteWrite, RemoteWriteError};
#[cfg(feature = "zipkin")]
pub use zipkin::{Zipkin, ZipkinError};
