//! Spans: recording, sampling, propagation.

pub(crate) mod active;
pub(crate) mod chunk;
pub(crate) mod complete;
pub(crate) mod context;
pub(crate) mod correlation;
mod data;
#[cfg(feature = "tracing")]
pub(crate) mod deferred;
pub(crate) mod drain;
#[cfg(feature = "sentry")]
pub(crate) mod failure;
#[cfg(feature = "file")]
pub(crate) mod flight;
pub(crate) mod foreign;
pub(crate) mod fork;
pub(crate) mod handle;
pub mod id;
mod ids;
pub(crate) mod join;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod local;
pub(crate) mod loss;
pub(crate) mod memory;
pub(crate) mod mirror;
pub(crate) mod nearby;
pub(crate) mod out;
pub(crate) mod own_thread;
pub(crate) mod pending;
pub mod propagation;
pub(crate) mod record;
pub(crate) mod recorder;
pub(crate) mod request;
pub mod sampler;
pub(crate) mod sampling;
pub(crate) mod scope;
pub(crate) mod scrub;
pub(crate) mod span;
pub(crate) mod spare;
pub(crate) mod spawn;
#[cfg(feature = "stream")]
pub(crate) mod stream;
pub(crate) mod tail;
pub(crate) mod threshold;

pub use context::{Attached, Context};
pub use data::{EventData, LinkData, OwnedStatus, OwnedValue, SpanData};
pub use handle::{Entered, SpanHandle};
pub use limits::Limits;
pub use loss::LossReason;
pub use memory::Memory;
pub use record::{
    view::{EventView, LinkView, SpanView, Status},
    writer::{Slot, Writer},
};
pub use spawn::InSpan;
#[cfg(feature = "stream")]
pub use stream::InSpanStream;
pub use tail::TailBias;
