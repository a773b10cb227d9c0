//! Spandrel and its peers, measured side by side.
//!
//! A [`Subject`] is one way to record spans; a [`Case`] is one thing it is asked to do. Every
//! binary and the criterion run walk the same [`subjects`], so a number in one table is about the
//! same code as the number beside it. `benches/run` measures everything and writes `RESULTS.md`.
//!
//! What this crate deliberately does not do: talk to a collector. Sinks count and discard, or
//! encode OTLP and discard the bytes; the network would only add noise that nobody here controls.
//! Only `exports`, which compares forms of export, and `shop_load`, which is a whole service, send:
//! over loopback, to a receiver that discards; the service also to a collector, if one is named.

mod counters;
mod floor;
mod guarded;
mod ours;
#[cfg(feature = "peers")]
mod peers;
mod subject;

pub mod allocator;
pub mod harness;
pub mod workload;

pub use subject::{Case, Kind, Seen, Sink, Subject};

/// Lists everything that is measured, in the order in which it must be installed.
///
/// What runs uninitialised comes first: installing a subscriber or a recorder is for the whole
/// process and cannot be taken back.
pub fn subjects() -> Vec<&'static dyn Subject> {
    let mut subjects: Vec<&'static dyn Subject> = vec![&floor::Bare];
    #[cfg(feature = "peers")]
    subjects.push(&peers::tracing::NoSubscriber);
    subjects.push(&ours::Uninitialised);
    subjects.extend(floor::clocks());
    subjects.push(&ours::Spandrel);
    subjects.push(&guarded::Guarded);
    subjects.push(&ours::TailBias);
    subjects.push(&ours::Bridged);
    #[cfg(feature = "peers")]
    subjects.extend(peers::all());
    subjects
}

/// Lists the sizes in bytes of the future of one annotated async function, by subject.
pub fn future_sizes() -> Vec<(&'static str, usize)> {
    let bare = ("bare", size_of_val(&floor::work_async(1, "")));
    [
        &[bare, ("spandrel", ours::future_size())][..],
        #[cfg(feature = "peers")]
        &peers::future_sizes(),
    ]
    .concat()
}
