//! The flight recorder's dumps, read as a receiver reads them.

use std::{fs, path::PathBuf};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};

use crate::{
    probe::{Outcome, Probe},
    spooling::Folder,
};

/// Runs a case with a flight recorder whose dumps go to the folder.
fn run(how: &str, folder: &Folder, environment: &[(&str, &str)]) -> Outcome {
    let probe = Probe::new("flight", how)
        .env("SPANDREL_FLIGHT_RECORDER", "1MiB")
        .env("SPANDREL_FLIGHT_DIR", folder.0.to_str().expect("a name of ours"))
        .env("OTEL_SERVICE_NAME", "shop/1");
    let probe = environment.iter().fold(probe, |probe, (name, value)| probe.env(name, value));
    let outcome = probe.run();
    outcome.assert_success();
    outcome
}

/// The files, by name.
fn dumps(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(&folder.0).expect("the folder is there").flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The spans of a dump; each line of it is a request by OTLP's own schema.
fn spans(path: &PathBuf) -> Vec<Span> {
    let text = fs::read_to_string(path).expect("the dump is there");
    let requests = text.lines().map(|line| {
        serde_json::from_str::<ExportTraceServiceRequest>(line).expect("a line is a request")
    });
    let resources = requests.flat_map(|request| request.resource_spans);
    let scopes = resources.flat_map(|resource| {
        let attributes = resource.resource.expect("it has a resource").attributes;
        assert!(attributes.iter().any(|attribute| attribute.key == "service.name"));
        resource.scope_spans
    });
    scopes.flat_map(|scope| scope.spans).collect()
}

fn is_unfinished(span: &Span) -> bool {
    span.attributes.iter().any(|attribute| {
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
        attribute.key == "spandrel.unfinished" && value == Some(&Value::BoolValue(true))
    })
}

/// Ten spans that have ended, and one that has not.
#[track_caller]
fn assert_ten_and_one_running(spans: &[Span]) {
    assert_eq!(spans.iter().filter(|span| span.name == "work").count(), 10);
    let running: Vec<_> = spans.iter().filter(|span| span.name == "running").collect();
    assert_eq!(running.len(), 1);
    assert!(spans.iter().all(|span| is_unfinished(span) == (span.name == "running")));
    assert!(spans.iter().all(|span| span.end_time_unix_nano >= span.start_time_unix_nano));
}

#[test]
fn a_call_dumps_unsampled_and_running_spans() {
    let folder = Folder::new();

    let outcome = run("call", &folder, &[]);

    outcome.assert_said(&[
        ("spans", "11"),
        ("again", "11"),
        ("same", "true"),
        ("no-folder", "true"),
        ("balanced", "true"),
        ("not_kept", "11"),
        ("flight.seen", "11"),
        ("flight.spans", "11"),
        ("flight.dumps", "2"),
        ("flight.failed", "1"),
    ]);
    let spans = spans(&folder.0.join("called.jsonl"));
    assert_ten_and_one_running(&spans);
    let late = |span: &Span| span.attributes.iter().any(|attribute| attribute.key == "late");
    assert!(spans.iter().any(|span| span.name == "running" && late(span)));
}

#[test]
fn it_works_without_any_exporter() {
    let folder = Folder::new();

    let outcome = run("alone", &folder, &[("OTEL_TRACES_EXPORTER", "none")]);

    outcome.assert_said(&[("spans", "10"), ("balanced", "true"), ("not_kept", "10")]);
    assert_eq!(spans(&folder.0.join("alone.jsonl")).len(), 10);
}

#[test]
fn a_panic_dumps() {
    let folder = Folder::new();

    let outcome = run("panic", &folder, &[]);

    outcome.assert_said(&[("panicked", "true"), ("balanced", "true"), ("flight.dumps", "1")]);
    let dumps = dumps(&folder);
    assert_eq!(dumps.len(), 1, "{dumps:?}");
    let name = dumps[0].file_name().and_then(|name| name.to_str()).expect("a name of ours");
    assert!(name.starts_with("shop_1-") && name.ends_with("Z-1-panic.jsonl"), "{name}");
    assert_ten_and_one_running(&spans(&dumps[0]));
    assert_eq!(outcome.lines_with("the flight recorder wrote 11 spans to"), 1, "{outcome:?}");
}

#[test]
fn a_panic_on_a_thread_of_ours_dumps_nothing_and_waits_for_nothing() {
    let folder = Folder::new();

    let outcome = run("panics-in-redaction", &folder, &[]);

    outcome.assert_said(&[("balanced", "true"), ("flight.dumps", "0"), ("flight.failed", "0")]);
    assert!(outcome.stderr.contains("on purpose"), "{outcome:?}");
    assert_eq!(dumps(&folder).len(), 0);
}

#[test]
fn the_programs_own_panic_hook_runs_too() {
    let folder = Folder::new();

    let outcome = run("hooked", &folder, &[]);

    outcome.assert_said(&[("hooked", "true"), ("panicked", "true")]);
    assert_eq!(dumps(&folder).len(), 1);
}

#[test]
fn no_more_panics_dump_than_asked_for() {
    for (most, expected) in [("2", 2), ("100", 5)] {
        let folder = Folder::new();
        run("panics", &folder, &[("SPANDREL_FLIGHT_DUMPS", most)]);
        assert_eq!(dumps(&folder).len(), expected);
    }
    let folder = Folder::new();
    run("panics", &folder, &[("SPANDREL_FLIGHT_ON_PANIC", "false")]);
    assert_eq!(dumps(&folder).len(), 0);
}

#[test]
fn a_panic_under_load_does_not_hang_and_dumps() {
    let folder = Folder::new();

    let outcome = run("panic-under-load", &folder, &[]);

    outcome.assert_said(&[("panicked", "true"), ("quick", "true"), ("balanced", "true")]);
    let dumps = dumps(&folder);
    assert!(spans(&dumps[0]).len() > 100);
}

#[test]
fn a_signal_dumps_each_time_and_the_program_goes_on() {
    let folder = Folder::new();

    run("signal", &folder, &[]).assert_said(&[("result", "done"), ("flight.dumps", "2")]);

    let dumps = dumps(&folder);
    assert_eq!(dumps.len(), 2, "{dumps:?}");
    assert!(dumps.iter().all(|path| path.to_string_lossy().ends_with("-signal.jsonl")));
    dumps.iter().for_each(|path| assert_ten_and_one_running(&spans(path)));
}

#[test]
fn a_signal_that_the_program_handles_stays_its_own() {
    let folder = Folder::new();

    let outcome = run("signal-handled", &folder, &[]);

    outcome.assert_said(&[("caught", "true"), ("flight.dumps", "0")]);
    assert_eq!(dumps(&folder).len(), 0);
}

#[test]
fn a_forked_child_dumps_what_it_recorded_itself() {
    let folder = Folder::new();

    let outcome = run("fork", &folder, &[]);

    outcome.assert_said(&[("child.before", "true"), ("child.spans", "1"), ("spans", "10")]);
}

#[test]
fn a_folder_that_is_not_there_is_said_once_and_harms_nothing() {
    let folder = Folder::new();
    let missing = folder.0.join("missing");
    let missing = missing.to_str().expect("a name of ours");

    let outcome = run("panics", &folder, &[("SPANDREL_FLIGHT_DIR", missing)]);

    outcome.assert_said(&[("result", "done"), ("flight.failed", "5"), ("flight.dumps", "0")]);
    assert_eq!(outcome.lines_with("no dump of the flight recorder"), 1, "{outcome:?}");
}

#[test]
fn the_latest_spans_are_held_within_the_bound() {
    let folder = Folder::new();

    let outcome = run("flood", &folder, &[]);

    outcome.assert_said(&[("balanced", "true")]);
    let spans = spans(&folder.0.join("flood.jsonl"));
    assert_eq!(outcome.number("spans"), spans.len() as u64);
    assert_eq!(outcome.number("flight.spans"), spans.len() as u64);
    assert_eq!(outcome.number("flight.seen"), outcome.number("not_kept"));
    assert!(outcome.number("flight.bytes") <= 1024 * 1024, "{outcome:?}");
    assert!(spans.len() > 1_000, "{}", spans.len());
    let number = |span: &Span| {
        let value = span.attributes[0].value.as_ref().and_then(|value| value.value.clone());
        let Some(Value::IntValue(number)) = value else { panic!("{span:?}") };
        number
    };
    assert_eq!(spans.last().map(number), Some(49_999));
}

#[test]
fn without_a_flight_recorder_a_call_says_so() {
    let outcome = Probe::new("flight", "off").env("SPANDREL_FLIGHT_DIR", "/").run();

    outcome.assert_said(&[("error", "true"), ("produced", "0")]);
}
