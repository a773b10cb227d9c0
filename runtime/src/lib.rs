//! Attribute macros that generate OpenTelemetry instrumentation and resilience code.

#[doc(hidden)]
pub mod __private;
#[cfg(doc)]
#[doc = include_str!("../docs/environment.md")]
pub mod _environment {}
#[cfg(all(feature = "test-util", feature = "otlp"))]
#[doc(hidden)]
pub mod bench;
mod call;
mod capture;
mod conceal;
mod counted;
mod diag;
mod error;
pub mod export;
mod functions;
mod init;
mod level;
mod mirror;
#[cfg(feature = "opentelemetry-0-33")]
pub mod opentelemetry_0_33;
mod outcome;
mod pace;
mod paths;
mod random;
mod redact;
mod resource;
mod sensitive;
mod site;
mod sync;
pub mod testing;
mod time;
pub mod trace;
#[cfg(feature = "tracing")]
pub mod tracing;
mod value;

pub use call::{AsOutcome, ErrorInfo, IntoLinks, IntoParent};
pub use error::Error;
pub use functions::{Function, Functions, functions};
#[cfg(feature = "file")]
pub use init::FlightReport;
pub use init::{Builder, ExporterReport, Report, Shutdown, ShuttingDown, Telemetry};
pub use outcome::Outcome;
pub use resource::Resource;
pub use sensitive::Sensitive;
pub use site::{Level, Site, SpanKind};
#[cfg(feature = "macros")]
pub use spandrel_macros::{counted, instrument, span, test, traced};
pub use time::Clock;
#[cfg(feature = "tokio")]
pub use trace::spawn::{spawn, spawn_blocking};
#[cfg(feature = "stream")]
pub use trace::stream::StreamExt;
pub use trace::{
    Slot, SpanHandle,
    span::Span,
    spawn::{FutureExt, thread},
};
pub use value::{Array, Attribute, Value};
