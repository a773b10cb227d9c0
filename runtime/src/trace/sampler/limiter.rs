//! The state of a limited sampler: one atomic.

use std::sync::atomic::Ordering::Relaxed;

use crate::{pace::Pace, sync::shared::AtomicU64};

/// Admits so many traces a second, whichever threads they begin on.
///
/// A clone begins anew: in a forked child the limit is the child's own.
#[derive(Debug)]
pub(crate) struct Limiter {
    pace: Pace,
    arrival: AtomicU64,
}

impl Limiter {
    /// Admits one trace an interval, and those of a second (at least one) at once.
    pub(super) fn new(interval_nanos: u64) -> Self {
        Self::of(Pace::new(interval_nanos, interval_nanos.max(SECOND)))
    }

    fn of(pace: Pace) -> Self {
        Self { pace, arrival: AtomicU64::new(0) }
    }

    /// Whether a trace that begins now is recorded.
    pub(crate) fn admit(&self, now: u64) -> bool {
        let next = |arrival| self.pace.next(arrival, now);
        self.arrival.fetch_update(Relaxed, Relaxed, next).is_ok()
    }
}

impl Clone for Limiter {
    fn clone(&self) -> Self {
        Self::of(self.pace)
    }
}

pub(super) const SECOND: u64 = 1_000_000_000;

#[cfg(all(test, loom))]
mod model {
    use loom::{sync::Arc, thread};

    use super::*;

    #[test]
    fn of_three_traces_at_once_a_limit_of_two_admits_two() {
        loom::model(|| {
            let limiter = Arc::new(Limiter::new(SECOND / 2));
            let others: Vec<_> = (0..2)
                .map(|_| {
                    let limiter = Arc::clone(&limiter);
                    thread::spawn(move || limiter.admit(7))
                })
                .collect();
            let mine = limiter.admit(7);

            let admitted = others.into_iter().map(|one| one.join().unwrap());
            assert_eq!(admitted.chain([mine]).filter(|admitted| *admitted).count(), 2);
        });
    }
}
