//! What a program says ends up in whole lines, each in its trace, wherever it is said.

use serde_json::{Map, Value};
use spandrel_tests::counterparts::Collector;

use crate::probe::{Outcome, Probe};

/// A program whose log records are lines of JSON on stdout.
fn json(how: &str) -> Probe {
    Probe::new("logging", how)
        .env("SPANDREL_LOG_FORMAT", "json")
        .env("OTEL_TRACES_EXPORTER", "otlp_file")
        .env("SPANDREL_FILE", "/dev/null")
}

fn lines(outcome: &Outcome) -> Vec<Map<String, Value>> {
    let read = |line: &String| serde_json::from_str(line);
    outcome.stdout.iter().map(|line| read(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// A number that the program reported.
fn reported(outcome: &Outcome, name: &str) -> u64 {
    let line = outcome.stderr.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{name} of {outcome:?}"))
}

fn messages(lines: &[Map<String, Value>]) -> Vec<&str> {
    lines.iter().map(|line| line["message"].as_str().unwrap_or_default()).collect()
}

#[test]
fn every_line_within_a_request_names_its_trace_its_span_and_the_request() {
    let outcome = json("request").run();

    outcome.assert_success();
    let lines = lines(&outcome);
    assert_eq!(
        messages(&lines),
        ["outside of everything", "order taken", "payment failed", "not there", "by the log crate"]
    );
    assert!(!lines[0].contains_key("trace_id") && !lines[0].contains_key("correlation_id"));
    let trace = &lines[1]["trace_id"];
    assert_eq!(trace.as_str().map(str::len), Some(32));
    for line in &lines[1..4] {
        assert_eq!(&line["trace_id"], trace);
        assert_eq!(line["span_id"].as_str().map(str::len), Some(16));
        assert_eq!(line["correlation_id"], "order-7");
        assert_eq!((&line["method"], &line["route"]), (&"GET".into(), &"/orders/{id}".into()));
    }
    assert_eq!((&lines[1]["order.id"], &lines[1]["paid"]), (&12.into(), &true.into()));
    assert_eq!((&lines[1]["total"], &lines[1]["level"]), (&49.5.into(), &"INFO".into()));
    assert_eq!(
        (&lines[2]["password"], &lines[2]["level"]),
        (&"[REDACTED]".into(), &"ERROR".into())
    );
    assert_eq!(
        (&lines[2]["error"], &lines[3]["event"]),
        (&"card declined".into(), &"cache.miss".into())
    );
    assert_eq!((&lines[4]["target"], &lines[4]["attempt"]), (&"old::crate".into(), &3.into()));
    assert_eq!(reported(&outcome, "delivered"), 5);
    assert_eq!(reported(&outcome, "dropped"), 0);
}

#[test]
fn an_export_of_records_makes_no_records() {
    let Some(collector) = Collector::start() else { return };
    for (protocol, endpoint) in
        [("http/protobuf", collector.endpoint()), ("grpc", collector.grpc_endpoint())]
    {
        let outcome = Probe::new("logging", "exported")
            .env("SPANDREL_LOG", "trace")
            .env("SPANDREL_LOG_FORMAT", "off")
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_METRICS_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "otlp")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .run();

        outcome.assert_success();
        assert_eq!(reported(&outcome, "produced"), 3, "{protocol}: {outcome:?}");
        assert_eq!(reported(&outcome, "delivered"), 3, "{protocol}: {outcome:?}");
    }
}

#[test]
fn hostile_values_stay_within_their_line() {
    let outcome = json("hostile").run();

    outcome.assert_success();
    let lines = lines(&outcome);
    assert_eq!(lines.len(), 8, "{outcome:?}");
    assert_eq!(lines[0]["message"], "\u{1b}[2J\u{0}\u{7f}\u{2028} \"quoted\" \\ and 世界");
    assert_eq!(lines[0]["text"], "two\nlines\r\n{\"level\":\"ERROR\"}");
    // A field that is called like one of ours does not take its place.
    assert_eq!((&lines[0]["level"], &lines[0]["field.level"]), (&"INFO".into(), &"FATAL".into()));
    assert_eq!(lines[0]["field.trace_id"], "forged");
    assert!(!lines[0].contains_key("trace_id"));
    assert_eq!(lines[1]["text"].as_str().map(str::len), Some(8_192));
    assert_eq!(lines[2]["value"], "<failed to format>");
    assert!(messages(&lines)[3..6].iter().all(|message| *message == "within a value"));
    assert_eq!(lines[7]["message"], "and whole again");
}

#[test]
fn people_see_one_line_for_each_record_whatever_it_says() {
    let outcome = Probe::new("logging", "hostile").run();

    outcome.assert_success();
    let lines: Vec<_> = outcome.stderr.lines().filter(|line| line.contains(" INFO ")).collect();
    assert_eq!(lines.len(), 8, "{outcome:?}");
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{0}', '\u{2028}', '\r']), "{outcome:?}");
    assert!(lines[0].contains(r#"text="two\nlines\r\n{"#), "{}", lines[0]);
}

#[test]
fn people_see_the_names_of_the_spans_around_a_record() {
    let outcome = Probe::new("logging", "request").env("SPANDREL_LOG_FORMAT", "pretty").run();

    outcome.assert_success();
    // Nothing is recorded without an exporter, so there is no span to name.
    assert!(outcome.stderr.contains("order taken order.id=12 paid=true total=49.5"), "{outcome:?}");
    let recorded = Probe::new("logging", "request")
        .env("OTEL_TRACES_EXPORTER", "otlp_file")
        .env("SPANDREL_FILE", "/dev/null")
        .run();
    let line = recorded.stderr.lines().find(|line| line.contains("order taken"));
    let around = ":handle correlation_id=order-7 method=GET route=/orders/{id} trace_id=";
    assert!(line.is_some_and(|line| line.contains(around)), "{recorded:?}");
}

#[test]
fn lines_of_many_threads_never_mix_and_none_is_lost() {
    // Room for all of it, however slow the machine is.
    let outcome = json("threads").env("SPANDREL_MEMORY", "64MiB").run();

    outcome.assert_success();
    let lines = lines(&outcome);
    assert_eq!(lines.len(), 4_000);
    for thread in 0..8 {
        let of_thread = lines.iter().filter(|line| line["thread"] == thread);
        assert!(of_thread.map(|line| line["at"].as_u64()).eq((0..500).map(Some)));
    }
    assert_eq!((reported(&outcome, "produced"), reported(&outcome, "dropped")), (4_000, 0));
}

#[test]
fn what_was_said_last_is_written_however_the_program_ends() {
    for (how, message) in
        [("exit", "the last thing"), ("after", "after the end"), ("panic", "before the panic")]
    {
        let outcome = json(how).run();

        assert_eq!(messages(&lines(&outcome)), [message], "{how}: {outcome:?}");
    }
}

#[test]
fn a_layer_in_the_program_s_own_subscriber_writes_what_code_chooses() {
    let outcome = Probe::new("logging", "own").run();

    outcome.assert_success();
    let lines = lines(&outcome);
    assert_eq!(messages(&lines), ["by a layer of the program's own"]);
    assert_eq!(lines[0]["level"], "DEBUG");
}

#[test]
fn our_filter_is_about_log_records_alone() {
    let shown = |filter: &str| {
        let outcome = json("request").env("SPANDREL_LOG", filter).run();
        outcome.assert_success();
        messages(&lines(&outcome)).len()
    };

    assert_eq!(shown("error"), 1);
    assert_eq!(shown("off,old::crate=info"), 1);
    assert_eq!(shown("off"), 0);
}

#[test]
fn an_error_that_passes_through_five_functions_is_one_exception() {
    let opt_in = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
    let as_events = json("exception").run();
    let as_logs = json("exception").env(opt_in, "logs").run();

    assert_eq!(messages(&lines(&as_events)), [""; 0]);
    let lines = lines(&as_logs);
    assert_eq!(messages(&lines), ["card declined"], "{as_logs:?}");
    assert_eq!((&lines[0]["event"], &lines[0]["level"]), (&"exception".into(), &"ERROR".into()));
    assert!(lines[0]["exception.type"].as_str().is_some_and(|name| name.ends_with("Declined")));
    assert_eq!(lines[0]["target"], "probe::logging");
    assert_eq!(lines[0]["trace_id"].as_str().map(str::len), Some(32));
}

#[test]
fn records_may_follow_the_sampling_of_their_traces_but_errors_stay() {
    let probe = || json("unsampled").env("OTEL_TRACES_SAMPLER", "always_off");
    let all = probe().run();
    let with_trace = probe().env("SPANDREL_LOG_SAMPLING", "trace").run();

    assert_eq!(lines(&all).len(), 4);
    assert_eq!(messages(&lines(&with_trace)), ["payment failed", "in no trace"]);
    assert_eq!(reported(&with_trace, "unsampled"), 2);
    assert_eq!(reported(&with_trace, "dropped"), 0);
}

#[test]
fn a_forked_child_writes_its_own_lines_and_none_of_its_parent_s() {
    let outcome = json("forked").run();

    outcome.assert_success();
    assert_eq!(messages(&lines(&outcome)), ["of the parent", "of the child"]);
}

#[test]
fn a_collector_that_is_not_ours_takes_records_with_their_traces() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let Some(mut collector) = Collector::start() else { return };
        let endpoint =
            if protocol == "grpc" { collector.grpc_endpoint() } else { collector.endpoint() };
        let probe = json("request")
            .env("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &logs_endpoint(endpoint, protocol))
            .env("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", protocol)
            .env("OTEL_SERVICE_NAME", "shop");

        let outcome = probe.run();
        let records = collector.log_records(5);

        outcome.assert_success();
        let lines = lines(&outcome);
        let body = |record: &Value| record["body"]["string_value"].as_str().map(str::to_owned);
        for line in &lines {
            let record =
                records.iter().find(|record| body(record).as_deref() == line["message"].as_str());
            let record =
                record.unwrap_or_else(|| panic!("{protocol}: {line:?} is not in {records:?}"));
            assert_eq!(record["severity_text"], line["level"]);
            assert_eq!(record["trace_id"], *line.get("trace_id").unwrap_or(&"".into()));
            assert_eq!(record["span_id"], *line.get("span_id").unwrap_or(&"".into()));
            assert_eq!(record["scope"]["name"], line["target"]);
        }
        let text = records.iter().map(ToString::to_string).collect::<String>();
        for part in [
            r#"{"key":"service.name","value":{"string_value":"shop"}}"#,
            r#"{"key":"correlation_id","value":{"string_value":"order-7"}}"#,
            r#"{"key":"order.id","value":{"int_value":"12"}}"#,
        ] {
            assert!(text.contains(part), "{protocol}: no {part} in {text}");
        }
        assert!(!text.contains("hunter2"), "{protocol}: {text}");
    }
}

fn logs_endpoint(base: &str, protocol: &str) -> String {
    if protocol == "grpc" { base.to_owned() } else { format!("{base}/v1/logs") }
}

#[test]
fn records_in_a_file_are_lines_of_otlp() {
    let file = std::env::temp_dir().join(format!("spandrel-logs-{}.jsonl", std::process::id()));
    let path = file.to_str().unwrap_or_default();

    let outcome = json("request").env("SPANDREL_LOG_FILE", path).run();

    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    outcome.assert_success();
    let request: Value = serde_json::from_str(&text).unwrap_or_default();
    let scopes = request["resourceLogs"][0]["scopeLogs"].as_array().cloned().unwrap_or_default();
    let records = scopes.iter().filter_map(|scope| scope["logRecords"].as_array());
    assert_eq!(records.map(Vec::len).sum::<usize>(), 5, "{text}");
}
