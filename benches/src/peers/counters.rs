//! Counters of the libraries that people use today.

use std::{
    sync::{LazyLock, Once},
    time::Duration,
};

use opentelemetry::{KeyValue, metrics::MeterProvider as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{
        PeriodicReader, SdkMeterProvider, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter,
    },
};
use prometheus::{IntCounter, IntCounterVec, Opts};
use prometheus_client::{encoding::EncodeLabelSet, metrics::family::Family};

use crate::{
    subject::{Case, Kind, Sink, Subject},
    workload::{alone, body},
};

/// Lists them.
pub(super) fn all() -> Vec<&'static dyn Subject> {
    vec![&Prometheus, &PrometheusClient, &Metrics, &OpenTelemetry]
}

/// Counts once for each call.
#[inline(always)]
fn each(batches: u64, count: impl Fn()) {
    alone(batches, |id, name| {
        count();
        body(id, name)
    });
}

/// The crate `prometheus`.
struct Prometheus;

static VEC: LazyLock<IntCounterVec> = LazyLock::new(|| {
    IntCounterVec::new(Opts::new("calls", "Calls"), &["region", "method"]).expect("a name")
});
static ONE: LazyLock<IntCounter> = LazyLock::new(|| VEC.with_label_values(&["us", "GET"]));

impl Subject for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::CounterCached, |batches| {
                    let one = &*ONE;
                    each(batches, || one.inc());
                })
                .counting(|| ONE.get()),
                Case::silent(Kind::CounterLabels, |batches| {
                    let vec = &*VEC;
                    each(batches, || vec.with_label_values(&["eu", "POST"]).inc());
                })
                .counting(|| VEC.with_label_values(&["eu", "POST"]).get()),
            ]
        }
    }

    fn install(&self, _sink: Sink) {}
}

/// The crate `prometheus-client`.
struct PrometheusClient;

type ClientCounter = prometheus_client::metrics::counter::Counter;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sale {
    region: &'static str,
    method: &'static str,
}

static FAMILY: LazyLock<Family<Sale, ClientCounter>> = LazyLock::new(Family::default);
static CLIENT_ONE: LazyLock<ClientCounter> =
    LazyLock::new(|| FAMILY.get_or_create(&Sale { region: "us", method: "GET" }).clone());

impl Subject for PrometheusClient {
    fn name(&self) -> &'static str {
        "prometheus-client"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::CounterCached, |batches| {
                    let one = &*CLIENT_ONE;
                    each(batches, || {
                        one.inc();
                    });
                })
                .counting(|| CLIENT_ONE.get()),
                Case::silent(Kind::CounterLabels, |batches| {
                    let family = &*FAMILY;
                    each(batches, || {
                        family.get_or_create(&Sale { region: "eu", method: "POST" }).inc();
                    });
                })
                .counting(|| FAMILY.get_or_create(&Sale { region: "eu", method: "POST" }).get()),
            ]
        }
    }

    fn install(&self, _sink: Sink) {}
}

/// The facade `metrics`, with the recorder for Prometheus that most programs give it.
struct Metrics;

static FACADE_ONE: LazyLock<metrics::Counter> =
    LazyLock::new(|| metrics::counter!("calls", "region" => "us", "method" => "GET"));

impl Subject for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::CounterCached, |batches| {
                    let one = &*FACADE_ONE;
                    each(batches, || one.increment(1));
                }),
                Case::silent(Kind::CounterLabels, |batches| {
                    each(batches, || {
                        metrics::counter!("calls", "region" => "eu", "method" => "POST")
                            .increment(1);
                    });
                }),
            ]
        }
    }

    fn install(&self, _sink: Sink) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
            // The process has this one, or counts nothing.
            assert!(metrics::set_global_recorder(recorder).is_ok(), "another recorder");
        });
    }
}

/// The SDK of OpenTelemetry. It has no handle with labels in its stable interface.
struct OpenTelemetry;

struct Discard;

impl PushMetricExporter for Discard {
    async fn export(&self, _metrics: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

static PROVIDER: LazyLock<SdkMeterProvider> = LazyLock::new(|| {
    let reader = PeriodicReader::builder(Discard).with_interval(Duration::from_secs(3_600));
    SdkMeterProvider::builder().with_reader(reader.build()).build()
});
static SDK_COUNTER: LazyLock<opentelemetry::metrics::Counter<u64>> =
    LazyLock::new(|| PROVIDER.meter("benches").u64_counter("calls").build());

impl Subject for OpenTelemetry {
    fn name(&self) -> &'static str {
        "opentelemetry metrics"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[Case::silent(Kind::CounterLabels, |batches| {
                let counter = &*SDK_COUNTER;
                each(batches, || {
                    let labels = [KeyValue::new("region", "eu"), KeyValue::new("method", "POST")];
                    counter.add(1, &labels);
                });
            })]
        }
    }

    fn install(&self, _sink: Sink) {}
}
