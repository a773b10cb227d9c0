//! What a shared limiter counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Debug, Default)]
pub(super) struct Counts {
    admitted: AtomicU64,
    rejected: AtomicU64,
    away: AtomicU64,
}

/// What a [`SharedRateLimiter`](super::SharedRateLimiter) counted in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedRateStatistics {
    admitted: u64,
    rejected: u64,
    away: u64,
}

impl Counts {
    pub(super) fn admitted(&self) {
        self.admitted.fetch_add(1, Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    pub(super) fn away(&self) {
        self.away.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> SharedRateStatistics {
        SharedRateStatistics {
            admitted: self.admitted.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            away: self.away.load(Relaxed),
        }
    }
}

impl SharedRateStatistics {
    /// How many calls Redis let through.
    #[must_use]
    pub fn admitted(&self) -> u64 {
        self.admitted
    }

    /// How many calls were refused, but for those that the local limiter refused.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// How many calls were decided without Redis, as it did not answer.
    #[must_use]
    pub fn away(&self) -> u64 {
        self.away
    }
}
