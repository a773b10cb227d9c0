//! Exporters to files and to Zipkin, chosen by the environment.

use std::fs;

use serde_json::Value;

use crate::{
    probe::Probe,
    receiver::{Manner, Receiver},
    spooling::Folder,
};

/// The spans of a line of OTLP.
fn names(line: &str) -> Vec<String> {
    let request: Value = serde_json::from_str(line).expect("a line is JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let resources = list(&request["resourceSpans"]);
    let scopes = resources.iter().flat_map(|resource| list(&resource["scopeSpans"]));
    let spans = scopes.flat_map(|scope| list(&scope["spans"]));
    spans.map(|span| span["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn spans_go_to_a_file_that_is_named() {
    let folder = Folder::new();
    let path = folder.0.join("logs/traces.jsonl");
    for _ in 0..2 {
        let probe = Probe::new("showing", "once");
        probe.env("SPANDREL_FILE", path.to_str().expect("a name of ours")).run().assert_success();
    }

    let text = fs::read_to_string(path).expect("it was written");
    let lines: Vec<_> = text.lines().map(names).collect();
    assert_eq!(lines, [["outgoing", "shown"], ["outgoing", "shown"]]);
}

#[test]
fn spans_go_to_stdout_if_that_is_asked_for() {
    let outcome = Probe::new("showing", "once").env("OTEL_TRACES_EXPORTER", "otlp/stdout").run();

    outcome.assert_success();
    let line = outcome.line_with("resourceSpans");
    assert_eq!(names(&line), ["outgoing", "shown"]);
}

#[test]
fn spans_go_to_zipkin() {
    let receiver = Receiver::start(Manner::Answers);
    let endpoint = receiver.url() + "/api/v2/spans";

    let outcome = Probe::new("showing", "once")
        .env("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &endpoint)
        .env("OTEL_SERVICE_NAME", "shop")
        .run();

    outcome.assert_success();
    let requests = receiver.requests();
    assert_eq!((requests.len(), requests[0].path.as_str()), (1, "/api/v2/spans"));
    let span = &requests[0].json[1];
    assert_eq!(span["name"], "shown");
    assert_eq!(span["localEndpoint"]["serviceName"], "shop");
}
