//! Where finished spans go: exporters, each with a thread of its own.

mod batching;
#[cfg(feature = "console")]
pub(crate) mod console;
pub(crate) mod custom;
#[cfg(any(feature = "otlp", feature = "prometheus-remote-write", feature = "zipkin"))]
mod delivery;
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
pub(crate) mod encoding_sink;
#[cfg(feature = "file")]
pub(crate) mod file;
#[cfg(feature = "file")]
pub(crate) mod flight;
#[cfg(any(feature = "console", feature = "file", feature = "otlp", feature = "zipkin"))]
mod json_text;
#[cfg(any(feature = "file", feature = "otlp"))]
mod locked_file;
#[cfg(any(feature = "console", feature = "file", feature = "otlp"))]
pub(crate) mod metrics;
#[cfg(any(feature = "file", feature = "otlp"))]
pub(crate) mod otlp;
#[cfg(any(feature = "file", feature = "otlp", feature = "zipkin"))]
mod own_crate;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
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
#[cfg(feature = "console")]
pub use console::{ColorChoice, Console, MetricsTable, Summary};
pub use custom::{ExportError, SpanExporter};
#[cfg(any(feature = "otlp", feature = "prometheus-remote-write", feature = "zipkin"))]
pub use delivery::Compression;
#[cfg(feature = "file")]
pub use file::OtlpFile;
#[cfg(feature = "file")]
pub use flight::{DumpSignal, FlightRecorder};
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
