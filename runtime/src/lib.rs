//! Attribute macros that generate OpenTelemetry instrumentation and resilience code.

mod outcome;
mod random;
mod redact;
mod site;
mod sync;
mod time;
pub mod trace;
mod value;

pub use outcome::Outcome;
pub use site::{Site, SpanKind};
pub use time::Clock;
pub use trace::Slot;
pub use value::{Array, Attribute, Value};
