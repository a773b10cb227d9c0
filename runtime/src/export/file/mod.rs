//! OTLP in files: one request a line, as the OTLP file exporter of OpenTelemetry has it.
//!
//! Spans are encoded as they pass ([`super::otlp::batch`]); the exporter's own thread appends the
//! lines ([`writer`]) to files of bounded size and number ([`rotation`]).

mod config;
mod rotation;
mod sink;
mod writer;

pub use config::OtlpFile;

#[cfg(test)]
#[cfg(unix)]
mod tests;
