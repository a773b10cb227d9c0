//! Classic buckets: a few bounds, and how many values are at most as large.
//!
//! An exponential histogram has its bounds at powers of two and roots of two. Of these, twelve powers
//! of four are shown. A bound is a label, so they must not move: times have the same ones in every
//! process and for every function, from 15 µs to 64 s. What has another unit gets those that
//! end above its largest value; they move when that grows beyond them.

use super::family::Value;
use crate::metrics::data::{Buckets, Explicit, Exponential};

/// The most bounds of an exponential histogram, beside its thresholds.
const MOST: i32 = 12;
/// Four to this power is the least bound of a time, 15 µs.
const SHORTEST: i32 = -8;
/// Four to this power is the least number there is, 4.9e-324.
const LEAST: i32 = -537;
/// Four to this power is the greatest that is a number; beyond it are some that only the last
/// bucket has.
const GREATEST: i32 = 511;

/// A bound and the count up to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    pub(super) bound: f64,
    pub(super) at_most: u64,
}

/// The last power of four that is a bound, if any is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    last: Option<i32>,
}

impl Bounds {
    /// Sees to it that these are covered.
    pub(super) fn widen<'s>(&mut self, unit: &str, values: impl Iterator<Item = Value<'s>>) {
        if unit == "s" {
            self.last = Some(SHORTEST + MOST - 1);
            return;
        }
        for value in values {
            if let Value::Exponential(value) = value {
                self.last = self.last.max(last_used(value));
            }
        }
    }

    /// The powers of four.
    fn powers(self) -> impl Iterator<Item = i32> {
        self.last.into_iter().flat_map(|last| (last - MOST + 1).max(LEAST)..=last.min(GREATEST))
    }

    /// The buckets of an exponential histogram, and its count; the last bucket, which has everything,
    /// is left to the writer.
    ///
    /// Whoever counts goes on meanwhile: what is read later may be more. So that no bucket has less
    /// than the one before, each has at least as much.
    pub(super) fn exponential(self, value: &Exponential, buckets: &mut Vec<Bucket>) -> u64 {
        buckets.clear();
        let below = value.zeros + value.negative.counts.iter().sum::<u64>();
        let mut counts = value.positive.counts.iter();
        let (mut sum, mut index) = (below, i64::from(value.positive.offset));
        for power in self.powers() {
            let Some(end) = end_index(power, value.scale) else { continue };
            while index < end
                && let Some(count) = counts.next()
            {
                sum += count;
                index += 1;
            }
            // Not `4_f64.powi(power)`, which takes the inverse of a number that may be infinite.
            buckets.push(Bucket { bound: f64::from(2 * power).exp2(), at_most: sum });
        }
        let all = counts.fold(sum, |sum, count| sum + count).max(value.count);
        for threshold in value.thresholds.iter().filter(|one| one.bound.is_finite()) {
            let exact = Bucket { bound: threshold.bound, at_most: threshold.at_most };
            match buckets.binary_search_by(|known| known.bound.total_cmp(&exact.bound)) {
                Ok(at) => buckets[at] = exact,
                Err(at) => buckets.insert(at, exact),
            }
        }
        rise(buckets, all)
    }
}

/// The buckets of a histogram with chosen bounds, and its count.
pub(super) fn explicit(value: &Explicit, buckets: &mut Vec<Bucket>) -> u64 {
    buckets.clear();
    let mut sum = 0;
    for (bound, count) in value.bounds.iter().zip(&value.counts) {
        sum += count;
        if bound.is_finite() {
            buckets.push(Bucket { bound: *bound, at_most: sum });
        }
    }
    let all = value.counts.iter().sum::<u64>().max(value.count);
    rise(buckets, all)
}

fn rise(buckets: &mut [Bucket], all: u64) -> u64 {
    let mut least = 0;
    for bucket in buckets {
        least = bucket.at_most.max(least);
        bucket.at_most = least;
    }
    all.max(least)
}

/// The first bucket that is not at or below four to this power; `None`: one goes across.
fn end_index(power: i32, scale: i32) -> Option<i64> {
    let octaves = i64::from(power) * 2;
    if scale >= 0 {
        return Some(octaves << scale.min(40));
    }
    let width = 1_i64 << scale.unsigned_abs().min(40);
    (octaves % width == 0).then(|| octaves / width)
}

