//! Metrics as a test asks for them.

use std::fmt;

use crate::metrics::{
    self, Labels,
    data::{Data, Metric, Number, Point, Snapshot},
};

/// Reads all metrics, as they are now.
///
/// They belong to the process: tests that run beside this one count in the same metrics. A test
/// counts under labels of its own, or compares with what was there [before](Metrics::since).
///
/// ```
/// use spandrel::{metrics::Counter, testing};
///
/// static ORDERS: Counter = Counter::new("business.orders.created", "Orders created");
///
/// let before = testing::metrics();
/// ORDERS.with(&[("region", "eu")]).add(2);
///
/// let added = testing::metrics().since(&before);
/// assert_eq!(added.count("business.orders.created", &[("region", "eu")]), Some(2.0));
/// ```
#[must_use]
pub fn metrics() -> Metrics {
    Metrics { snapshot: metrics::collect(), before: None }
}

/// All metrics at one moment; made by [`metrics()`].
#[derive(Clone)]
pub struct Metrics {
    snapshot: Snapshot,
    before: Option<Box<Metrics>>,
}

/// What a histogram says about its values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Distribution {
    /// How many there were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// How many of them are above the bound before and at most this one; of the last there is none.
    pub buckets: Vec<(f64, u64)>,
}

impl Metrics {
    /// What was added since an earlier reading; gauges are as they are now.
    #[must_use]
    pub fn since(mut self, before: &Self) -> Self {
        self.before = Some(Box::new(before.clone()));
        self
    }

    /// The names of all metrics, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.snapshot.metrics.iter().map(|metric| metric.name.as_ref())
    }

    /// What a counter has counted under exactly these labels, over all scopes.
    #[must_use]
    pub fn count(&self, name: &str, labels: &(impl Labels + ?Sized)) -> Option<f64> {
        self.sum(name, &|point| metrics::have_labels(labels, &point.labels))
    }

    /// What a counter has counted under all labels together.
    #[must_use]
    pub fn total(&self, name: &str) -> Option<f64> {
        self.sum(name, &|_| true)
    }

    /// What a gauge shows under exactly these labels.
    #[must_use]
    pub fn value(&self, name: &str, labels: &(impl Labels + ?Sized)) -> Option<f64> {
        self.of(name).find_map(|metric| {
            let Data::Gauge(points) = &metric.data else { return None };
            let mut points = points.iter();
            let point = points.find(|point| metrics::have_labels(labels, &point.labels))?;
            Some(number(point.value))
        })
    }

    /// What a histogram has recorded under exactly these labels.
    #[must_use]
    pub fn distribution(
        &self,
        name: &str,
        labels: &(impl Labels + ?Sized),
    ) -> Option<Distribution> {
        let found = self.of(name).find_map(|metric| match &metric.data {
            Data::Histogram(points) => {
                let point = with(points, labels)?;
                let bounds = point.value.bounds.iter().copied().chain([f64::INFINITY]);
                let buckets = bounds.zip(point.value.counts.iter().copied());
                Some(distribution(point.value.count, point.value.sum, buckets))
            }
            Data::Exponential(points) => {
                let value = &with(points, labels)?.value;
                let bound = |index: i32| metrics::upper_bound(value.scale, index);
                let negative = (value.negative.offset..).zip(value.negative.counts.iter().copied());
                let mut negative: Vec<_> =
                    negative.map(|(index, count)| (-bound(index - 1), count)).collect();
                negative.reverse();
                let positive = (value.positive.offset..).zip(value.positive.counts.iter().copied());
                let positive = positive.map(|(index, count)| (bound(index), count));
                let buckets = negative.into_iter().chain([(0.0, value.zeros)]).chain(positive);
                Some(distribution(value.count, value.sum, buckets))
            }
            Data::Sum { .. } | Data::Gauge(_) => None,
        })?;
        let before = self.before.as_ref().and_then(|before| before.distribution(name, labels));
        Some(match before {
            Some(before) => found.since(&before),
            None => found,
        })
    }

    fn of<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Metric> {
        self.snapshot.metrics.iter().filter(move |metric| metric.name == name)
    }

    fn sum(&self, name: &str, wanted: &dyn Fn(&Point<Number>) -> bool) -> Option<f64> {
        let sums = self.of(name).filter_map(|metric| match &metric.data {
            Data::Sum { points, .. } => Some(points),
            _ => None,
        });
        let points = sums.flatten().filter(|point| wanted(point));
        let sum = points.map(|point| number(point.value)).reduce(|one, other| one + other)?;
        let before = self.before.as_ref().and_then(|before| before.sum(name, wanted));
        Some(sum - before.unwrap_or(0.0))
    }
}

impl Distribution {
    fn since(mut self, before: &Self) -> Self {
        self.count = self.count.saturating_sub(before.count);
        self.sum -= before.sum;
        for (bound, count) in &mut self.buckets {
            let known = before.buckets.iter().find(|(known, _)| known == bound);
            *count = count.saturating_sub(known.map_or(0, |(_, count)| *count));
        }
        self.buckets.retain(|(_, count)| *count > 0);
        self
    }
}

fn distribution(count: u64, sum: f64, buckets: impl Iterator<Item = (f64, u64)>) -> Distribution {
    Distribution { count, sum, buckets: buckets.filter(|(_, count)| *count > 0).collect() }
}

fn with<'p, T>(points: &'p [Point<T>], labels: &(impl Labels + ?Sized)) -> Option<&'p Point<T>> {
    points.iter().find(|point| metrics::have_labels(labels, &point.labels))
}

fn number(number: Number) -> f64 {
    match number {
        Number::U64(number) => number as f64,
        Number::I64(number) => number as f64,
        Number::F64(number) => number,
    }
}

/// Lists the names: what a failed assertion is looked through for.
impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
