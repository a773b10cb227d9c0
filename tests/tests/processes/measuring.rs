//! Metrics of a whole program, as a collector that is not ours takes them and sends them on.

use serde_json::Value;
use spandrel_tests::counterparts::Collector;

use crate::probe::{Outcome, Probe};

const NAMES: [&str; 5] = [
    "business.orders.created",
    "business.orders.open",
    "business.load",
    "business.order.value",
    "db.client.connection.count",
];

fn probe(how: &str, protocol: &str, collector: &Collector) -> Probe {
    let endpoint =
        if protocol == "grpc" { collector.grpc_endpoint() } else { collector.endpoint() };
    Probe::new("measuring", how)
        .to(endpoint)
        .env("OTEL_METRICS_EXPORTER", "otlp")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_SERVICE_NAME", "shop")
}

/// The points of a metric, whatever its kind.
fn points(metric: &Value) -> Vec<Value> {
    let kinds = ["sum", "gauge", "histogram", "exponential_histogram"];
    let data = kinds.into_iter().find_map(|kind| metric.get(kind));
    data.and_then(|data| data["data_points"].as_array()).cloned().unwrap_or_default()
}

fn of<'a>(metrics: &'a [Value], name: &str) -> &'a Value {
    metrics.iter().find(|metric| metric["name"] == name).expect("it was waited for")
}

/// The point of a metric that has a label.
fn point(metrics: &[Value], name: &str, label: &str) -> Value {
    let all = points(of(metrics, name));
    let found = all.iter().find(|point| point["attributes"].to_string().contains(label));
    found.unwrap_or_else(|| panic!("no {label} in {all:?}")).clone()
}

