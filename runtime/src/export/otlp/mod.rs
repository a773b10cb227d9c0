//! OTLP.
mod batch;
mod encode;
mod wire;
