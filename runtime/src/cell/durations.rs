//! How long the calls of one thread took: each in its bucket, but for the latest.
//!
//! Into which bucket a call belongs is known some ten nanoseconds after the clock was read, and a
//! processor that does not know yet where it will write puts off reading its clock again: the next
//! call would have to wait for it. So a call only leaves its bucket's number, in a word that always
//! stands in the same place, and the next one, which finds that computed, counts it.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::{
    bounds::{BUCKETS, LOWEST},
    buckets::Buckets,
    counts::Counts,
    sharded::Mine,
};

/// Where the number of the latest call stands, the first being 1: it lasts for decades.
const NUMBER_SHIFT: u32 = BUCKETS.next_power_of_two().trailing_zeros();
const BUCKET: u64 = (1 << NUMBER_SHIFT) - 1;
const NUMBERS: u64 = u64::MAX >> NUMBER_SHIFT;

/// The durations of one thread's calls, or of several that share a part.
///
/// In this order: what each call writes stands at the end.
#[repr(C)]
pub(super) struct Durations {
    buckets: Buckets,
    /// The number and the bucket of the latest call; 0: there is none, or several threads share.
    latest: AtomicU64,
}

/// The latest call, whose bucket is there already.
pub(super) struct Latest<'d> {
    durations: &'d Durations,
    word: &'d AtomicU64,
    latest: u64,
}

impl Latest<'_> {
    /// Counts it, for a later one belongs in this bucket.
    #[inline(always)]
    pub(super) fn replace(self, bucket: usize) {
        // Release: see `Durations::add_to`.
        self.word.store(self.word.load(Relaxed).wrapping_add(1), Release);
        self.durations.latest.store(following(self.latest, bucket), Release);
    }
}

impl Durations {
    /// About how large it becomes.
    pub(super) const BYTES: usize = size_of::<Self>() - size_of::<Buckets>() + Buckets::BYTES;

    pub(super) const fn new() -> Self {
        Self { buckets: Buckets::new(), latest: AtomicU64::new(0) }
    }

    /// What a call of the only thread that writes here replaces, where nothing has to be made for it.
    #[inline(always)]
    pub(super) fn latest_at_once(&self) -> Option<Latest<'_>> {
        let latest = self.latest.load(Relaxed);
        let word = self.buckets.word_at_once(bucket(latest))?;
        Some(Latest { durations: self, word, latest })
    }

    /// A call belongs in this bucket.
    pub(super) fn note<T>(&self, mine: &Mine<'_, T>, bucket_of_call: usize) {
        if !mine.is_sole() {
            return mine.add(self.buckets.word(bucket_of_call), 1);
        }
        match self.latest.load(Relaxed) {
            0 => self.latest.store(following(0, bucket_of_call), Release),
            latest => {
                let word = self.buckets.word(bucket(latest));
                Latest { durations: self, word, latest }.replace(bucket_of_call);
            }
        }
    }

    /// Adds all calls that had ended before, some that end meanwhile, and none twice: so what was
    /// read once is never more than what is read later.
    pub(super) fn add_to(&self, counts: &mut Counts) {
        let latest = self.latest.load(Acquire);
        let mut read = self.counted();
        if self.latest.load(Acquire) == latest {
            // The latest is all that may have been counted meanwhile, and then it has been counted
            // if as many are as there were.
            if latest != 0 && read.total() & NUMBERS != latest >> NUMBER_SHIFT {
                read.add(bucket(latest) as i32 + LOWEST, 1);
            }
        } else {
            // It has been counted by now, and with it all that a reader before this one knew of.
            read = self.counted();
        }
        counts.merge(&read);
    }

    fn counted(&self) -> Counts {
        let mut counts = Counts::default();
        self.buckets.add_to(LOWEST, &mut counts);
        counts
    }
}

#[inline(always)]
const fn bucket(latest: u64) -> usize {
    (latest & BUCKET) as usize
}

