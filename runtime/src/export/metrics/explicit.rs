//! Distributions over chosen buckets, for receivers that take no exponential ones.
//!
//! The bounds are powers of two, because those are bounds of exponential buckets of any scale from 0
//! on: no value is counted on the wrong side of one. What is exact at a threshold is so here, too.

use crate::metrics::data::{Buckets, Data, Explicit, Exponential, Point, Snapshot};

/// Of seconds: an eighth of a millisecond to a bit more than a minute.
const SECONDS: std::ops::RangeInclusive<i32> = -13..=6;
/// Of everything else.
const OTHERS: std::ops::RangeInclusive<i32> = 0..=24;

/// Turns all exponential distributions into such over chosen buckets.
pub(crate) fn of(mut snapshot: Snapshot) -> Snapshot {
    for metric in &mut snapshot.metrics {
        let powers = if metric.unit == "s" { SECONDS } else { OTHERS };
        if let Data::Exponential(points) = &metric.data {
            let points = points.iter().map(|point| Point {
                labels: point.labels.clone(),
                start_unix_nanos: point.start_unix_nanos,
                value: explicit(&point.value, powers.clone()),
                exemplars: point.exemplars.clone(),
            });
            metric.data = Data::Histogram(points.collect());
        }
    }
    snapshot
}

fn explicit(from: &Exponential, powers: impl Iterator<Item = i32>) -> Explicit {
    let powers: Vec<_> = powers.map(|power| Power::of(from, power)).collect();
    let thresholds = from.thresholds.iter().map(|known| {
        // Calls go on while they are read, so one may be in the one count and not yet in the other.
        let below = powers.iter().rfind(|power| power.bound <= known.bound);
        let above = powers.iter().find(|power| power.is_exact && power.bound >= known.bound);
        let least = below.map_or(0, |power| power.at_most);
        let most = above.map_or(from.count, |power| power.at_most);
        (known.bound, known.at_most.min(most).max(least))
    });
    let thresholds: Vec<_> = thresholds.collect();
    let bounds = powers.iter().map(|power| (power.bound, power.at_most));
    let mut bounds: Vec<_> = bounds.chain(thresholds).collect();
    bounds.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    // Of a threshold that is a bound as well, both say the same.
    bounds.dedup_by(|(later, _), (earlier, _)| later == earlier);
    let mut before = 0;
    let mut counts: Vec<u64> = bounds
        .iter()
        .map(|(_, at_most)| {
            let here = at_most.saturating_sub(before);
            before = before.max(*at_most);
            here
        })
        .collect();
    counts.push(from.count.saturating_sub(before));
    Explicit {
        bounds: bounds.into_iter().map(|(bound, _)| bound).collect::<Vec<_>>().into(),
        count: counts.iter().sum(),
        counts,
        sum: from.sum,
        min_max: from.min_max,
    }
}

/// A power of two among the bounds.
struct Power {
    bound: f64,
    at_most: u64,
    /// It is the end of an exponential bucket, too.
    is_exact: bool,
}

impl Power {
    fn of(from: &Exponential, power: i32) -> Self {
        let width = 1_i64 << from.scale.min(0).unsigned_abs().min(20);
        let is_exact = i64::from(power).rem_euclid(width) == 0;
        Self { bound: 2_f64.powi(power), at_most: at_most(from, power), is_exact }
    }
}

/// How many values are no larger than a power of two; of a bucket that reaches beyond it, none.
fn at_most(from: &Exponential, power: i32) -> u64 {
    let Buckets { offset, counts } = &from.positive;
    let ends_by_then = |index: i64| {
        // The bucket ends at 2^((index + 1) · 2^-scale).
        match u32::try_from(from.scale) {
            Ok(scale) => index < i64::from(power) << scale.min(32),
            Err(_) => (index + 1) << from.scale.unsigned_abs().min(20) <= i64::from(power),
        }
    };
    let below: u64 = from.negative.counts.iter().sum::<u64>() + from.zeros;
    let indices = i64::from(*offset)..;
    below
        + indices
            .zip(counts)
            .take_while(|(index, _)| ends_by_then(*index))
            .map(|(_, n)| n)
            .sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::data::Threshold;

    fn exponential(scale: i32, offset: i32, counts: &[u64]) -> Exponential {
        Exponential {
            scale,
            zeros: 1,
            positive: Buckets { offset, counts: counts.to_vec() },
            negative: Buckets { offset: 0, counts: vec![2] },
            count: 3 + counts.iter().sum::<u64>(),
            sum: 0.0,
            min_max: None,
            thresholds: vec![],
        }
    }

    #[test]
    fn a_value_at_a_bound_belongs_to_it() {
        // Of scale 3, bucket 7 ends with 2, bucket 8 begins above it.
        let explicit = explicit(&exponential(3, 7, &[5, 7]), 0..=2);

        assert_eq!(*explicit.bounds, [1.0, 2.0, 4.0]);
        assert_eq!(explicit.counts, [3, 5, 7, 0]);
    }

    #[test]
    fn what_lies_beyond_all_bounds_is_counted() {
        let explicit = explicit(&exponential(0, -3, &[1, 0, 0, 0, 0, 0, 4]), -1..=1);

        assert_eq!(explicit.counts, [4, 0, 0, 4]);
        assert_eq!(explicit.counts.iter().sum::<u64>(), explicit.count);
    }

    #[test]
    fn buckets_wider_than_the_bounds_count_where_they_end() {
        // Of scale -1, bucket 0 is (1, 4].
        let explicit = explicit(&exponential(-1, 0, &[6]), 0..=2);

        assert_eq!(explicit.counts, [3, 0, 6, 0]);
    }

    #[test]
    fn a_threshold_that_is_read_too_early_or_too_late_agrees_with_its_neighbours() {
        for (read, kept) in [(2, 3), (6, 6), (40, 13)] {
            let mut from = exponential(0, 0, &[10, 7]);
            from.thresholds = vec![Threshold { bound: 1.5, at_most: read }];

            let explicit = explicit(&from, 0..=1);

            assert_eq!(explicit.counts, [3, kept - 3, 13 - kept, 7], "{read}");
            assert_eq!(explicit.count, 20);
        }
    }

    #[test]
    fn a_threshold_within_a_bucket_wider_than_the_bounds_is_exact() {
        // Of scale -1, bucket 0 is (1, 4]: of the bound 2 nothing is known.
        let mut from = exponential(-1, 0, &[6]);
        from.thresholds = vec![Threshold { bound: 1.5, at_most: 5 }];

        assert_eq!(explicit(&from, 0..=2).counts, [3, 2, 0, 4, 0]);
    }

    #[test]
    fn a_threshold_is_a_bound_of_its_own_and_exact() {
        let mut from = exponential(0, 0, &[10]);
        from.thresholds =
            vec![Threshold { bound: 1.5, at_most: 9 }, Threshold { bound: 2.0, at_most: 13 }];

        let explicit = explicit(&from, 0..=1);

        assert_eq!(*explicit.bounds, [1.0, 1.5, 2.0]);
        assert_eq!(explicit.counts, [3, 6, 4, 0]);
    }
}
