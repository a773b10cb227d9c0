//! Counts what was recorded although the sampler said no.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Spans of tentative traces.
///
/// Only the background thread counts. Whoever adds up reads in the opposite order.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    ended: AtomicU64,
    kept: AtomicU64,
    not_kept: AtomicU64,
}

impl Counts {
    /// `(kept, not kept, undecided)`.
    ///
    /// To be read after those that were handed over, the kept ones among them, and after those that
    /// were lost for want of memory.
    pub(crate) fn read(&self, lost: u64) -> (u64, u64, u64) {
        let (kept, not_kept) = (self.kept.load(Acquire), self.not_kept.load(Acquire));
        let decided = kept + not_kept + lost;
        (kept, not_kept, self.ended.load(Acquire).saturating_sub(decided))
    }

    /// Counts a span that has ended.
    pub(crate) fn count_ended(&self) {
        add(&self.ended, 1);
    }

    /// Counts a span that is exported after all, before it is counted as such.
    pub(crate) fn count_kept(&self) {
        add(&self.kept, 1);
    }

    pub(crate) fn count_not_kept(&self, spans: u64) {
        add(&self.not_kept, spans);
    }
}

/// Adds to a counter that has one writer.
#[inline]
fn add(counter: &AtomicU64, spans: u64) {
    counter.store(counter.load(Relaxed) + spans, Release);
}
