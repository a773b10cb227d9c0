//! What is added up: a whole number or a floating-point one, by its bits.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{
    exemplars::{Exemplar, Exemplars},
    sharded::{Part, Sharded},
};

/// A sum; whoever owns it knows of which kind of number.
#[derive(Debug)]
pub(crate) struct Sum {
    exemplars: Exemplars,
    parts: Sharded<SumPart>,
}

/// One thread's part.
pub(super) struct SumPart {
    bits: AtomicU64,
    exemplar_round: AtomicU64,
}

impl Part for SumPart {
    const EMPTY: Self = Self { bits: AtomicU64::new(0), exemplar_round: AtomicU64::new(0) };
    const BYTES: usize = 128;
}

impl Sum {
    pub(crate) const fn new() -> Self {
        Self { exemplars: Exemplars::new(), parts: Sharded::new() }
    }

    /// Adds a whole number; a negative one by its two's complement.
    #[inline(always)]
    pub(crate) fn add(&self, by: u64) {
        let mine = self.parts.mine();
        mine.add(&mine.bits, by);
    }

    /// Adds a floating-point number.
    #[inline(always)]
    pub(crate) fn add_f64(&self, by: f64) {
        let mine = self.parts.mine();
        mine.add_f64(&mine.bits, by);
    }

    /// Whether the calling thread has given no exemplar yet in this round.
    #[inline]
    pub(crate) fn wants_exemplar(&self, round: u64) -> bool {
        let mine = self.parts.mine();
        let is_first = mine.exemplar_round.load(Relaxed) != round;
        if is_first {
            mine.change(&mine.exemplar_round, |_| round);
        }
        is_first
    }

    /// Keeps the span in which something was added; as many as there are, the latest ones.
    #[cold]
    pub(crate) fn exemplar(&self, exemplar: Exemplar) {
        // Spans have no order of size, so their ids spread them over the places.
        self.exemplars.offer((exemplar.span_id & 0xff) as i32, exemplar);
    }

    /// The whole number.
    pub(crate) fn total(&self) -> u64 {
        self.parts.sum(|part| &part.bits)
    }

    /// The floating-point number. Of parts that only grow it only grows: they are always added in
    /// the same order.
    pub(crate) fn total_f64(&self) -> f64 {
        let mut total = 0.0;
        self.parts.each(|part| total += f64::from_bits(part.bits.load(Relaxed)));
        total
    }

    /// Those there are, the oldest first.
    pub(crate) fn exemplars(&self) -> Vec<Exemplar> {
        self.exemplars.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_many_threads_are_exact() {
        let (whole, broken) = (Sum::new(), Sum::new());

        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        whole.add(3);
                        whole.add(-1_i64 as u64);
                        broken.add_f64(0.5);
                    }
                });
            }
        });

        assert_eq!((whole.total(), broken.total_f64()), (32_000, 8_000.0));
    }

    #[test]
    fn a_thread_gives_one_exemplar_a_round() {
        let sum = Sum::new();

        let wants: Vec<_> = [1, 1, 2, 2].map(|round| sum.wants_exemplar(round)).into();

        assert_eq!(wants, [true, false, true, false]);
    }
}