/// The power of four at or above all values.
fn last_used(value: &Exponential) -> Option<i32> {
    let Buckets { offset, counts } = &value.positive;
    let used = counts.iter().rposition(|count| *count > 0)?;
    let end = i64::from(*offset) + i64::try_from(used).ok()? + 1;
    let octaves = if value.scale >= 0 {
        -((-end) >> value.scale.min(40))
    } else {
        end.checked_mul(1 << value.scale.unsigned_abs().min(40))?
    };
    i32::try_from((octaves + 1).div_euclid(2))
        .ok()
        .filter(|power| (LEAST..=GREATEST + 1).contains(power))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::data::Threshold;

    fn histogram(scale: i32, offset: i32, counts: &[u64]) -> Exponential {
        Exponential {
            scale,
            zeros: 0,
            positive: Buckets { offset, counts: counts.to_vec() },
            negative: Buckets::default(),
            count: counts.iter().sum(),
            sum: 0.0,
            min_max: None,
            thresholds: Vec::new(),
        }
    }

    fn of(unit: &str, value: &Exponential) -> (Vec<(f64, u64)>, u64) {
        let mut bounds = Bounds::default();
        bounds.widen(unit, [Value::Exponential(value)].into_iter());
        let mut buckets = Vec::new();
        let count = bounds.exponential(value, &mut buckets);
        (buckets.iter().map(|bucket| (bucket.bound, bucket.at_most)).collect(), count)
    }

    #[test]
    fn times_have_the_same_bounds_whatever_was_measured() {
        // At scale 3: 1.0 s is in bucket -1, 2.0 s in 7, and just above 1.0 s is 0.
        let (one, _) = of("s", &histogram(3, -1, &[5]));
        let (long, count) = of("s", &histogram(3, 7, &[1, 0, 0, 2]));

        let bounds = |buckets: &[(f64, u64)]| buckets.iter().map(|b| b.0).collect::<Vec<_>>();
        assert_eq!(bounds(&one), bounds(&long));
        assert_eq!((one.len(), one[0].0, one[11].0), (12, 0.000_015_258_789_062_5, 64.0));
        // A value on a bound belongs to it.
        assert_eq!((one[7], one[8]), ((0.25, 0), (1.0, 5)));
        assert_eq!((long[8], long[9], count), ((1.0, 0), (4.0, 3), 3));
    }

    #[test]
    fn other_units_get_the_bounds_up_to_their_largest_value() {
        // At scale 0, bucket 9 has what is above 512 and at most 1024.
        let (buckets, count) = of("By", &histogram(0, 3, &[1, 0, 0, 0, 0, 0, 4]));

        assert_eq!((buckets.len(), buckets[11], count), (12, (1024.0, 5), 5));
        assert_eq!((buckets[7], buckets[8]), ((4.0, 0), (16.0, 1)));
        assert_eq!(of("By", &histogram(0, 0, &[])).0, []);
    }

    #[test]
    fn the_smallest_numbers_have_bounds_of_their_own() {
        // At scale 0, bucket -1074 has the smallest number there is.
        let (buckets, count) = of("By", &histogram(0, -1_074, &[2, 3]));

        assert!(buckets.iter().all(|(bound, _)| *bound > 0.0), "{buckets:?}");
        assert_eq!(
            (buckets.last().copied(), count),
            (Some((2_f64.powi(-1_000) * 2_f64.powi(-72), 5)), 5)
        );
    }

    #[test]
    fn the_greatest_numbers_are_in_the_last_bucket_alone() {
        let (buckets, count) = of("By", &histogram(0, 1_023, &[2]));

        assert!(buckets.iter().all(|(bound, _)| bound.is_finite()), "{buckets:?}");
        assert_eq!((buckets.last().map(|bucket| bucket.1), count), (Some(0), 2));
    }

    #[test]
    fn a_threshold_stands_among_the_bounds_and_is_exact() {
        let thresholds = vec![
            Threshold { bound: 0.25, at_most: 3 },
            Threshold { bound: 0.3, at_most: 4 },
            Threshold { bound: 100.0, at_most: 5 },
        ];
        let value = Exponential { thresholds, ..histogram(3, -17, &[3, 0, 2]) };

        let (buckets, _) = of("s", &value);

        assert_eq!(buckets[7..9], [(0.25, 3), (0.3, 4)]);
        assert_eq!((buckets.len(), buckets[13]), (14, (100.0, 5)));
    }

    #[test]
    fn what_was_read_at_different_moments_rises_all_the_same() {
        let thresholds = vec![Threshold { bound: 0.5, at_most: 9 }];
        let value = Exponential { thresholds, count: 4, ..histogram(3, -17, &[3, 0, 2]) };

        let (buckets, count) = of("s", &value);

        assert!(buckets.is_sorted_by_key(|bucket| bucket.1), "{buckets:?}");
        assert_eq!(count, 9);
    }

    #[test]
    fn chosen_bounds_stay() {
        let value = Explicit {
            bounds: vec![0.1, 0.5, f64::INFINITY].into(),
            counts: vec![1, 2, 3, 0],
            count: 6,
            sum: 2.0,
            min_max: None,
        };
        let mut buckets = Vec::new();

        let count = explicit(&value, &mut buckets);

        let expected = [(0.1, 1), (0.5, 3)].map(|(bound, at_most)| Bucket { bound, at_most });
        assert_eq!((buckets.as_slice(), count), (expected.as_slice(), 6));
    }

    proptest! {
        /// Whatever the scale, a bucket has just those that are at most as large as its bound.
        #[test]
        fn the_count_of_a_bucket_is_exact(
            scale in -4_i32..=8,
            offset in -300_i32..300,
            counts in prop::collection::vec(0_u64..5, 0..160),
            is_time in any::<bool>(),
        ) {
            let value = histogram(scale, offset, &counts);
            let (buckets, count) = of(if is_time { "s" } else { "By" }, &value);
            prop_assert!(buckets.len() <= 12);
            prop_assert_eq!(count, value.count);
            for (bound, at_most) in buckets {
                let within = counts.iter().zip(offset..).filter(|(_, index)| {
                    let upper = f64::from(index + 1) * 2_f64.powi(-scale);
                    upper <= bound.log2()
                });
                prop_assert_eq!(at_most, within.map(|(count, _)| count).sum::<u64>());
            }
        }
    }
}
