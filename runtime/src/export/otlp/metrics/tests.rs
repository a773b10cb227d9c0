use std::borrow::Cow;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1 as proto,
};
use prost::Message as _;

use super::*;
use crate::metrics::data::{Buckets, Exemplar, Explicit, Exponential, Labels, Point, Threshold};

const MIB: usize = 1024 * 1024;
const START: u64 = 1_700_000_000_000_000_000;
const NOW: u64 = START + 60_000_000_000;

fn requests(encoding: Encoding, temporality: Temporality, max_bytes: usize) -> Requests {
    let attributes = [("service.name", Value::Str("shop"))];
    let resource =
        Resource::of_metrics(encoding, attributes, "https://opentelemetry.io/schemas/1.37.0");
    let own_crate = OwnCrate { name: "shop".into(), version: "1.2.3".into() };
    Requests::new(encoding, resource, Some(own_crate), temporality, max_bytes)
}

fn decoded(encoding: Encoding, request: &Request) -> proto::ResourceMetrics {
    let request = match encoding {
        Encoding::Json => serde_json::from_slice(&request.body).unwrap(),
        Encoding::Protobuf => ExportMetricsServiceRequest::decode(&*request.body).unwrap(),
    };
    let ExportMetricsServiceRequest { resource_metrics } = request;
    let [one] = resource_metrics.try_into().expect("one resource");
    one
}

/// The one request that a snapshot fits.
fn sent(
    encoding: Encoding,
    temporality: Temporality,
    snapshot: &Snapshot,
) -> proto::ResourceMetrics {
    let (written, too_large) = requests(encoding, temporality, MIB).write(snapshot);
    let [request] = written.try_into().expect("one request");
    assert_eq!(too_large, 0);
    decoded(encoding, &request)
}

fn metric(scope: &'static str, name: &'static str, data: Data) -> Metric {
    Metric {
        name: name.into(),
        description: "What it \"is\"".into(),
        unit: "s".into(),
        scope: Scope { name: scope.into(), version: None },
        data,
    }
}

fn labels() -> Labels {
    vec![
        ("a.text".into(), Label::Str("é\"".into())),
        ("b.whole".into(), Label::I64(-7)),
        ("c.part".into(), Label::F64(0.5)),
        ("d.truth".into(), Label::Bool(true)),
        ("e.empty".into(), Label::Str("".into())),
    ]
}

fn point<T>(value: T) -> Point<T> {
    Point { labels: labels(), start_unix_nanos: START, value, exemplars: vec![EXEMPLAR] }
}

const EXEMPLAR: Exemplar =
    Exemplar { value: 0.25, unix_nanos: NOW - 5, trace_id: 0x0102 << 96, span_id: 0x0a0b };

fn explicit() -> Explicit {
    Explicit {
        bounds: Cow::Borrowed(&[0.1, 1.0]),
        counts: vec![3, 0, 300],
        count: 303,
        sum: 1_234.5,
        min_max: Some((0.01, 99.0)),
    }
}

fn exponential() -> Exponential {
    Exponential {
        scale: -1,
        zeros: 2,
        positive: Buckets { offset: -27, counts: vec![1, 0, 300] },
        negative: Buckets { offset: 4, counts: vec![5] },
        count: 308,
        sum: -0.5,
        min_max: Some((-40.0, 2.0)),
        thresholds: vec![Threshold { bound: 0.5, at_most: 7 }],
    }
}

fn snapshot() -> Snapshot {
    let sum = |monotonic, value| Data::Sum { monotonic, points: vec![point(value)] };
    Snapshot {
        unix_nanos: NOW,
        metrics: vec![
            metric("shop::orders", "orders", sum(true, Number::U64(12))),
            metric("other", "open", sum(false, Number::I64(-3))),
            metric("shop::orders", "load", Data::Gauge(vec![point(Number::F64(0.75))])),
            metric("shop::orders", "took", Data::Histogram(vec![point(explicit())])),
            metric("shop::orders", "waited", Data::Exponential(vec![point(exponential())])),
        ],
    }
}