fn assert_arrived_as_sent(metrics: &[Value], outcome: &Outcome) {
    outcome.assert_success();
    outcome.assert_said(&[("result", "done"), ("balanced", "true")]);

    let orders = of(metrics, "business.orders.created");
    assert_eq!(orders["sum"]["is_monotonic"], true);
    assert_eq!(orders["sum"]["aggregation_temporality"], "AGGREGATION_TEMPORALITY_CUMULATIVE");
    assert_eq!(point(metrics, "business.orders.created", "\"eu\"")["as_int"], "12");
    assert_eq!(point(metrics, "business.orders.created", "\"us\"")["as_int"], "3");
    assert!(of(metrics, "business.orders.open")["sum"].get("is_monotonic").is_none());
    assert_eq!(points(of(metrics, "business.load"))[0]["as_double"], 0.75);
    assert_eq!(point(metrics, "db.client.connection.count", "\"idle\"")["as_int"], "7");

    let value = &of(metrics, "business.order.value");
    assert_eq!(value["unit"], "EUR");
    let value = &points(value)[0];
    assert_eq!(
        (&value["count"], &value["min"], &value["max"]),
        (&"6".into(), &0.5.into(), &49.9.into())
    );
    let buckets = value["positive"]["bucket_counts"].as_array().expect("exponential buckets");
    let counted: u64 =
        buckets.iter().map(|n| n.as_str().unwrap_or("0").parse::<u64>().expect("a count")).sum();
    assert_eq!(counted, 6);
    let exemplar = &value["exemplars"][0];
    assert_eq!(exemplar["as_double"], 49.9);
    let trace = exemplar["trace_id"].as_str().unwrap_or_default();
    outcome.assert_said(&[(&format!("trace.{trace}"), "1")]);

    let resource = of(metrics, "business.load")["resource"].to_string();
    assert!(resource.contains(r#"{"string_value":"shop"}"#), "{resource}");
}

#[test]
fn metrics_come_out_of_a_collector_as_they_were_counted() {
    for protocol in ["http/protobuf", "grpc"] {
        let Some(mut collector) = Collector::start() else { return };

        let outcome = probe("once", protocol, &collector).run();
        let metrics = collector.metrics(&NAMES);

        assert_arrived_as_sent(&metrics, &outcome);
    }
}

/// Of what JSON has as text, which is every whole number, this collector reads nothing.
#[test]
fn measures_in_json_come_out_of_a_collector_as_they_were_measured() {
    let Some(mut collector) = Collector::start() else { return };

    let outcome = probe("once", "http/json", &collector).run();
    let metrics = collector.metrics(&NAMES);

    outcome.assert_success();
    assert_eq!(points(of(&metrics, "business.load"))[0]["as_double"], 0.75);
}

#[test]
fn distributions_in_chosen_buckets_come_out_of_a_collector_as_they_were_counted() {
    let Some(mut collector) = Collector::start() else { return };
    let name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

    let probe = probe("once", "http/protobuf", &collector);
    let outcome = probe.env(name, "explicit_bucket_histogram").run();
    let metrics = collector.metrics(&NAMES);

    outcome.assert_success();
    let value = &points(of(&metrics, "business.order.value"))[0];
    let bounds = value["explicit_bounds"].as_array().expect("chosen buckets");
    let counts = value["bucket_counts"].as_array().expect("their counts");
    assert_eq!(counts.len(), bounds.len() + 1);
    let up_to = |bound: f64| {
        let at = bounds.iter().position(|known| *known == bound).expect("a power of two");
        counts[..=at].iter().map(|n| n.as_str().unwrap_or("0").parse::<u64>().unwrap_or(0)).sum()
    };
    let up_to: [u64; 3] = [1.0, 2.0, 64.0].map(up_to);
    assert_eq!(up_to, [1, 3, 6]);
}

#[test]
fn a_receiver_of_differences_can_add_them_up() {
    let Some(mut collector) = Collector::start() else { return };
    let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

    let outcome = probe("twice", "http/protobuf", &collector).env(name, "delta").run();
    // The collector may send on both exports at once.
    let mut orders = Vec::new();
    while orders.len() < 2 {
        let metrics = collector.metrics(&["business.orders.created"]);
        orders.extend(metrics.into_iter().filter(|m| m["name"] == "business.orders.created"));
    }

    outcome.assert_success();
    for one in &orders {
        assert_eq!(one["sum"]["aggregation_temporality"], "AGGREGATION_TEMPORALITY_DELTA");
    }
    let before = point(&orders[..1], "business.orders.created", "\"eu\"");
    let after = point(&orders[1..], "business.orders.created", "\"eu\"");
    assert_eq!((&before["as_int"], &after["as_int"]), (&"12".into(), &"5".into()));
    assert_eq!(before["time_unix_nano"], after["start_time_unix_nano"]);
    // Nothing came from there meanwhile.
    assert_eq!(points(&orders[1]).len(), 1);
}

#[test]
fn what_was_counted_while_the_collector_was_away_arrives_when_it_is_back() {
    let Some(mut collector) = Collector::start() else { return };
    let probe = probe("often", "grpc", &collector)
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("OTEL_METRIC_EXPORT_INTERVAL", "100")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "200");
    collector.kill();

    let mut running = probe.start();
    running.wait_for("fails");
    collector.start_again();
    let metrics = collector.metrics(&NAMES);
    let outcome = running.end();

    outcome.assert_success();
    assert_eq!(point(&metrics, "business.orders.created", "\"eu\"")["as_int"], "12");
}

#[test]
fn a_program_shows_a_table_of_its_metrics_when_it_ends() {
    for (how, name) in [("once", Some("SPANDREL_SUMMARY")), ("summary", None)] {
        let probe = Probe::new("measuring", how).env("OTEL_TRACES_EXPORTER", "none");
        let outcome = match name {
            Some(name) => probe.env(name, "1").run(),
            None => probe.run(),
        };

        outcome.assert_success();
        let row = |start: &str| outcome.stderr.lines().find(|line| line.starts_with(start));
        assert!(row("metric ").is_some_and(|row| row.contains("p99")), "{}", outcome.stderr);
        let orders = row("business.orders.created").unwrap_or_default();
        assert!(orders.contains("12") && orders.ends_with("region=eu"), "{orders}");
    }
}

#[test]
fn metrics_in_a_file_are_lines_of_otlp() {
    let folder = std::env::temp_dir().join(format!("spandrel-metrics-{}", std::process::id()));
    let file = folder.join("metrics.jsonl");

    let outcome = Probe::new("measuring", "twice")
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("SPANDREL_METRICS_FILE", file.to_str().expect("its path is text"))
        .run();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_dir_all(&folder);

    outcome.assert_success();
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        let json: Value = serde_json::from_str(line).expect("a line of JSON");
        let scopes = json["resourceMetrics"][0]["scopeMetrics"].to_string();
        for name in NAMES {
            assert!(scopes.contains(name), "no {name} in {scopes}");
        }
    }
}
