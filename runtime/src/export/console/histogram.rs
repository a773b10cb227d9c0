//! Counts durations in buckets whose width grows with them.

use std::time::Duration;

/// Each power of two has so many buckets (2^5): a quantile is at most 1/32 too high.
const SPLIT_BITS: u32 = 5;
const SPLIT: u64 = 1 << SPLIT_BITS;

/// At most 1,920 buckets, and no more than the longest duration needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    buckets: Vec<u32>,
    count: u64,
    longest: u64,
}

impl Histogram {
    /// Counts a duration.
    pub(super) fn add(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let at = bucket(nanos);
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, 0);
        }
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.longest = self.longest.max(nanos);
    }

    /// How many were counted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The longest, exactly.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// The duration that so many of a hundred do not exceed, by nearest rank.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let rank = self.count.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        Duration::from_nanos(at.map_or(self.longest, |at| last_of(at).min(self.longest)))
    }
}

/// Below 32 one bucket for each number; above, 32 for each power of two.
fn bucket(nanos: u64) -> usize {
    if nanos < SPLIT {
        return nanos as usize;
    }
    let power = nanos.ilog2() - SPLIT_BITS;
    ((u64::from(power) << SPLIT_BITS) + (nanos >> power)) as usize
}

/// The largest number of a bucket.
fn last_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SPLIT {
        return bucket;
    }
    let power = (bucket >> SPLIT_BITS) - 1;
    let first = (bucket - (power << SPLIT_BITS)) << power;
    first + ((1 << power) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_holds_what_is_close_to_its_last(nanos: u64) {
            let last = last_of(bucket(nanos));
            prop_assert!(nanos <= last);
            prop_assert!(last - nanos <= nanos / SPLIT);
            prop_assert_eq!(bucket(last), bucket(nanos));
            prop_assert!(last == u64::MAX || bucket(last + 1) == bucket(last) + 1);
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_durations(
            mut nanos in proptest::collection::vec(0_u64..10_000_000_000, 1..300),
            percent in 1_u64..=100,
        ) {
            let mut histogram = Histogram::default();
            nanos.iter().for_each(|nanos| histogram.add(Duration::from_nanos(*nanos)));
            nanos.sort_unstable();
            let rank = (nanos.len() * percent as usize).div_ceil(100).max(1);
            let (exact, found) = (nanos[rank - 1], histogram.percentile(percent).as_nanos() as u64);
            prop_assert!(exact <= found && found - exact <= exact / SPLIT, "{found} for {exact}");
        }
    }

    #[test]
    fn the_largest_duration_has_the_last_bucket() {
        assert_eq!(bucket(u64::MAX), 1_919);
        assert_eq!(last_of(1_919), u64::MAX);
    }

    #[test]
    fn nothing_counted_is_nothing() {
        assert_eq!(Histogram::default().percentile(99), Duration::ZERO);
    }
}
