//! Attribute macros that generate OpenTelemetry instrumentation and resilience code.

mod outcome;
pub mod trace;
mod value;

pub use outcome::Outcome;
pub use value::{Array, Value};
