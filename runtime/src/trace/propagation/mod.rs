//! Context across processes: W3C Trace Context (level 2), W3C Baggage, B3, Jaeger, carriers, trust.
//!
//! Everything here is a pure function over texts. Reading is strict and never fails a request: what
//! is malformed is ignored and a new trace starts. Nothing a header says can make us hold more than
//! [`TraceState::MAX_LEN`] and [`Baggage::MAX_LEN`] bytes of it.
//!
//! Who reads: [`Propagators`] know which headers there are, a carrier ([`Extractor`], [`Injector`])
//! knows how a message holds them, [`Boundary`] says whether the caller is believed, and
//! [`PropagateTo`] says who is told.

mod b3;
mod baggage;
mod boundary;
mod carrier;
mod context;
mod format;
mod global;
mod hex;
mod hosts;
mod jaeger;
mod malformed;
mod propagators;
mod sampling_state;
mod traceparent;
mod tracestate;

#[cfg(test)]
mod conformance;

pub use baggage::{Baggage, BaggageAllowList, BaggageEntry};
pub use boundary::{Boundary, Start};
pub use carrier::{Environment, Extractor, Injector};
pub(crate) use context::Mark;
pub use context::RemoteContext;
pub use format::UnknownPropagator;
#[cfg(any(feature = "tower", feature = "reqwest"))]
pub(crate) use global::inject_without_baggage;
pub use global::{extract, extract_across, inject, inject_context};
pub use hosts::{InvalidHost, PropagateTo};
pub use malformed::Malformed;
pub use propagators::Propagators;
pub use sampling_state::SamplingState;
pub use traceparent::TraceParent;
pub use tracestate::TraceState;
