//! What a thread counts of a breaker's calls without telling others at once.

use std::sync::atomic::AtomicU64;

use crate::cell::Part;

/// What one thread counted.
pub(super) struct Counted {
    /// Successes of one epoch: its number, and below how many, see [`Tagged`].
    pub run: AtomicU64,
    /// The same of all epochs together.
    pub successes: AtomicU64,
    pub rejected: AtomicU64,
    pub ignored: AtomicU64,
}

impl Part for Counted {
    const EMPTY: Self = Self {
        run: AtomicU64::new(0),
        successes: AtomicU64::new(0),
        rejected: AtomicU64::new(0),
        ignored: AtomicU64::new(0),
    };
    const BYTES: usize = 128;
}

/// A number of successes with the epoch that they belong to, so that none counts in a later one.
pub(super) struct Tagged;

impl Tagged {
    /// A sum of such counts is right in these bits, however often they overflow.
    pub(super) const COUNT: u64 = (1 << 20) - 1;

    #[inline(always)]
    const fn tag(epoch: u64) -> u64 {
        epoch << 20
    }

    #[inline(always)]
    pub(super) fn next(word: u64, epoch: u64) -> u64 {
        let tag = Self::tag(epoch);
        if word & !Self::COUNT == tag { tag | (word + 1) & Self::COUNT } else { tag | 1 }
    }

    pub(super) fn count(word: u64, epoch: u64) -> u64 {
        if word & !Self::COUNT == Self::tag(epoch) { word & Self::COUNT } else { 0 }
    }
}
