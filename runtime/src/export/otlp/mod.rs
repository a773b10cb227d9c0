//! OTLP over HTTP with protobuf or over gRPC: to any collector, to Jaeger, Tempo and most vendors.
//!
//! The recorder's background thread encodes each span as it passes ([`encode`]) and collects a
//! request ([`batch`]); the exporter's own thread sends it ([`deliver`] through [`http`] or `grpc`).
//! Between the two stands the bounded queue of [`super::worker`].

pub(crate) mod batch;
pub(crate) mod config;
mod deliver;
mod encode;
mod endpoint;
mod error;
#[cfg(feature = "otlp-grpc")]
mod grpc;
mod http;
mod protocol;
mod response;
mod retry_after;
pub(crate) mod sink;
mod tls;
mod wire;

pub use config::{Compression, Otlp};
pub use error::OtlpError;

#[cfg(test)]
mod tests;