fn expected_attributes() -> Vec<KeyValue> {
    use any_value::Value::{BoolValue, DoubleValue, IntValue, StringValue};
    let values = [
        ("a.text", StringValue("é\"".into())),
        ("b.whole", IntValue(-7)),
        ("c.part", DoubleValue(0.5)),
        ("d.truth", BoolValue(true)),
        ("e.empty", StringValue(String::new())),
    ];
    let values = values.into_iter().map(|(key, value)| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    });
    values.collect()
}

fn expected_exemplars() -> Vec<proto::Exemplar> {
    vec![proto::Exemplar {
        filtered_attributes: vec![],
        time_unix_nano: NOW - 5,
        span_id: vec![0, 0, 0, 0, 0, 0, 10, 11],
        trace_id: vec![0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        value: Some(proto::exemplar::Value::AsDouble(0.25)),
    }]
}

fn expected_number(value: proto::number_data_point::Value) -> proto::NumberDataPoint {
    proto::NumberDataPoint {
        attributes: expected_attributes(),
        start_time_unix_nano: START,
        time_unix_nano: NOW,
        exemplars: expected_exemplars(),
        flags: 0,
        value: Some(value),
    }
}

fn expected(data: &str, temporality: i32) -> proto::metric::Data {
    use proto::{metric::Data, number_data_point::Value};
    match data {
        "orders" => Data::Sum(proto::Sum {
            data_points: vec![expected_number(Value::AsInt(12))],
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        "open" => Data::Sum(proto::Sum {
            data_points: vec![expected_number(Value::AsInt(-3))],
            aggregation_temporality: 2,
            is_monotonic: false,
        }),
        "load" => {
            Data::Gauge(proto::Gauge { data_points: vec![expected_number(Value::AsDouble(0.75))] })
        }
        "took" => Data::Histogram(proto::Histogram {
            data_points: vec![proto::HistogramDataPoint {
                attributes: expected_attributes(),
                start_time_unix_nano: START,
                time_unix_nano: NOW,
                count: 303,
                sum: Some(1_234.5),
                bucket_counts: vec![3, 0, 300],
                explicit_bounds: vec![0.1, 1.0],
                exemplars: expected_exemplars(),
                flags: 0,
                min: Some(0.01),
                max: Some(99.0),
            }],
            aggregation_temporality: temporality,
        }),
        _ => Data::ExponentialHistogram(proto::ExponentialHistogram {
            data_points: vec![proto::ExponentialHistogramDataPoint {
                attributes: expected_attributes(),
                start_time_unix_nano: START,
                time_unix_nano: NOW,
                count: 308,
                sum: Some(-0.5),
                scale: -1,
                zero_count: 2,
                positive: buckets(-27, &[1, 0, 300]),
                negative: buckets(4, &[5]),
                flags: 0,
                exemplars: expected_exemplars(),
                min: Some(-40.0),
                max: Some(2.0),
                zero_threshold: 0.0,
            }],
            aggregation_temporality: temporality,
        }),
    }
}

fn buckets(
    offset: i32,
    counts: &[u64],
) -> Option<proto::exponential_histogram_data_point::Buckets> {
    Some(proto::exponential_histogram_data_point::Buckets {
        offset,
        bucket_counts: counts.to_vec(),
    })
}

#[test]
fn every_kind_of_metric_arrives_as_the_protocol_has_it() {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        for (temporality, number) in [(Temporality::Cumulative, 2), (Temporality::Delta, 1)] {
            let sent = sent(encoding, temporality, &snapshot());

            let metrics = sent.scope_metrics.iter().flat_map(|scope| &scope.metrics);
            for metric in metrics {
                assert_eq!(metric.data, Some(expected(&metric.name, number)), "{encoding:?}");
                assert_eq!(metric.description, "What it \"is\"");
                assert_eq!(metric.unit, "s");
            }
        }
    }
}

#[test]
fn a_scope_stands_once_with_all_its_metrics() {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        let sent = sent(encoding, Temporality::Cumulative, &snapshot());

        let scopes: Vec<_> = sent
            .scope_metrics
            .iter()
            .map(|scope| {
                let of = scope.scope.as_ref().unwrap();
                let metrics: Vec<_> = scope.metrics.iter().map(|m| m.name.as_str()).collect();
                (of.name.as_str(), of.version.as_str(), metrics)
            })
            .collect();
        let own = ("shop::orders", "1.2.3", vec!["orders", "load", "took", "waited"]);
        assert_eq!(scopes, [own, ("other", "", vec!["open"])]);
        assert_eq!(sent.schema_url, "https://opentelemetry.io/schemas/1.37.0");
        assert_eq!(sent.resource.unwrap().attributes[0].key, "service.name");
    }
}

#[test]
fn many_points_are_sent_in_requests_that_are_not_too_large() {
    let points = |range: std::ops::Range<i64>| {
        let points = range.map(|at| Point {
            labels: vec![("id".into(), Label::I64(at))],
            ..point(Number::I64(at))
        });
        Data::Gauge(points.collect())
    };
    let snapshot = Snapshot {
        unix_nanos: NOW,
        metrics: vec![metric("a", "x", points(0..700)), metric("b", "y", points(700..1_000))],
    };
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        let (written, too_large) =
            requests(encoding, Temporality::Cumulative, 8 * 1024).write(&snapshot);

        assert_eq!(too_large, 0);
        assert!(written.len() > 5);
        let mut seen = Vec::new();
        for request in &written {
            assert!(request.body.len() <= 8 * 1024, "{}", request.body.len());
            let before = seen.len();
            for metric in decoded(encoding, request).scope_metrics.iter().flat_map(|s| &s.metrics) {
                let Some(proto::metric::Data::Gauge(gauge)) = &metric.data else {
                    panic!("{metric:?}")
                };
                seen.extend(gauge.data_points.iter().map(|point| point.value));
            }
            assert_eq!(seen.len() - before, request.points as usize);
        }
        let all = (0..1_000).map(|at| Some(proto::number_data_point::Value::AsInt(at)));
        assert_eq!(seen, all.collect::<Vec<_>>());
    }
}

