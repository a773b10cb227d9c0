//! OTLP over HTTP or gRPC: to any collector, to Jaeger, Tempo and most vendors.
//!
//! The recorder's background thread encodes each span as it passes, as protobuf ([`encode`]) or as
//! JSON ([`json`]), and collects a request ([`batch`]); the exporter's own thread sends it
//! ([`super::delivery`]), over HTTP or gRPC. Between the two stands the bounded queue of
//! [`super::worker`].
//!
//! Encoding needs nothing from outside: it is there for whoever writes OTLP elsewhere than to a
//! collector, without the feature `otlp`.

pub(crate) mod batch;
#[cfg(feature = "otlp")]
pub(crate) mod config;
#[cfg(feature = "otlp")]
mod encode;
#[cfg(feature = "otlp")]
mod endpoint;
#[cfg(feature = "otlp")]
mod error;
mod fields;
#[cfg(feature = "otlp-grpc")]
mod grpc;
mod json;
#[cfg(feature = "otlp")]
mod json_read;
pub(crate) mod logs;
pub(crate) mod metrics;
#[cfg(feature = "otlp")]
mod protocol;
#[cfg(feature = "otlp")]
mod response;
pub(crate) mod signal;
#[cfg(feature = "otlp")]
pub(crate) mod sink;
#[cfg(feature = "otlp")]
mod tls;

#[cfg(feature = "otlp")]
pub use config::Otlp;
#[cfg(feature = "otlp")]
pub use error::OtlpError;

#[cfg(feature = "otlp")]
use super::wire;

#[cfg(test)]
#[cfg(feature = "otlp")]
pub(super) mod tests;
