//! A snapshot in each of the formats.

use prost::Message;

use super::{Exposition, Names, Target};
use crate::{
    Resource, diag,
    metrics::data::{
        Buckets, Data, Exemplar, Explicit, Exponential, Label, Metric, Number, Point, Scope,
        Snapshot, Threshold,
    },
};

pub(super) const START: u64 = 1_700_000_000_000_000_000;
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
    encoding=delimited";

fn metric(name: &'static str, unit: &'static str, data: Data) -> Metric {
    let scope = Scope { name: "shop".into(), version: Some("1.2.3".into()) };
    let description = "Said to people.".into();
    Metric { name: name.into(), description, unit: unit.into(), scope, data }
}

fn point<T>(labels: &[(&'static str, &'static str)], value: T) -> Point<T> {
    let label =
        |(key, value): &(&'static str, &'static str)| ((*key).into(), Label::Str((*value).into()));
    Point {
        labels: labels.iter().map(label).collect(),
        start_unix_nanos: START,
        value,
        exemplars: Vec::new(),
    }
}

pub(super) fn counter(
    name: &'static str,
    labels: &[(&'static str, &'static str)],
    value: u64,
) -> Metric {
    let points = vec![point(labels, Number::U64(value))];
    metric(name, "{order}", Data::Sum { monotonic: true, points })
}

fn gauge(name: &'static str, unit: &'static str, value: f64) -> Metric {
    metric(name, unit, Data::Gauge(vec![point(&[], Number::F64(value))]))
}

/// 0.25 s once, and between 1 s and 1.09 s twice.
pub(super) fn duration() -> Point<Exponential> {
    let mut counts = vec![0; 18];
    (counts[0], counts[17]) = (1, 2);
    let value = Exponential {
        scale: 3,
        zeros: 1,
        positive: Buckets { offset: -17, counts },
        negative: Buckets::default(),
        count: 4,
        sum: 2.375,
        min_max: Some((0.0, 1.05)),
        thresholds: vec![Threshold { bound: 0.3, at_most: 2 }],
    };
    let exemplar =
        Exemplar { value: 1.05, unix_nanos: START + 1_500_000_000, trace_id: 0xab, span_id: 0xcd };
    Point { exemplars: vec![exemplar], ..point(&[("http.route", "/orders/\"{id}\"\n\\")], value) }
}

pub(super) fn snapshot(metrics: impl IntoIterator<Item = Metric>) -> Snapshot {
    Snapshot { unix_nanos: START, metrics: metrics.into_iter().collect() }
}

fn expose(metrics: impl IntoIterator<Item = Metric>, accept: &str) -> String {
    let exposition = Exposition::new(Target::default(), Names::Underscores);
    String::from_utf8(exposition.expose(&snapshot(metrics), accept).body).unwrap()
}

pub(super) fn some() -> [Metric; 3] {
    [
        counter("orders.created", &[("region", "eu")], 7),
        gauge("cpu.utilization", "1", 0.5),
        metric("http.server.request.duration", "s", Data::Exponential(vec![duration()])),
    ]
}

#[test]
fn the_old_text_format_is_written_as_prometheus_reads_it() {
    let text = expose(some(), "");

    let labels =
        r#"http_route="/orders/\"{id}\"\n\\",otel_scope_name="shop",otel_scope_version="1.2.3""#;
    let bucket = |bound: &str, count: u32| {
        format!("http_server_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}\n")
    };
    let mut expected = r#"# HELP orders_created_total Said to people.
# TYPE orders_created_total counter
orders_created_total{otel_scope_name="shop",otel_scope_version="1.2.3",region="eu"} 7
# HELP cpu_utilization_ratio Said to people.
# TYPE cpu_utilization_ratio gauge
cpu_utilization_ratio{otel_scope_name="shop",otel_scope_version="1.2.3"} 0.5
# HELP http_server_request_duration_seconds Said to people.
# TYPE http_server_request_duration_seconds histogram
"#
    .to_owned();
    for (bound, count) in [
        ("1.52587890625e-05", 1),
        ("6.103515625e-05", 1),
        ("0.000244140625", 1),
        ("0.0009765625", 1),
        ("0.00390625", 1),
        ("0.015625", 1),
        ("0.0625", 1),
        ("0.25", 2),
        ("0.3", 2),
        ("1.0", 2),
        ("4.0", 4),
        ("16.0", 4),
        ("64.0", 4),
        ("+Inf", 4),
    ] {
        expected += &bucket(bound, count);
    }
    expected += &format!("http_server_request_duration_seconds_sum{{{labels}}} 2.375\n");
    expected += &format!("http_server_request_duration_seconds_count{{{labels}}} 4\n");
    assert_eq!(text, expected);
}

