//! Spans: recording, sampling, propagation.

pub mod id;
mod limits;
pub(crate) mod record;

pub use limits::Limits;
pub use record::{
    view::{EventView, LinkView, SpanView, Status},
    writer::{Slot, Writer},
};
