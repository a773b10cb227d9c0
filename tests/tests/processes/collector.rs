//! A whole program and a collector that is not ours.

use spandrel_tests::counterparts::Collector;

use crate::probe::Probe;

fn probe(case: &str, how: &str, protocol: &str, collector: &Collector) -> Probe {
    let endpoint =
        if protocol == "grpc" { collector.grpc_endpoint() } else { collector.endpoint() };
    Probe::new(case, how)
        .to(endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_SERVICE_NAME", "shop")
}

#[test]
fn spans_over_grpc_arrive_with_resource_and_attributes() {
    let Some(mut collector) = Collector::start() else { return };

    let outcome = probe("showing", "once", "grpc", &collector).run();
    let spans = collector.spans(2);

    outcome.assert_success();
    outcome.assert_said(&[("balanced", "true"), ("0.delivered", "2")]);
    let shown = spans.iter().find(|span| span["name"] == "shown");
    let text = shown.map(ToString::to_string).unwrap_or_default();
    for part in [
        r#"{"key":"service.name","value":{"string_value":"shop"}}"#,
        r#"{"key":"text","value":{"string_value":"twenty characters..."}}"#,
        r#"{"key":"a","value":{"int_value":"1"}}"#,
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn an_export_records_nothing_about_itself() {
    let Some(collector) = Collector::start() else { return };
    let probe = probe("flood", "some", "grpc", &collector);

    // The HTTP/2 client has spans of its own for everything that it does.
    let outcome = probe.env("SPANDREL_LEVEL", "trace").run();

    outcome.assert_success();
    outcome.assert_said(&[("produced", "10000"), ("0.delivered", "10000")]);
}

#[test]
fn a_forked_child_has_a_connection_of_its_own() {
    let Some(mut collector) = Collector::start() else { return };

    let outcome = probe("forking", "once", "grpc", &collector).run();
    let spans = collector.spans(16);

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0"), ("child.delivered", "7")]);
    outcome.assert_said(&[("balanced", "true"), ("0.delivered", "9")]);
    let count = |name: &str| spans.iter().filter(|span| span["name"] == name).count();
    let counts = ["parent before", "parent running", "child", "parent after"].map(count);
    assert_eq!(counts, [5, 1, 7, 3], "{outcome:?}");
}

#[test]
fn a_collector_that_is_killed_under_load_and_started_again_costs_what_the_report_says() {
    for protocol in ["grpc", "http/protobuf"] {
        let Some(mut collector) = Collector::start() else { return };
        let probe = probe("flood", "outage", protocol, &collector);
        let mut running = probe.env("OTEL_EXPORTER_OTLP_TIMEOUT", "500").start();

        running.wait_for("works");
        collector.kill();
        running.wait_for("fails");
        collector.start_again();
        running.wait_for("works-again");
        let outcome = running.end();
        let last = collector.spans(1_000);

        outcome.assert_success();
        outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("unfinished", "0")]);
        assert_eq!(outcome.number("produced"), outcome.number("recorded"), "{outcome:?}");
        assert!(outcome.number("0.dropped.export_failed") > 0, "{outcome:?}");
        assert!(outcome.number("0.delivered") >= 2_000, "{outcome:?}");
        assert_eq!(outcome.lines_with("works again"), 1, "{outcome:?}");
        assert!(last.iter().all(|span| span["name"] == "small"), "{last:?}");
    }
}
