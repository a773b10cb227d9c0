//! The values of one histogram: numbers of any size, in exponential buckets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{
    bounds::index_of_f64,
    buckets::WideBuckets,
    counts::Counts,
    exemplars::{self, Exemplar, Exemplars},
    sharded::{Part, Sharded},
};

/// What is known about the values of one histogram.
#[derive(Debug)]
pub(crate) struct Values {
    exemplars: Exemplars,
    parts: Sharded<ValuesPart>,
}

/// One thread's part.
pub(super) struct ValuesPart {
    zeros: AtomicU64,
    // Bits of floating-point numbers.
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    exemplar_due: AtomicU64,
    positive: WideBuckets,
    negative: WideBuckets,
}

impl Part for ValuesPart {
    const EMPTY: Self = Self {
        zeros: AtomicU64::new(0),
        sum: AtomicU64::new(0),
        min: AtomicU64::new(f64::INFINITY.to_bits()),
        max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        exemplar_due: AtomicU64::new(0),
        positive: WideBuckets::new(),
        negative: WideBuckets::new(),
    };
    const BYTES: usize = size_of::<Self>() + WideBuckets::BYTES;
}

impl Values {
    pub(crate) const fn new() -> Self {
        Self { exemplars: Exemplars::new(), parts: Sharded::new() }
    }

    /// Counts a finite value; `true`: an exemplar of it would be welcome.
    #[inline]
    pub(crate) fn record(&self, value: f64, tick: u64) -> bool {
        let mine = self.parts.mine();
        mine.add_f64(&mine.sum, value);
        if value < f64::from_bits(mine.min.load(Relaxed)) {
            mine.change(&mine.min, |min| f64::from_bits(min).min(value).to_bits());
        }
        if value > f64::from_bits(mine.max.load(Relaxed)) {
            mine.change(&mine.max, |max| f64::from_bits(max).max(value).to_bits());
        }
        let word = if value > 0.0 {
            mine.positive.word(index_of_f64(value))
        } else if value < 0.0 {
            mine.negative.word(index_of_f64(-value))
        } else {
            &mine.zeros
        };
        mine.add(word, 1);
        exemplars::is_due(&mine, &mine.exemplar_due, tick)
    }

    /// Keeps the span in which a value was measured.
    #[cold]
    pub(crate) fn exemplar(&self, exemplar: Exemplar) {
        let bucket = if exemplar.value == 0.0 { 0 } else { index_of_f64(exemplar.value.abs()) };
        self.exemplars.offer(bucket, exemplar);
    }

    /// All of it, as it is now.
    pub(crate) fn read(&self) -> ValuesReading {
        let mut reading = ValuesReading::default();
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        self.parts.each(|part| {
            let number = |word: &AtomicU64| f64::from_bits(word.load(Relaxed));
            reading.zeros += part.zeros.load(Relaxed);
            reading.sum += number(&part.sum);
            min = min.min(number(&part.min));
            max = max.max(number(&part.max));
            part.positive.add_to(&mut reading.positive);
            part.negative.add_to(&mut reading.negative);
        });
        reading.min_max = (min <= max).then_some((min, max));
        reading.exemplars = self.exemplars.read();
        reading
    }
}

/// What is known about a histogram's values, at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValuesReading {
    pub zeros: u64,
    pub positive: Counts,
    pub negative: Counts,
    pub sum: f64,
    pub min_max: Option<(f64, f64)>,
    pub exemplars: Vec<Exemplar>,
}

impl ValuesReading {
    pub(crate) fn count(&self) -> u64 {
        self.zeros + self.positive.total() + self.negative.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_sign_and_size_are_counted() {
        let values = Values::new();

        for value in [1.0, 2.0, -4.0, 0.0, -0.0, f64::MAX / 4.0, 5e-324] {
            values.record(value, 0);
        }

        let reading = values.read();
        assert_eq!((reading.count(), reading.zeros), (7, 2));
        assert_eq!(reading.min_max, Some((-4.0, f64::MAX / 4.0)));
        assert_eq!((reading.negative.offset(), reading.negative.counts()), (15, &[1][..]));
        assert_eq!(reading.positive.total(), 4);
    }

    #[test]
    fn sums_of_many_threads_are_exact() {
        let values = Values::new();

        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for value in 1..=1_000 {
                        values.record(f64::from(value), 0);
                    }
                });
            }
        });

        let reading = values.read();
        assert_eq!((reading.count(), reading.sum), (16_000, 16.0 * 500_500.0));
        assert_eq!(reading.min_max, Some((1.0, 1_000.0)));
    }
}
