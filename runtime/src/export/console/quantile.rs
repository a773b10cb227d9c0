//! What share of the values is no larger than what.

use crate::metrics::data::{Buckets, Explicit, Exponential};

impl Exponential {
    /// A value that so large a share of all is at most as large as; no more than a bucket too large.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let mut left = rank(self.count, share)?;
        let base = 2_f64.powf(2_f64.powi(-self.scale));
        let bound = |index: i64| base.powf(index as f64);
        // From the smallest: the negative ones from their far end, zero, the positive ones.
        let Buckets { offset, counts } = &self.negative;
        let negative = counts.iter().enumerate().rev();
        let negative = negative.map(|(at, count)| (*count, -bound(i64::from(*offset) + at as i64)));
        let Buckets { offset, counts } = &self.positive;
        let positive = (i64::from(*offset)..).zip(counts);
        let positive = positive.map(|(index, count)| (*count, bound(index + 1)));
        for (count, value) in negative.chain([(self.zeros, 0.0)]).chain(positive) {
            if left <= count {
                return Some(within(value, self.min_max));
            }
            left -= count;
        }
        self.min_max.map(|(_, max)| max)
    }
}

impl Explicit {
    /// A value that so large a share of all is at most as large as; no more than a bucket too large.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let mut left = rank(self.count, share)?;
        for (count, bound) in self.counts.iter().zip(self.bounds.iter()) {
            if left <= *count {
                return Some(within(*bound, self.min_max));
            }
            left -= count;
        }
        // Beyond the last bound, which is all that is known of it otherwise.
        self.min_max.map(|(_, max)| max).or_else(|| self.bounds.last().copied())
    }
}

/// The how-manyth value, from 1.
fn rank(count: u64, share: f64) -> Option<u64> {
    (count > 0).then(|| ((count as f64 * share).ceil() as u64).clamp(1, count))
}

fn within(value: f64, min_max: Option<(f64, f64)>) -> f64 {
    min_max.map_or(value, |(min, max)| value.max(min).min(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential() -> Exponential {
        // At scale 0: one of (-4, -2], one 0, two of (1, 2], six of (4, 8].
        Exponential {
            scale: 0,
            zeros: 1,
            positive: Buckets { offset: 0, counts: vec![2, 0, 6] },
            negative: Buckets { offset: 1, counts: vec![1] },
            count: 10,
            sum: 0.0,
            min_max: Some((-3.0, 7.5)),
            thresholds: vec![],
        }
    }

    #[test]
    fn quantiles_are_the_upper_bounds_of_their_buckets_within_what_was_measured() {
        let of = |share| exponential().quantile(share).unwrap();

        assert_eq!([0.0, 0.1, 0.2, 0.4, 0.5, 1.0].map(of), [-2.0, -2.0, 0.0, 2.0, 7.5, 7.5]);
    }

    #[test]
    fn quantiles_of_chosen_buckets_are_their_bounds() {
        let explicit = Explicit {
            bounds: vec![1.0, 10.0].into(),
            counts: vec![5, 4, 1],
            count: 10,
            sum: 0.0,
            min_max: None,
        };
        let of = |share| explicit.quantile(share).unwrap();

        assert_eq!([0.5, 0.6, 0.9, 1.0].map(of), [1.0, 10.0, 10.0, 10.0]);
    }

    #[test]
    fn of_nothing_there_is_no_quantile() {
        let nothing = Exponential { count: 0, ..exponential() };

        assert_eq!(nothing.quantile(0.5), None);
    }
}
