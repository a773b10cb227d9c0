//! What is known about the calls of one function, or about the values of one metric.
//!
//! Exact under any number of threads, at the cost of plain loads and stores: [`Sharded`] gives each
//! thread a part of its own. Nothing here knows a clock, a name or who reads.

mod bounds;
mod buckets;
mod calls;
mod chosen;
mod counts;
mod durations;
mod exemplars;
mod sharded;
mod slot;
mod sums;
mod values;

pub(crate) use bounds::upper_bound;
pub(crate) use calls::{Calls, CallsReading, Goals, MyCalls, MyPart};
pub(crate) use chosen::Chosen;
pub(crate) use counts::Counts;
pub(crate) use exemplars::Exemplar;
pub(crate) use sharded::{Part, Sharded, cramped_places};
pub(crate) use sums::Sum;
pub(crate) use values::{Values, ValuesReading};
