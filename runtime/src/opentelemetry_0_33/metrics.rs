//! Metrics of an SDK of OpenTelemetry, exported together with ours.

use std::{
    sync::{
        Arc, Once, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ::opentelemetry::{KeyValue, Value as TheirValue};
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    metrics::{
        Temporality,
        data::{
            AggregatedMetrics, Exemplar as TheirExemplar, ExponentialHistogram, Gauge, Histogram,
            MetricData, ResourceMetrics, ScopeMetrics, Sum,
        },
        exporter::PushMetricExporter,
    },
};

use crate::{
    metrics::{
        self, Source,
        data::{
            Buckets, Data, Exemplar, Explicit, Exponential, Label, Labels, Metric, Number, Point,
            Scope,
        },
        readers,
    },
    redact, time,
};

/// Hands the metrics of an [`SdkMeterProvider`] to whatever exports ours, in one request with them.
///
/// For a program that has a provider of the SDK, with its own views and instruments; without one,
/// [`install`](super::install) is all that is needed. It goes under the provider's periodic reader,
/// whose interval then is that of all exporters of metrics that are due no earlier. What is served to
/// Prometheus is what the reader collected last.
///
/// The reader has to have a thread of its own, as the SDK's `PeriodicReader` has: exporting blocks it.
/// The resource is ours.
///
/// ```no_run
/// use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
/// use spandrel::opentelemetry_0_33::MetricExporter;
///
/// # fn main() -> Result<(), spandrel::Error> {
/// let telemetry = spandrel::init!()?;
/// let reader = PeriodicReader::builder(MetricExporter::new()).build();
/// let provider = SdkMeterProvider::builder().with_reader(reader).build();
/// # drop(provider);
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
///
/// [`SdkMeterProvider`]: opentelemetry_sdk::metrics::SdkMeterProvider
#[derive(Debug)]
pub struct MetricExporter {
    collected: Arc<Collected>,
    is_shut_down: AtomicBool,
}

/// What a reader of the SDK collected last.
#[derive(Debug, Default)]
struct Collected(RwLock<Vec<Metric>>);

/// All of them.
struct All(RwLock<Vec<Weak<Collected>>>);

static ALL: All = All(RwLock::new(Vec::new()));
/// How long whoever exports may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl MetricExporter {
    /// An exporter for one reader.
    #[must_use]
    pub fn new() -> Self {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(|| metrics::register(&ALL));
        let collected = Arc::default();
        let mut all = ALL.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|collected| collected.strong_count() > 0);
        all.push(Arc::downgrade(&collected));
        Self { collected, is_shut_down: AtomicBool::new(false) }
    }

    fn read(deadline: Instant) -> OTelSdkResult {
        if readers::read_now(deadline) { Ok(()) } else { Err(OTelSdkError::Timeout(PATIENCE)) }
    }
}

impl Default for MetricExporter {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for All {
    fn collect(&self, into: &mut Vec<Metric>) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        for collected in all.iter().filter_map(Weak::upgrade) {
            into.extend(collected.0.read().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        }
    }
}

impl PushMetricExporter for MetricExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        if self.is_shut_down.load(Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        let converted = metrics.scope_metrics().flat_map(scope_metrics).collect();
        *self.collected.0.write().unwrap_or_else(PoisonError::into_inner) = converted;
        Self::read(time::now() + PATIENCE)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Self::read(time::now() + PATIENCE)
    }

    /// What was collected last is still told: our own last export comes later.
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.is_shut_down.store(true, Relaxed);
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        // Differences are taken where they are wanted.
        Temporality::Cumulative
    }
}

fn scope_metrics(of: &ScopeMetrics) -> Vec<Metric> {
    let scope = Scope {
        name: of.scope().name().to_owned().into(),
        version: of.scope().version().map(|version| version.to_owned().into()),
    };
    let metrics = of.metrics().map(|metric| Metric {
        name: metric.name().to_owned().into(),
        description: metric.description().to_owned().into(),
        unit: metric.unit().to_owned().into(),
        scope: scope.clone(),
        data: match metric.data() {
            AggregatedMetrics::F64(data) => self::data(data),
            AggregatedMetrics::I64(data) => self::data(data),
            AggregatedMetrics::U64(data) => self::data(data),
        },
    });
    metrics.collect()
}

/// A number of theirs.
trait Given: Copy {
    fn number(self) -> Number;

