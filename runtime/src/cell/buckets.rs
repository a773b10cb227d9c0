//! One thread's counts by bucket; of the whole range only what is in use takes room.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Acquire},
};

use super::bounds::{BUCKETS, BUCKETS_F64, LOWEST_F64};

/// Two doublings.
const GROUP: usize = 16;

/// Counts of durations, in groups that are made when they are first needed.
pub(super) struct Buckets([OnceLock<Box<Group>>; GROUPS]);

/// Counts that stand together, and with nothing that another thread writes.
#[repr(align(128))]
struct Group([AtomicU64; GROUP]);

/// One more than there are, so that a mask is check enough.
const GROUPS: usize = (BUCKETS / GROUP).next_power_of_two();

impl Buckets {
    /// With a few groups, which is what a function's durations need.
    pub(super) const BYTES: usize = size_of::<Self>() + 4 * size_of::<Group>();

    pub(super) const fn new() -> Self {
        Self([const { OnceLock::new() }; GROUPS])
    }

    /// The count of a bucket below [`BUCKETS`].
    #[inline(always)]
    pub(super) fn word(&self, bucket: usize) -> &AtomicU64 {
        let group = &self.0[bucket / GROUP % GROUPS];
        let words = match group.get() {
            Some(words) => words,
            None => Self::make(group),
        };
        &words.0[bucket % GROUP]
    }

    /// The same, if it is there already.
    #[inline(always)]
    pub(super) fn word_at_once(&self, bucket: usize) -> Option<&AtomicU64> {
        let words = self.0[bucket / GROUP % GROUPS].get()?;
        Some(&words.0[bucket % GROUP])
    }

    #[cold]
    #[inline(never)]
    fn make(group: &OnceLock<Box<Group>>) -> &Group {
        group.get_or_init(|| Box::new(Group([const { AtomicU64::new(0) }; GROUP])))
    }

    /// Adds the counts to those of the index `first` and following. Acquire: who counts there may
    /// have published something before.
    pub(super) fn add_to(&self, first: i32, counts: &mut super::counts::Counts) {
        for (group, index) in self.0.iter().zip((first..).step_by(GROUP)) {
            let Some(words) = group.get() else { continue };
            for (word, index) in words.0.iter().zip(index..) {
                counts.add(index, word.load(Acquire));
            }
        }
    }
}

/// Counts of numbers above zero, of any size.
pub(super) struct WideBuckets([OnceLock<Box<Buckets>>; BUCKETS_F64.div_ceil(BUCKETS)]);

impl WideBuckets {
    pub(super) const BYTES: usize = size_of::<Self>() + 2 * Buckets::BYTES;

    pub(super) const fn new() -> Self {
        Self([const { OnceLock::new() }; BUCKETS_F64.div_ceil(BUCKETS)])
    }

    /// The count of a bucket by its index.
    #[inline]
    pub(super) fn word(&self, index: i32) -> &AtomicU64 {
        let bucket = usize::try_from(index - LOWEST_F64).unwrap_or(0).min(BUCKETS_F64 - 1);
        let part = &self.0[bucket / BUCKETS];
        part.get_or_init(|| Box::new(Buckets::new())).word(bucket % BUCKETS)
    }

    pub(super) fn add_to(&self, counts: &mut super::counts::Counts) {
        for (part, first) in self.0.iter().zip((LOWEST_F64..).step_by(BUCKETS)) {
            if let Some(part) = part.get() {
                part.add_to(first, counts);
            }
        }
    }
}
