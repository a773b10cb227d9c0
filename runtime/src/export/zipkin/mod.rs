//! Zipkin: v2 JSON over HTTP.
//!
//! The recorder's background thread encodes each span as it passes ([`encode`]), a request is a
//! list of them ([`batch`]), and it is delivered as those of OTLP are ([`super::delivery`]).

pub(crate) mod batch;
mod config;
mod encode;
mod error;
mod remote;
mod sink;

pub use config::Zipkin;
pub use error::ZipkinError;

// With the receiver of the tests of `otlp`.
#[cfg(test)]
#[cfg(feature = "otlp")]
mod tests;
