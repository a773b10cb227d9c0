//! From environment and code to a running recorder: the only place that knows every leaf.

mod builder;
pub(crate) mod config;
pub(crate) mod env;
mod exit;
#[cfg(feature = "file")]
mod flight;
mod health;
mod logs;
pub(crate) mod notice;
#[cfg(feature = "opentelemetry-0-33")]
mod opentelemetry;
mod report;
pub(crate) mod resource;
#[cfg(feature = "sentry")]
mod sentry;
#[cfg(feature = "prometheus")]
mod serving;
mod sinks;
mod telemetry;

pub use builder::Builder;
#[cfg(feature = "file")]
pub use report::FlightReport;
pub use report::{ExporterReport, LogReport, Report};
pub use telemetry::{Shutdown, ShuttingDown, Telemetry};
