use crate::{
    diag::{self, Level},
    metrics::{Counter, Gauge, Histogram},
    testing,
};

#[test]
fn label_sets_beyond_the_limit_share_a_series_and_that_is_visible() {
    static METRIC: Counter = Counter::new("test.explosion", "").limit(10);
    let said = diag::capture();

    for user in 0..1_000 {
        METRIC.with(&[("user", user)]).add(1);
    }
    METRIC.with(&[("user", 3)]).add(1);

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.explosion", &[("otel.metric.overflow", true)]), Some(991.0));
    assert_eq!(metrics.count("test.explosion", &[("user", 3)]), Some(2.0));
    assert_eq!(metrics.total("test.explosion"), Some(1_001.0));
    let labels = [("metric", "test.explosion")];
    assert_eq!(metrics.count("spandrel.metrics.overflowed", &labels), Some(991.0));
    let warnings = said.of(Level::Warn);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`test.explosion` has reached its limit of 10 series"));
}

#[test]
fn what_is_no_number_is_ignored_counted_and_explained_once() {
    static COUNT: Counter<f64> = Counter::new("test.ignored.count", "");
    static HEAT: Gauge = Gauge::new("test.ignored.heat", "");
    static SIZE: Histogram = Histogram::new("test.ignored.size", "");
    let said = diag::capture();

    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        COUNT.add(bad);
        HEAT.set(bad);
        SIZE.record(bad);
    }
    COUNT.add(-1.0);
    COUNT.add(-0.0);
    COUNT.add(2.0);
    HEAT.set(1);
    SIZE.record(1);

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.ignored.count", &()), Some(2.0));
    assert_eq!(metrics.value("test.ignored.heat", &()), Some(1.0));
    assert_eq!(metrics.distribution("test.ignored.size", &()).unwrap().count, 1);
    let ignored = |metric, reason| {
        let labels = (("metric", metric), ("reason", reason));
        metrics.count("spandrel.metrics.ignored", &labels)
    };
    assert_eq!(ignored("test.ignored.count", "not_finite"), Some(3.0));
    assert_eq!(ignored("test.ignored.count", "negative"), Some(1.0));
    assert_eq!(ignored("test.ignored.heat", "not_finite"), Some(3.0));
    assert_eq!(ignored("test.ignored.size", "not_finite"), Some(3.0));
    assert_eq!(said.of(Level::Warn).len(), 4);
}

#[test]
fn a_name_that_is_something_else_already_is_not_exported_and_said() {
    static COUNT: Counter = Counter::new("test.twice", "");
    static GAUGE: Gauge = Gauge::new("test.twice", "");
    static BYTES: Counter = Counter::new("test.twice", "").unit("By");
    let said = diag::capture();

    COUNT.add(1);
    GAUGE.set(7);
    BYTES.add(5);

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.twice", &()), Some(1.0));
    assert_eq!(metrics.value("test.twice", &()), None);
    assert_eq!(said.of(Level::Warn).len(), 2);
}

#[test]
fn a_key_of_the_deny_list_hides_its_values() {
    static METRIC: Counter = Counter::new("test.secret", "");

    METRIC.with(&[("api_key", "s3cret")]).add(1);
    METRIC.with(&[("api_key", "other")]).add(1);

    assert_eq!(testing::metrics().count("test.secret", &[("api_key", "any")]), Some(2.0));
    assert!(!format!("{:?}", crate::metrics::collect()).contains("s3cret"));
}
