//! Meters, as libraries use them.

use ::opentelemetry::{
    Array, InstrumentationScope, KeyValue, Value,
    metrics::{Meter, MeterProvider as _},
};

use super::MeterProvider;
use crate::{
    diag::{self, Level},
    metrics::{self, data::Data},
    testing,
};

fn meter() -> Meter {
    MeterProvider::new().meter("library")
}

#[test]
fn every_synchronous_instrument_is_a_metric() {
    let meter = meter();
    let labels = [KeyValue::new("route", "/orders"), KeyValue::new("status", 200)];

    meter.u64_counter("api.u64").build().add(2, &labels);
    meter.f64_counter("api.f64").build().add(0.5, &labels);
    meter.i64_up_down_counter("api.i64").build().add(-3, &labels);
    meter.f64_up_down_counter("api.up_down").build().add(-0.5, &labels);
    meter.u64_gauge("api.gauge.u64").build().record(7, &labels);
    meter.i64_gauge("api.gauge.i64").build().record(-7, &labels);
    meter.f64_gauge("api.gauge.f64").build().record(1.5, &labels);
    meter.f64_histogram("api.histogram").build().record(2.5, &labels);
    meter.u64_histogram("api.sizes").with_boundaries(vec![10.0]).build().record(20, &labels);

    let metrics = testing::metrics();
    let labels = (("status", 200), ("route", "/orders"));
    for (name, count) in
        [("api.u64", 2.0), ("api.f64", 0.5), ("api.i64", -3.0), ("api.up_down", -0.5)]
    {
        assert_eq!(metrics.count(name, &labels), Some(count), "{name}");
    }
    for (name, value) in [("api.gauge.u64", 7.0), ("api.gauge.i64", -7.0), ("api.gauge.f64", 1.5)] {
        assert_eq!(metrics.value(name, &labels), Some(value), "{name}");
    }
    assert_eq!(metrics.distribution("api.histogram", &labels).unwrap().sum, 2.5);
    let sizes = metrics.distribution("api.sizes", &labels).unwrap();
    assert_eq!(sizes.buckets, [(f64::INFINITY, 1)]);
}

#[test]
fn observable_instruments_are_asked_whenever_somebody_reads() {
    let meter = meter();
    let labels = || [KeyValue::new("pool", "main")];

    let _ = meter
        .u64_observable_counter("api.observed.u64")
        .with_callback(move |observer| observer.observe(9, &labels()))
        .build();
    let _ = meter
        .f64_observable_gauge("api.observed.f64")
        .with_callback(move |observer| observer.observe(0.5, &labels()))
        .with_callback(|observer| observer.observe(1.5, &[]))
        .build();
    let _ = meter
        .i64_observable_up_down_counter("api.observed.i64")
        .with_callback(move |observer| observer.observe(-4, &labels()))
        .build();

    for _ in 0..2 {
        let metrics = testing::metrics();
        let labels = [("pool", "main")];
        assert_eq!(metrics.count("api.observed.u64", &labels), Some(9.0));
        assert_eq!(metrics.value("api.observed.f64", &labels), Some(0.5));
        assert_eq!(metrics.value("api.observed.f64", &()), Some(1.5));
        assert_eq!(metrics.count("api.observed.i64", &labels), Some(-4.0));
    }
}

#[test]
fn a_metric_keeps_its_scope_unit_and_description_and_is_the_same_for_all_who_ask() {
    let scope = InstrumentationScope::builder("library").with_version("1.2.3").build();
    let count = || {
        let meter = MeterProvider::new().meter_with_scope(scope.clone());
        let counter = meter.u64_counter("api.same").with_unit("By").with_description("Bytes");
        counter.build().add(1, &[]);
    };

    count();
    count();

    let metrics = metrics::collect().metrics;
    let found: Vec<_> = metrics.iter().filter(|metric| metric.name == "api.same").collect();
    assert_eq!(found.len(), 1);
    let metric = found[0];
    assert_eq!((metric.unit.as_ref(), metric.description.as_ref()), ("By", "Bytes"));
    assert_eq!(metric.scope.name, "library");
    assert_eq!(metric.scope.version.as_deref(), Some("1.2.3"));
    assert_eq!(testing::metrics().count("api.same", &()), Some(2.0));
}

#[test]
fn a_limit_holds_for_the_metrics_that_it_fits() {
    let provider = MeterProvider::new().with_limit("api.limited.*", 5).with_limit("*", 7);
    let meter = provider.meter("library");
    let limited = meter.u64_counter("api.limited.requests").build();
    let other = meter.u64_counter("api.also.limited").build();

    let said = diag::capture();
    for user in 0..100 {
        limited.add(1, &[KeyValue::new("user", user)]);
        other.add(1, &[KeyValue::new("user", user)]);
    }
    drop(said);

    let metrics = testing::metrics();
    let overflow = [("otel.metric.overflow", true)];
    assert_eq!(metrics.count("api.limited.requests", &overflow), Some(96.0));
    assert_eq!(metrics.count("api.also.limited", &overflow), Some(94.0));
}

#[test]
fn what_cannot_be_an_instrument_measures_nothing_and_that_is_said() {
    let meter = meter();
    let said = diag::capture();

    meter.u64_counter("not a name").build().add(1, &[]);
    meter.f64_histogram("api.bounds").with_boundaries(vec![2.0, 1.0]).build().record(1.0, &[]);
    let _ = meter.u64_observable_gauge("").with_callback(|gauge| gauge.observe(1, &[])).build();

    assert_eq!(said.of(Level::Warn).len(), 3);
    assert!(testing::metrics().names().all(|name| name != "not a name" && name != "api.bounds"));
}

#[test]
fn attributes_of_every_type_are_labels() {
    let labels = [
        KeyValue::new("text", "x"),
        KeyValue::new("truth", true),
        KeyValue::new("ratio", 0.5),
        KeyValue::new("list", Value::Array(Array::I64(vec![1, 2]))),
    ];

    meter().u64_counter("api.types").build().add(1, &labels);
    meter().u64_counter("api.types").build().add(1, &labels);

    let metrics = metrics::collect().metrics;
    let metric = metrics.iter().find(|metric| metric.name == "api.types").unwrap();
    let Data::Sum { points, .. } = &metric.data else { unreachable!("a counter") };
    let keys: Vec<_> = points[0].labels.iter().map(|(key, _)| key.as_ref()).collect();
    assert_eq!((points.len(), keys.as_slice()), (1, &["list", "ratio", "text", "truth"][..]));
}
