//! A few recent values with the spans in which they were measured.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::sharded::Mine;
use crate::sync::{Mutex, lock};

/// A value and the span in which it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exemplar {
    /// In the unit of the metric; of a function's duration nanoseconds.
    pub value: f64,
    /// When, in ticks of the recorder's clock.
    pub tick: u64,
    pub trace_id: u128,
    pub span_id: u64,
}

/// One for each of eight adjoining doublings: so the rare and slow is not displaced by the common.
const KEPT: usize = 8;

/// How many ticks a thread lets pass between two exemplars, a tenth of a second or less.
const PAUSE: u64 = 1 << 27;

/// The exemplars of one metric.
#[derive(Debug)]
pub(super) struct Exemplars(Mutex<[Option<Exemplar>; KEPT]>);

impl Exemplars {
    pub(super) const fn new() -> Self {
        Self(Mutex::new([None; KEPT]))
    }

    /// Keeps it, unless somebody else is just reading or keeping another one.
    pub(super) fn offer(&self, bucket: i32, exemplar: Exemplar) {
        if let Ok(mut kept) = self.0.try_lock() {
            kept[bucket.div_euclid(8).rem_euclid(KEPT as i32) as usize] = Some(exemplar);
        }
    }

    /// Those there are, the oldest first.
    pub(super) fn read(&self) -> Vec<Exemplar> {
        let mut kept: Vec<_> = lock(&self.0).iter().flatten().copied().collect();
        kept.sort_unstable_by_key(|exemplar| exemplar.tick);
        kept
    }
}

/// Whether the part's thread should take an exemplar now; `due` is the part's own word for it.
#[inline(always)]
pub(super) fn is_due<T>(mine: &Mine<'_, T>, due: &AtomicU64, tick: u64) -> bool {
    let is_due = tick >= due.load(Relaxed);
    if is_due {
        mine.change(due, |_| tick.wrapping_add(PAUSE));
    }
    is_due
}
