//! Counts by bucket, read at one moment: merged, subtracted, coarsened, asked for quantiles.

use super::bounds::{SCALE, upper_bound};

/// Counts of an exponential histogram's buckets, from the lowest in use to the highest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    scale: i32,
    offset: i32,
    counts: Vec<u64>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { scale: SCALE, offset: 0, counts: Vec::new() }
    }
}

impl Counts {
    /// The base is 2^(2^-scale).
    pub(crate) fn scale(&self) -> i32 {
        self.scale
    }

    /// The index of the first bucket.
    pub(crate) fn offset(&self) -> i32 {
        self.offset
    }

    /// The buckets from the first on.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    pub(crate) fn into_counts(self) -> Vec<u64> {
        self.counts
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Counts in one more bucket.
    pub(crate) fn add(&mut self, index: i32, count: u64) {
        if count == 0 {
            return;
        }
        if self.counts.is_empty() {
            self.offset = index;
        }
        if index < self.offset {
            let missing = (self.offset - index) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.offset = index;
        }
        let place = (index - self.offset) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += count;
    }

    /// With these counts added; both become as coarse as the coarser.
    pub(crate) fn merge(&mut self, other: &Self) {
        let scale = self.scale.min(other.scale);
        self.coarsen_to(scale);
        for (index, count) in other.at(scale) {
            self.add(index, count);
        }
    }

    /// What was counted since an earlier reading of the same counts.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let scale = self.scale.min(earlier.scale);
        let mut difference = Self { scale, ..Self::default() };
        let mut before = Self { scale, ..Self::default() };
        earlier.at(scale).for_each(|(index, count)| before.add(index, count));
        for (index, count) in self.at(scale) {
            let place = usize::try_from(index - before.offset).ok();
            let known = place.and_then(|place| before.counts.get(place)).copied().unwrap_or(0);
            difference.add(index, count.saturating_sub(known));
        }
        difference
    }

    /// Halves the scale until so many buckets suffice; no count is in doubt by that.
    pub(crate) fn limit(&mut self, most_buckets: usize) {
        while self.counts.len() > most_buckets.max(2) {
            self.coarsen_to(self.scale - 1);
        }
    }

    /// The value below which a share of all values lies; `None`, if there are none.
    ///
    /// The relative error is at most `(b - 1) / (b + 1)` with the base `b`: 4.33 % at scale 3.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.total();
        let rank = ((share.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        for (count, index) in self.counts.iter().zip(self.offset..) {
            seen += count;
            if seen >= rank {
                let (low, high) =
                    (upper_bound(self.scale, index - 1), upper_bound(self.scale, index));
                // What is off by the same ratio from both ends.
                return Some(2.0 * low * high / (low + high));
            }
        }
        None
    }

    /// By how much a quantile may be off, relative to it.
    pub(crate) fn quantile_error(&self) -> f64 {
        let base = f64::exp2(f64::exp2(-f64::from(self.scale)));
        (base - 1.0) / (base + 1.0)
    }

    /// Makes them as coarse as that, if they are finer.
    pub(crate) fn coarsen_to(&mut self, scale: i32) {
        if scale < self.scale {
            let mut coarse = Self { scale, ..Self::default() };
            self.at(scale).for_each(|(index, count)| coarse.add(index, count));
            *self = coarse;
        }
    }

    /// The buckets as they are at a scale that is at most their own.
    fn at(&self, scale: i32) -> impl Iterator<Item = (i32, u64)> + '_ {
        let halvings = self.scale - scale;
        let buckets = (self.offset..).zip(self.counts.iter().copied());
        buckets.map(move |(index, count)| (index >> halvings, count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::bounds::index_of_f64, *};

    fn of(values: &[f64]) -> Counts {
        let mut counts = Counts::default();
        values.iter().for_each(|value| counts.add(index_of_f64(*value), 1));
        counts
    }

    #[test]
    fn buckets_are_added_at_either_end() {
        let mut counts = Counts::default();

        for (index, count) in [(5, 1), (7, 2), (3, 4), (100, 0)] {
            counts.add(index, count);
        }

        assert_eq!((counts.offset(), counts.counts()), (3, &[4, 0, 1, 0, 2][..]));
    }

    #[test]
    fn a_million_random_values_have_quantiles_within_the_error() {
        // Log-uniform from a nanosecond to ten minutes.
        let mut state = 1_u64;
        let mut values: Vec<f64> = (0..1_000_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1e-9 * (6e11_f64).powf((state >> 11) as f64 / (1_u64 << 53) as f64)
            })
            .collect();
        let counts = of(&values);

        values.sort_unstable_by(f64::total_cmp);
        for permille in 1..=1000 {
            let share = f64::from(permille) / 1000.0;
            let exact = values[(share * 1e6).ceil() as usize - 1];
            let error = (counts.quantile(share).unwrap() / exact - 1.0).abs();
            assert!(error <= 0.0434, "{share}: {error}");
        }
        assert_eq!(counts.total(), 1_000_000);
    }

    #[test]
    fn there_is_no_quantile_of_nothing() {
        assert_eq!(Counts::default().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn coarser_buckets_hold_the_same(values in prop::collection::vec(1e-9..1e9_f64, 1..200), most in 2_usize..40) {
            let fine = of(&values);
            let mut coarse = fine.clone();
            coarse.limit(most);

            prop_assert!(coarse.counts().len() <= most);
            prop_assert_eq!(coarse.total(), fine.total());
            for (index, count) in (coarse.offset()..).zip(coarse.counts()) {
                let (low, high) = (upper_bound(coarse.scale(), index - 1), upper_bound(coarse.scale(), index));
                let within = values.iter().filter(|value| {
                    // Next to a bound only the exact index decides.
                    index_of_f64(**value) >> (SCALE - coarse.scale()) == index
                        || (**value > low * 1.000_001 && **value < high * 0.999_999)
                });
                prop_assert_eq!(within.count() as u64, *count);
            }
        }

        #[test]
        fn a_difference_and_what_was_before_make_the_whole(
            before in prop::collection::vec(1e-9..1e9_f64, 0..100),
            after in prop::collection::vec(1e-9..1e9_f64, 0..100),
        ) {
            let earlier = of(&before);
            let mut whole = earlier.clone();
            whole.merge(&of(&after));

            let mut sum = whole.since(&earlier);
            prop_assert_eq!(&sum, &of(&after));
            sum.merge(&earlier);
            prop_assert_eq!(sum, whole);
        }
    }
}
