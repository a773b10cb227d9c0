//! What each kind of instrument keeps, and the points that are made of it.

use std::{
    borrow::Cow,
    marker::PhantomData,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use super::{
    data::{Buckets, Data, Explicit, Exponential, Point},
    lately::{self, Reading},
    number::{self, Number},
    series::{Observation, Series, State},
};
use crate::cell::{Chosen, Counts, Sum, Values, ValuesReading};

/// A sum that only grows, or that grows and shrinks.
pub(crate) struct Total<T, const MONOTONIC: bool> {
    pub(crate) sum: Sum,
    number: PhantomData<T>,
}

impl<T: Number, const MONOTONIC: bool> State for Total<T, MONOTONIC> {
    type Kind = ();

    fn new(_kind: &()) -> Self {
        Self { sum: Sum::new(), number: PhantomData }
    }

    fn reading(&self, _last: Option<&Reading>) -> Reading {
        Reading { sum: number::total::<T>(&self.sum).to_f64(), ..Reading::default() }
    }

    fn read(_kind: &(), series: &[&Series<Self>], observed: Vec<Observation>) -> Data {
        let counted = series.iter().map(|series| {
            let sum = &series.state.sum;
            series.point(number::value(number::total::<T>(sum)), sum.exemplars())
        });
        let mut points: Vec<_> = counted.collect();
        for point in observed.into_iter().map(Observation::into_point) {
            match points.iter_mut().find(|known| known.labels == point.labels) {
                Some(known) => known.value = number::plus(known.value, point.value),
                None => points.push(point),
            }
        }
        Data::Sum { monotonic: MONOTONIC, points }
    }
}

/// The latest value, if there was any.
pub(crate) struct Latest<T> {
    bits: AtomicU64,
    is_set: AtomicBool,
    number: PhantomData<T>,
}

impl<T: Number> Latest<T> {
    #[inline(always)]
    pub(super) fn set(&self, value: T) {
        self.bits.store(value.bits(), Relaxed);
        if !self.is_set.load(Relaxed) {
            self.is_set.store(true, Relaxed);
        }
    }

    pub(super) fn add(&self, by: T) {
        // It always succeeds, for there always is a sum.
        let plus = |bits| Some(T::from_bits(bits).plus(by).bits());
        let _ = self.bits.fetch_update(Relaxed, Relaxed, plus);
        self.is_set.store(true, Relaxed);
    }

    pub(super) fn value(&self) -> Option<T> {
        self.is_set.load(Relaxed).then(|| T::from_bits(self.bits.load(Relaxed)))
    }
}

impl<T: Number> State for Latest<T> {
    type Kind = ();

    fn new(_kind: &()) -> Self {
        let bits = AtomicU64::new(T::default().bits());
        Self { bits, is_set: AtomicBool::new(false), number: PhantomData }
    }

    fn reading(&self, last: Option<&Reading>) -> Reading {
        let last = last.cloned().unwrap_or_default();
        match self.value().map(T::to_f64) {
            // Each reading counts as one, so that differences have an average.
            Some(value) => Reading {
                sum: last.sum + value,
                count: last.count + 1,
                latest: Some(value),
                ..last
            },
            None => last,
        }
    }

    fn read(_kind: &(), series: &[&Series<Self>], observed: Vec<Observation>) -> Data {
        let set = series.iter().filter_map(|series| {
            let value = series.state.value()?;
            Some(series.point(number::value(value), Vec::new()))
        });
        let mut points: Vec<_> = set.collect();
        for point in observed.into_iter().map(Observation::into_point) {
            match points.iter_mut().find(|known| known.labels == point.labels) {
                Some(known) => known.value = point.value,
                None => points.push(point),
            }
        }
        Data::Gauge(points)
    }
}

/// The buckets of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BucketsOf {
    Chosen(Cow<'static, [f64]>),
    Exponential,
}

/// A distribution.
#[expect(clippy::large_enum_variant, reason = "they live where they were made, on the heap")]
pub(crate) enum Distribution {
    Chosen(Cow<'static, [f64]>, Chosen),
    Exponential(Values),
}

/// As many as the OpenTelemetry data model advises.
const MOST_BUCKETS: usize = 160;

impl State for Distribution {
    type Kind = BucketsOf;

    fn new(kind: &BucketsOf) -> Self {
        match kind {
            BucketsOf::Chosen(bounds) => Self::Chosen(bounds.clone(), Chosen::new()),
            BucketsOf::Exponential => Self::Exponential(Values::new()),
        }
    }

    fn reading(&self, _last: Option<&Reading>) -> Reading {
        match self {
            Self::Chosen(bounds, values) => {
                let reading = values.read(bounds);
                Reading {
                    sum: reading.sum,
                    count: reading.counts.iter().sum(),
                    latest: None,
                    buckets: lately::Buckets::Chosen(bounds.as_ref().into(), reading.counts),
                }
            }
            Self::Exponential(values) => {
                let reading = values.read();
                let (sum, count) = (reading.sum, reading.count());
                let ValuesReading { negative, zeros, positive, .. } = reading;
                let buckets = lately::Buckets::exponential(negative, zeros, positive);
                Reading { sum, count, latest: None, buckets }
            }
        }
    }

    fn read(kind: &BucketsOf, series: &[&Series<Self>], _observed: Vec<Observation>) -> Data {
        match kind {
            BucketsOf::Chosen(_) => {
                Data::Histogram(series.iter().filter_map(|series| chosen(series)).collect())
            }
            BucketsOf::Exponential => {
                Data::Exponential(series.iter().filter_map(|series| exponential(series)).collect())
            }
        }
    }
}

fn chosen(series: &Series<Distribution>) -> Option<Point<Explicit>> {
    let Distribution::Chosen(bounds, values) = &series.state else { return None };
    let reading = values.read(bounds);
    let explicit = Explicit {
        bounds: bounds.clone(),
        count: reading.counts.iter().sum(),
        counts: reading.counts,
        sum: reading.sum,
        min_max: reading.min_max,
    };
    Some(series.point(explicit, reading.exemplars))
}

fn exponential(series: &Series<Distribution>) -> Option<Point<Exponential>> {
    let Distribution::Exponential(values) = &series.state else { return None };
    let mut reading = values.read();
    let count = reading.count();
    // Both have one scale, so the coarser one decides.
    reading.positive.limit(MOST_BUCKETS);
    reading.negative.limit(MOST_BUCKETS);
    let scale = reading.positive.scale().min(reading.negative.scale());
    let exponential = Exponential {
        scale,
        zeros: reading.zeros,
        positive: buckets(reading.positive, scale),
        negative: buckets(reading.negative, scale),
        count,
        sum: reading.sum,
        min_max: reading.min_max,
        thresholds: Vec::new(),
    };
    Some(series.point(exponential, reading.exemplars))
}

fn buckets(mut counts: Counts, scale: i32) -> Buckets {
    counts.coarsen_to(scale);
    Buckets { offset: counts.offset(), counts: counts.into_counts() }
}

impl Data {
    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Sum { points, .. } | Self::Gauge(points) => points.is_empty(),
            Self::Histogram(points) => points.is_empty(),
            Self::Exponential(points) => points.is_empty(),
        }
    }
}