#[test]
fn openmetrics_has_units_exemplars_and_an_end() {
    let text = expose(some(), OPEN_METRICS);

    for part in [
        "# HELP orders_created Said to people.\n# TYPE orders_created counter\norders_created_total{",
        "\n# TYPE http_server_request_duration_seconds histogram\n\
         # UNIT http_server_request_duration_seconds seconds\n",
        ",le=\"4.0\"} 4 # {trace_id=\"000000000000000000000000000000ab\",\
         span_id=\"00000000000000cd\"} 1.05 1700000001.500000\n",
        "\n# UNIT cpu_utilization_ratio ratio\n",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert_eq!(text.matches(" # {").count(), 1, "{text}");
    // It would be a series.
    assert!(!text.contains("_created{otel"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

/// `io.prometheus.client` as far as it is written, read by somebody else's decoder.
mod client {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Family {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) help: String,
        #[prost(int32, tag = "3")]
        pub(super) kind: i32,
        #[prost(message, repeated, tag = "4")]
        pub(super) metric: Vec<Metric>,
        #[prost(string, tag = "5")]
        pub(super) unit: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Metric {
        #[prost(message, repeated, tag = "1")]
        pub(super) label: Vec<Pair>,
        #[prost(message, optional, tag = "2")]
        pub(super) gauge: Option<Gauge>,
        #[prost(message, optional, tag = "3")]
        pub(super) counter: Option<Counter>,
        #[prost(message, optional, tag = "7")]
        pub(super) histogram: Option<Histogram>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Pair {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Gauge {
        #[prost(double, tag = "1")]
        pub(super) value: f64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Counter {
        #[prost(double, tag = "1")]
        pub(super) value: f64,
        #[prost(message, optional, tag = "3")]
        pub(super) created: Option<Time>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Histogram {
        #[prost(uint64, tag = "1")]
        pub(super) count: u64,
        #[prost(double, tag = "2")]
        pub(super) sum: f64,
        #[prost(message, repeated, tag = "3")]
        pub(super) bucket: Vec<Bucket>,
        #[prost(sint32, tag = "5")]
        pub(super) schema: i32,
        #[prost(double, tag = "6")]
        pub(super) zero_threshold: f64,
        #[prost(uint64, tag = "7")]
        pub(super) zeros: u64,
        #[prost(message, repeated, tag = "12")]
        pub(super) spans: Vec<Span>,
        #[prost(sint64, repeated, tag = "13")]
        pub(super) deltas: Vec<i64>,
        #[prost(message, optional, tag = "15")]
        pub(super) created: Option<Time>,
        #[prost(message, repeated, tag = "16")]
        pub(super) exemplars: Vec<Exemplar>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Bucket {
        #[prost(uint64, tag = "1")]
        pub(super) at_most: u64,
        #[prost(double, tag = "2")]
        pub(super) bound: f64,
        #[prost(message, optional, tag = "3")]
        pub(super) exemplar: Option<Exemplar>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Span {
        #[prost(sint32, tag = "1")]
        pub(super) offset: i32,
        #[prost(uint32, tag = "2")]
        pub(super) length: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(message, repeated, tag = "1")]
        pub(super) label: Vec<Pair>,
        #[prost(double, tag = "2")]
        pub(super) value: f64,
        #[prost(message, optional, tag = "3")]
        pub(super) time: Option<Time>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Time {
        #[prost(int64, tag = "1")]
        pub(super) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(super) nanos: i32,
    }
}

#[test]
fn protobuf_has_native_histograms_beside_the_classic_ones() {
    let exposition = Exposition::new(Target::default(), Names::Underscores);
    let exposed = exposition.expose(&snapshot(some()), PROTOBUF);

    let mut rest = exposed.body.as_slice();
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(client::Family::decode_length_delimited(&mut rest).unwrap());
    }

    let names: Vec<_> = families.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    let histogram_name = "http_server_request_duration_seconds";
    assert_eq!(
        names,
        [("orders_created_total", 0), ("cpu_utilization_ratio", 1), (histogram_name, 4)]
    );
    let counter = families[0].metric[0].counter.clone().unwrap();
    assert_eq!((counter.value, counter.created.unwrap().seconds), (7.0, 1_700_000_000));
    assert_eq!(families[1].metric[0].gauge.as_ref().unwrap().value, 0.5);
    assert_eq!(families[2].unit, "seconds");
    let label = &families[2].metric[0].label[0];
    assert_eq!((&*label.name, &*label.value), ("http_route", "/orders/\"{id}\"\n\\"));
    let histogram = families[2].metric[0].histogram.as_ref().unwrap();
    assert_eq!((histogram.count, histogram.sum, histogram.zeros), (4, 2.375, 1));
    assert_eq!((histogram.schema, histogram.zero_threshold), (3, 2.0_f64.powi(-128)));
    let spans: Vec<_> = histogram.spans.iter().map(|span| (span.offset, span.length)).collect();
    assert_eq!((spans, histogram.deltas.as_slice()), (vec![(-16, 1), (16, 1)], &[1, 1][..]));
    let bounds: Vec<_> = histogram.bucket.iter().map(|one| one.at_most).collect();
    assert_eq!(bounds, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4]);
    assert_eq!(histogram.bucket[13].bound, f64::INFINITY);
    let exemplar = histogram.bucket[10].exemplar.as_ref().unwrap();
    assert_eq!((exemplar, exemplar.value), (&histogram.exemplars[0], 1.05));
    assert_eq!(exemplar.label[0].value, "000000000000000000000000000000ab");
    assert_eq!(exemplar.time.unwrap().nanos, 500_000_000);
}

#[test]
fn the_target_says_whose_the_metrics_are() {
    let resource = Resource::new().with("service.name", "shop").with("service.version", "1.2.3");
    let exposition = Exposition::new(Target::new(&resource), Names::Underscores);
    let expose = |accept| {
        let exposed = exposition.expose(&snapshot([]), accept);
        String::from_utf8(exposed.body).unwrap()
    };

    let line = "target_info{service_name=\"shop\",service_version=\"1.2.3\"} 1\n";
    assert_eq!(
        expose(""),
        format!("# HELP target_info Who these metrics are of.\n# TYPE target_info gauge\n{line}")
    );
    assert_eq!(
        expose(OPEN_METRICS),
        format!("# HELP target Who these metrics are of.\n# TYPE target info\n{line}# EOF\n")
    );
}

#[test]
fn names_in_utf8_stand_between_quotes() {
    let exposition = Exposition::new(Target::default(), Names::Utf8);
    let accept = "text/plain;version=1.0.0;escaping=allow-utf-8";
    let exposed = exposition.expose(&snapshot(some()), accept);

    let text = String::from_utf8(exposed.body).unwrap();
    for part in [
        "# TYPE \"http.server.request.duration_seconds\" histogram\n",
        "\n{\"http.server.request.duration_seconds_bucket\",\"http.route\"=\"/orders/",
        "\n{\"orders.created_total\",otel_scope_name=\"shop\",",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(exposed.content_type.ends_with("escaping=allow-utf-8"));
}

#[test]
fn a_metric_whose_name_is_taken_is_left_out_and_mentioned_once() {
    let said = diag::capture();
    let exposition = Exposition::new(Target::default(), Names::Underscores);
    let taken = snapshot([
        counter("orders.created", &[], 1),
        gauge("orders_created_total", "", 2.0),
        metric("wait", "s", Data::Exponential(vec![duration()])),
        gauge("wait.seconds", "", 3.0),
        counter("orders-created", &[], 4),
    ]);

    let texts = [(); 2].map(|()| String::from_utf8(exposition.expose(&taken, "").body).unwrap());

    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].matches("# TYPE").count(), 2, "{}", texts[0]);
    let warnings = said.of(diag::Level::Warn);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings[0].contains("`orders_created_total`: it is taken by a metric of another type")
    );
    assert!(warnings[2].contains("`orders-created`: it has a series with the same labels already"));
}

#[test]
fn the_names_of_the_target_are_its_own() {
    let said = diag::capture();
    let target = Target::new(&Resource::new().with("service.name", "shop"));
    let exposition = Exposition::new(target, Names::Underscores);
    let taken = snapshot([
        gauge("target", "", 1.0),
        gauge("target.info", "", 2.0),
        counter("target", &[], 3),
        counter("targets", &[], 4),
    ]);

    for accept in ["", OPEN_METRICS] {
        let text = String::from_utf8(exposition.expose(&taken, accept).body).unwrap();

        assert_eq!(text.matches("# TYPE target").count(), 2, "{text}");
        assert!(text.contains("\ntarget_info{service_name=\"shop\"} 1\n"), "{text}");
        assert!(text.contains("\ntargets_total{"), "{text}");
    }
    let warnings = said.of(diag::Level::Warn);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].contains("metric `target.info`"), "{warnings:?}");
    // Where nobody says who the metrics are of, the names are free.
    assert!(expose([gauge("target.info", "", 2.0)], "").contains("\ntarget_info{"));
}

#[test]
fn scopes_share_a_family() {
    let other = Metric {
        scope: Scope { name: "other".into(), version: None },
        description: "Something else.".into(),
        ..counter("orders.created", &[], 2)
    };

    let text = expose([counter("orders.created", &[], 1), other], "");

    assert_eq!(
        text,
        r#"# HELP orders_created_total Said to people.
# TYPE orders_created_total counter
orders_created_total{otel_scope_name="shop",otel_scope_version="1.2.3"} 1
orders_created_total{otel_scope_name="other"} 2
"#
    );
}

#[test]
fn labels_that_become_one_keep_all_their_values() {
    let labels = [("a.b", "1"), ("a_b", "2"), ("le", "3"), ("otel.scope.name", "4")];
    let text = expose([counter("one", &labels, 1)], "");

    assert!(
        text.contains(
            "one_total{a_b=\"1;2\",exported_otel_scope_name=\"4\",le=\"3\",otel_scope_name=\"shop\""
        ),
        "{text}"
    );
    let value = Explicit {
        bounds: vec![1.0].into(),
        counts: vec![0, 0],
        count: 0,
        sum: 0.0,
        min_max: None,
    };
    let histogram = metric("h", "", Data::Histogram(vec![point(&[("le", "3")], value)]));
    let text = expose([histogram], "");
    assert!(text.contains("h_bucket{exported_le=\"3\","), "{text}");
}

#[test]
fn the_durations_of_a_function_are_fifteen_series_and_its_thresholds() {
    let buckets = (0..160).map(|index| index % 7).collect::<Vec<u64>>();
    let value = Exponential {
        scale: 3,
        zeros: 0,
        count: buckets.iter().sum(),
        positive: Buckets { offset: -160, counts: buckets },
        negative: Buckets::default(),
        sum: 12.5,
        min_max: None,
        thresholds: vec![
            Threshold { bound: 0.1, at_most: 300 },
            Threshold { bound: 0.3, at_most: 400 },
        ],
    };
    let labels = [("code.function.name", "shop::place")];
    let text = expose(
        [metric("function.duration", "s", Data::Exponential(vec![point(&labels, value)]))],
        OPEN_METRICS,
    );

    // What is left is for its counts by outcome and by type of error.
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(series, 15 + 2, "{text}");
}