    fn measure(self) -> f64 {
        match self.number() {
            Number::U64(number) => number as f64,
            Number::I64(number) => number as f64,
            Number::F64(number) => number,
        }
    }
}

impl Given for f64 {
    fn number(self) -> Number {
        Number::F64(self)
    }
}

impl Given for i64 {
    fn number(self) -> Number {
        Number::I64(self)
    }
}

impl Given for u64 {
    fn number(self) -> Number {
        Number::U64(self)
    }
}

fn data<T: Given>(data: &MetricData<T>) -> Data {
    match data {
        MetricData::Gauge(gauge) => Data::Gauge(self::gauge(gauge)),
        MetricData::Sum(sum) => Data::Sum { monotonic: sum.is_monotonic(), points: self::sum(sum) },
        MetricData::Histogram(histogram) => Data::Histogram(self::histogram(histogram)),
        MetricData::ExponentialHistogram(histogram) => Data::Exponential(exponential(histogram)),
    }
}

fn gauge<T: Given>(gauge: &Gauge<T>) -> Vec<Point<Number>> {
    let start = gauge.start_time().unwrap_or_else(|| gauge.time());
    let points = gauge.data_points().map(|point| Point {
        labels: labels(point.attributes()),
        start_unix_nanos: unix_nanos(start),
        value: point.value().number(),
        exemplars: exemplars(point.exemplars()),
    });
    points.collect()
}

fn sum<T: Given>(sum: &Sum<T>) -> Vec<Point<Number>> {
    let points = sum.data_points().map(|point| Point {
        labels: labels(point.attributes()),
        start_unix_nanos: unix_nanos(sum.start_time()),
        value: point.value().number(),
        exemplars: exemplars(point.exemplars()),
    });
    points.collect()
}

fn histogram<T: Given>(histogram: &Histogram<T>) -> Vec<Point<Explicit>> {
    let points = histogram.data_points().map(|point| Point {
        labels: labels(point.attributes()),
        start_unix_nanos: unix_nanos(histogram.start_time()),
        value: Explicit {
            bounds: point.bounds().collect::<Vec<_>>().into(),
            counts: point.bucket_counts().collect(),
            count: point.count(),
            sum: point.sum().measure(),
            min_max: point.min().zip(point.max()).map(|(a, b)| (a.measure(), b.measure())),
        },
        exemplars: exemplars(point.exemplars()),
    });
    points.collect()
}

fn exponential<T: Given>(histogram: &ExponentialHistogram<T>) -> Vec<Point<Exponential>> {
    let points = histogram.data_points().map(|point| {
        let (positive, negative) = (point.positive_bucket(), point.negative_bucket());
        let buckets = |offset, counts: &mut dyn Iterator<Item = u64>| Buckets {
            offset,
            counts: counts.collect(),
        };
        Point {
            labels: labels(point.attributes()),
            start_unix_nanos: unix_nanos(histogram.start_time()),
            value: Exponential {
                scale: point.scale().into(),
                zeros: point.zero_count(),
                positive: buckets(positive.offset(), &mut positive.counts()),
                negative: buckets(negative.offset(), &mut negative.counts()),
                count: point.count() as u64,
                sum: point.sum().measure(),
                min_max: point.min().zip(point.max()).map(|(a, b)| (a.measure(), b.measure())),
                thresholds: Vec::new(),
            },
            exemplars: exemplars(point.exemplars()),
        }
    });
    points.collect()
}

fn exemplars<'e, T: Given + 'e>(
    exemplars: impl Iterator<Item = &'e TheirExemplar<T>>,
) -> Vec<Exemplar> {
    let exemplars = exemplars.map(|exemplar| Exemplar {
        value: exemplar.value.measure(),
        unix_nanos: unix_nanos(exemplar.time()),
        trace_id: u128::from_be_bytes(*exemplar.trace_id()),
        span_id: u64::from_be_bytes(*exemplar.span_id()),
    });
    exemplars.collect()
}