/// What stands there after one more call.
#[inline(always)]
const fn following(latest: u64, bucket: usize) -> u64 {
    (latest | BUCKET).wrapping_add(1) | bucket as u64
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicBool, thread};

    use super::*;
    use crate::cell::sharded::{Part, Sharded};

    impl Part for Durations {
        const EMPTY: Self = Self::new();
        const BYTES: usize = Self::BYTES;
    }

    /// Eight buckets in each of four groups.
    fn buckets() -> impl Iterator<Item = usize> + Clone {
        (100..164).step_by(2)
    }

    fn counted(durations: &Durations) -> Counts {
        let mut counts = Counts::default();
        durations.add_to(&mut counts);
        counts
    }

    fn note(durations: &Sharded<Durations>, bucket: usize) {
        let mine = durations.mine();
        match mine.latest_at_once() {
            Some(latest) => latest.replace(bucket),
            None => mine.note(&mine, bucket),
        }
    }

    #[test]
    fn the_latest_call_is_read_though_no_other_has_followed() {
        let durations = Sharded::<Durations>::new();
        let mine = durations.mine();
        let read = [7, 7, BUCKETS - 1, 0].map(|bucket| {
            note(&durations, bucket);
            counted(&mine).total()
        });

        let mut expected = Counts::default();
        for (bucket, count) in [(7, 2), (BUCKETS as i32 - 1, 1), (0, 1)] {
            expected.add(bucket + LOWEST, count);
        }
        assert_eq!(read, [1, 2, 3, 4]);
        assert_eq!(counted(&mine), expected);
    }

    #[test]
    fn a_call_that_has_just_been_counted_and_is_still_the_latest_is_read_once() {
        let durations = Sharded::<Durations>::new();
        note(&durations, 7);
        note(&durations, 9);
        let mine = durations.mine();
        let before = counted(&mine);

        // Half of what the next call does.
        mine.buckets.word(9).store(1, Relaxed);

        assert_eq!(counted(&mine), before);
    }

    #[test]
    fn whoever_reads_sees_all_that_has_ended_and_nothing_twice() {
        const CALLS: u64 = 300_000;
        let (durations, ended) = (Sharded::<Durations>::new(), AtomicU64::new(0));
        let (ready, done) = (AtomicBool::new(false), AtomicBool::new(false));

        thread::scope(|scope| {
            scope.spawn(|| {
                for bucket in buckets().cycle().take(CALLS as usize) {
                    note(&durations, bucket);
                    ended.store(ended.load(Relaxed) + 1, Release);
                    while !ready.load(Relaxed) {
                        thread::yield_now();
                    }
                }
                done.store(true, Release);
            });
            let mut last = [0; BUCKETS];
            while !done.load(Acquire) {
                let before = ended.load(Acquire);
                let mut read = Counts::default();
                durations.each(|part| part.add_to(&mut read));
                let after = ended.load(Acquire) + 1;

                assert!((before..=after).contains(&read.total()), "{before} {read:?} {after}");
                for (bucket, last) in last.iter_mut().enumerate() {
                    let place = usize::try_from(bucket as i32 + LOWEST - read.offset());
                    let count = place.ok().and_then(|place| read.counts().get(place).copied());
                    assert!(count.unwrap_or(0) >= *last, "bucket {bucket} fell to {count:?}");
                    *last = count.unwrap_or(0);
                }
                ready.store(true, Relaxed);
            }
        });

        let mut read = Counts::default();
        durations.each(|part| part.add_to(&mut read));
        assert_eq!(read.total(), CALLS);
    }

    #[test]
    fn threads_that_share_a_part_leave_none_in_the_word_of_the_latest() {
        let durations = Sharded::<Durations>::new();
        let shared = durations.shared();

        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| buckets().for_each(|bucket| shared.note(&shared, bucket)));
            }
        });

        assert_eq!(shared.latest.load(Relaxed), 0);
        assert_eq!(counted(&shared).total(), 4 * buckets().count() as u64);
    }
}