#[test]
fn a_point_that_no_request_could_hold_is_left_out_alone() {
    let mut large = point(Number::U64(1));
    large.labels = vec![("text".into(), Label::Str("x".repeat(10_000).into()))];
    let points = vec![point(Number::U64(1)), large, point(Number::U64(3))];
    let snapshot = Snapshot {
        unix_nanos: NOW,
        metrics: vec![metric("a", "x", Data::Sum { monotonic: true, points })],
    };

    let (written, too_large) =
        requests(Encoding::Protobuf, Temporality::Cumulative, 4_096).write(&snapshot);

    assert_eq!(too_large, 1);
    assert_eq!(written.iter().map(|request| request.points).sum::<u32>(), 2);
}

#[test]
fn without_points_nothing_is_sent() {
    let empty = Snapshot { unix_nanos: NOW, metrics: vec![metric("a", "x", Data::Gauge(vec![]))] };

    let (written, _) = requests(Encoding::Json, Temporality::Cumulative, MIB).write(&empty);

    assert_eq!(written, []);
}

#[test]
fn a_count_beyond_the_signed_integers_is_not_negative() {
    let points = vec![point(Number::U64(u64::MAX))];
    let snapshot = Snapshot {
        unix_nanos: NOW,
        metrics: vec![metric("a", "x", Data::Sum { monotonic: true, points })],
    };

    let sent = sent(Encoding::Protobuf, Temporality::Cumulative, &snapshot);

    let Some(proto::metric::Data::Sum(sum)) = &sent.scope_metrics[0].metrics[0].data else {
        panic!("no sum")
    };
    let value = sum.data_points[0].value;
    assert_eq!(value, Some(proto::number_data_point::Value::AsDouble(u64::MAX as f64)));
}