/// Sorted, each key once: the later of two counts.
fn labels<'k>(attributes: impl Iterator<Item = &'k KeyValue>) -> Labels {
    let mut labels: Labels = Vec::new();
    for KeyValue { key, value, .. } in attributes {
        let label = match value {
            _ if is_secret(key.as_str()) => Label::Str(redact::REDACTED.into()),
            TheirValue::Bool(yes) => Label::Bool(*yes),
            TheirValue::I64(number) => Label::I64(*number),
            TheirValue::F64(number) => Label::F64(*number),
            other => Label::Str(other.as_str().into_owned().into()),
        };
        match labels.binary_search_by(|(known, _)| (**known).cmp(key.as_str())) {
            Ok(at) => {
                if let Some((_, known)) = labels.get_mut(at) {
                    *known = label;
                }
            }
            Err(at) => labels.insert(at, (key.as_str().to_owned().into(), label)),
        }
    }
    labels
}

fn is_secret(key: &str) -> bool {
    redact::is_denied(key) || redact::is_denied_here(key)
}

fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use ::opentelemetry::metrics::{Meter, MeterProvider as _};
    use opentelemetry_sdk::metrics::{
        Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream,
    };

    use super::*;

    /// What is collected of a scope, after its provider has exported.
    fn collected(scope: &'static str, count: impl FnOnce(&Meter)) -> Vec<Metric> {
        let exponential = |instrument: &Instrument| {
            (instrument.name() == "waited").then(|| {
                let aggregation = Aggregation::Base2ExponentialHistogram {
                    max_size: 160,
                    max_scale: 3,
                    record_min_max: true,
                };
                Stream::builder().with_aggregation(aggregation).build().unwrap()
            })
        };
        let reader = PeriodicReader::builder(MetricExporter::new()).build();
        let provider =
            SdkMeterProvider::builder().with_reader(reader).with_view(exponential).build();
        count(&provider.meter(scope));

        provider.force_flush().unwrap();
        let mut metrics = metrics::collect().metrics;
        metrics.retain(|metric| metric.scope.name == scope);
        provider.shutdown().unwrap();
        metrics
    }

    #[test]
    fn metrics_of_a_provider_of_the_sdk_are_collected_with_ours() {
        let metrics = collected("their.scope", |meter| {
            let orders = meter.u64_counter("orders").with_unit("{order}").build();
            orders.add(12, &[KeyValue::new("region", "eu"), KeyValue::new("password", "hunter2")]);
            meter.i64_up_down_counter("open").build().add(-3, &[]);
            meter.f64_gauge("load").build().record(0.75, &[]);
            meter.f64_histogram("took").with_boundaries(vec![1.0, 2.0]).build().record(1.5, &[]);
            meter.f64_histogram("waited").build().record(2.0, &[]);
        });

        let find = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap();
        let Data::Sum { monotonic: true, points } = &find("orders").data else { panic!("no sum") };
        let text = |text: &'static str| Label::Str(text.into());
        let expected: Labels =
            vec![("password".into(), text("[REDACTED]")), ("region".into(), text("eu"))];
        assert_eq!((&points[0].value, &points[0].labels), (&Number::U64(12), &expected));
        assert_eq!(find("orders").unit, "{order}");
        let Data::Sum { monotonic: false, points } = &find("open").data else { panic!("no sum") };
        assert_eq!(points[0].value, Number::I64(-3));
        let Data::Gauge(points) = &find("load").data else { panic!("no gauge") };
        assert_eq!(points[0].value, Number::F64(0.75));
        let Data::Histogram(points) = &find("took").data else { panic!("no histogram") };
        assert_eq!(points[0].value.counts, [0, 1, 0]);
        assert_eq!(points[0].value.min_max, Some((1.5, 1.5)));
        let Data::Exponential(points) = &find("waited").data else { panic!("no histogram") };
        assert_eq!((points[0].value.scale, points[0].value.count), (3, 1));
        // The upper bound of bucket 7 of scale 3 is 2.
        assert_eq!(points[0].value.positive, Buckets { offset: 7, counts: vec![1] });
    }

    #[test]
    fn nothing_is_taken_after_the_end() {
        let exporter = MetricExporter::new();

        exporter.shutdown().unwrap();

        let exported = futures_of(exporter.export(&ResourceMetrics::default()));
        assert!(matches!(exported, Err(OTelSdkError::AlreadyShutdown)), "{exported:?}");
    }

    /// The result of a future that never waits.
    fn futures_of<T>(future: impl Future<Output = T>) -> T {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::pin!(future).poll(&mut context) {
            std::task::Poll::Ready(done) => done,
            std::task::Poll::Pending => panic!("it waits"),
        }
    }
}
