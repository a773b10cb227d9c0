//! The values of one histogram, in buckets that were chosen in advance.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    exemplars::{self, Exemplar, Exemplars},
    sharded::{Part, Sharded},
};

/// What is known about the values of one histogram.
#[derive(Debug)]
pub(crate) struct Chosen {
    exemplars: Exemplars,
    parts: Sharded<ChosenPart>,
}

/// One thread's part.
pub(super) struct ChosenPart {
    // Bits of floating-point numbers.
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    exemplar_due: AtomicU64,
    counts: OnceLock<Box<[AtomicU64]>>,
}

impl Part for ChosenPart {
    const EMPTY: Self = Self {
        sum: AtomicU64::new(0),
        min: AtomicU64::new(f64::INFINITY.to_bits()),
        max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        exemplar_due: AtomicU64::new(0),
        counts: OnceLock::new(),
    };
    // With the usual 15 bounds.
    const BYTES: usize = 256;
}

impl Chosen {
    pub(crate) const fn new() -> Self {
        Self { exemplars: Exemplars::new(), parts: Sharded::new() }
    }

    /// Counts a finite value; `true`: an exemplar of it would be welcome. The bounds are always the
    /// same, ascending; each belongs to the bucket below it.
    #[inline]
    pub(crate) fn record(&self, bounds: &[f64], value: f64, tick: u64) -> bool {
        let mine = self.parts.mine();
        mine.add_f64(&mine.sum, value);
        if value < f64::from_bits(mine.min.load(Relaxed)) {
            mine.change(&mine.min, |min| f64::from_bits(min).min(value).to_bits());
        }
        if value > f64::from_bits(mine.max.load(Relaxed)) {
            mine.change(&mine.max, |max| f64::from_bits(max).max(value).to_bits());
        }
        let counts = mine.counts.get_or_init(|| {
            std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect()
        });
        if let Some(word) = counts.get(bucket(bounds, value)) {
            mine.add(word, 1);
        }
        exemplars::is_due(&mine, &mine.exemplar_due, tick)
    }

    /// Keeps the span in which a value was measured.
    #[cold]
    pub(crate) fn exemplar(&self, bounds: &[f64], exemplar: Exemplar) {
        // A place for each two buckets or so.
        let bucket = bucket(bounds, exemplar.value) * 64 / (bounds.len() + 1);
        self.exemplars.offer(bucket as i32, exemplar);
    }

    /// All of it, as it is now.
    pub(crate) fn read(&self, bounds: &[f64]) -> ChosenReading {
        let mut counts = vec![0; bounds.len() + 1];
        let mut sum = 0.0;
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        self.parts.each(|part| {
            let number = |word: &AtomicU64| f64::from_bits(word.load(Relaxed));
            sum += number(&part.sum);
            min = min.min(number(&part.min));
            max = max.max(number(&part.max));
            let words = part.counts.get().into_iter().flatten();
            counts.iter_mut().zip(words).for_each(|(count, word)| *count += word.load(Relaxed));
        });
        let min_max = (min <= max).then_some((min, max));
        ChosenReading { counts, sum, min_max, exemplars: self.exemplars.read() }
    }
}

/// What is known about a histogram's values, at one moment.
#[derive(Clone, Debug)]
pub(crate) struct ChosenReading {
    /// One more than the bounds.
    pub counts: Vec<u64>,
    pub sum: f64,
    pub min_max: Option<(f64, f64)>,
    pub exemplars: Vec<Exemplar>,
}

fn bucket(bounds: &[f64], value: f64) -> usize {
    // A handful of bounds is walked faster than it is halved, and common values are small.
    if bounds.len() <= 16 {
        bounds.iter().take_while(|bound| **bound < value).count()
    } else {
        bounds.partition_point(|bound| *bound < value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let (chosen, bounds) = (Chosen::new(), [1.0, 2.0]);

        for value in [-3.0, 1.0, 1.5, 2.0, 2.5] {
            chosen.record(&bounds, value, 0);
        }

        let reading = chosen.read(&bounds);
        assert_eq!(reading.counts, [2, 2, 1]);
        assert_eq!((reading.sum, reading.min_max), (4.0, Some((-3.0, 2.5))));
    }

    #[test]
    fn many_bounds_are_found_as_few_are() {
        let bounds: Vec<_> = (0..40).map(f64::from).collect();

        for value in [-1.0, 0.0, 0.5, 39.0, 39.5] {
            let walked = bounds.iter().take_while(|bound| **bound < value).count();
            assert_eq!(bucket(&bounds, value), walked);
        }
    }
}
