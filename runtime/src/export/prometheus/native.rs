//! Native histograms: the exponential ones of OpenTelemetry under another name.
//!
//! Both have base `2^(2^-scale)` and buckets that their upper bounds belong to; there the number of a
//! bucket is one more, and empty stretches are left out.

use crate::metrics::data::{Buckets, Exponential};

/// The scales that Prometheus knows.
const FINEST: i32 = 8;
const COARSEST: i32 = -4;
/// Empty buckets in a row that cost less than a new span.
const SHORT_GAP: u32 = 2;
/// Below it a value counts as zero: 2⁻¹²⁸, the default of Prometheus's own client.
pub(super) const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);

/// A histogram in the form of Prometheus.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Native {
    pub(super) schema: i32,
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) zeros: u64,
    pub(super) negative: Spans,
    pub(super) positive: Spans,
}

/// Stretches of buckets, and the differences from each count to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    /// How many buckets are left out before it, and how many it has.
    pub(super) spans: Vec<(i32, u32)>,
    pub(super) deltas: Vec<i64>,
}

impl Native {
    /// `None`: the buckets are wider than Prometheus knows them.
    pub(super) fn new(value: &Exponential) -> Option<Self> {
        if value.scale < COARSEST {
            return None;
        }
        let schema = value.scale.min(FINEST);
        let coarser = value.scale.saturating_sub(schema).min(31).unsigned_abs();
        let sum = |buckets: &Buckets| buckets.counts.iter().sum::<u64>();
        Some(Self {
            schema,
            // Read by itself it may be of another moment, and Prometheus checks that they add up.
            count: value.zeros + sum(&value.negative) + sum(&value.positive),
            sum: value.sum,
            zeros: value.zeros,
            negative: Spans::new(&value.negative, coarser),
            positive: Spans::new(&value.positive, coarser),
        })
    }
}

impl Spans {
    fn new(buckets: &Buckets, coarser: u32) -> Self {
        let mut spans = Self::default();
        let (mut next, mut before) = (None, 0);
        let mut counts = buckets.counts.iter().zip(i64::from(buckets.offset)..).peekable();
        while let Some((count, index)) = counts.next() {
            // Several of a finer scale are one.
            let (mut count, index) = (*count, index >> coarser);
            while let Some((more, _)) = counts.next_if(|(_, other)| other >> coarser == index) {
                count += more;
            }
            if count == 0 {
                continue;
            }
            let index = i32::try_from(index + 1).unwrap_or(i32::MAX);
            let gap = next.map_or(index, |next| index - next);
            match spans.spans.last_mut() {
                Some((_, length)) if gap.unsigned_abs() <= SHORT_GAP => {
                    *length += gap.unsigned_abs() + 1;
                    for _ in 0..gap {
                        spans.push(&mut before, 0);
                    }
                }
                _ => spans.spans.push((gap, 1)),
            }
            spans.push(&mut before, count);
            next = Some(index + 1);
        }
        spans
    }

    fn push(&mut self, before: &mut i64, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.deltas.push(count - *before);
        *before = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(offset: i32, counts: &[u64], coarser: u32) -> Spans {
        Spans::new(&Buckets { offset, counts: counts.to_vec() }, coarser)
    }

    #[test]
    fn a_bucket_has_the_next_number() {
        let found = spans(-1, &[3], 0);

        assert_eq!(found, Spans { spans: vec![(0, 1)], deltas: vec![3] });
    }

    #[test]
    fn short_gaps_are_filled_and_long_ones_begin_a_span() {
        let found = spans(4, &[0, 2, 0, 0, 5, 0, 0, 0, 1, 0], 0);

        assert_eq!(found.spans, [(6, 4), (3, 1)]);
        assert_eq!(found.deltas, [2, -2, 0, 5, -4]);
    }

    #[test]
    fn a_finer_scale_than_prometheus_knows_is_merged() {
        // Indexes -3 to 2: of them -3 is alone, -2 and -1 are one, and so on.
        let found = spans(-3, &[1, 2, 3, 4, 5, 6], 1);

        assert_eq!(found, Spans { spans: vec![(-1, 4)], deltas: vec![1, 4, 4, -3] });
    }

    #[test]
    fn nothing_measured_has_no_spans() {
        assert_eq!(spans(7, &[0, 0], 0), Spans::default());
        assert_eq!(spans(0, &[], 3), Spans::default());
    }
}
