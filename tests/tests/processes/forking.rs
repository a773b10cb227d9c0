//! A forked child records on its own and repeats nothing of its parent's.

use std::collections::HashSet;

use crate::{
    probe::{Outcome, Probe},
    receiver::{Manner, Receiver},
};

fn run(how: &str) -> (Receiver, Outcome) {
    let receiver = Receiver::start(Manner::Answers);
    let outcome = Probe::new("forking", how).to(&receiver.url()).run();
    (receiver, outcome)
}

#[track_caller]
fn assert_unique_ids(receiver: &Receiver) {
    let spans = receiver.spans();
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    let traces: HashSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!((ids.len(), traces.len()), (spans.len(), spans.len()), "all of them are roots");
}

#[test]
fn a_child_flushes_its_own_spans_and_nothing_is_sent_twice() {
    let (receiver, outcome) = run("once");

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0"), ("child.flushed", "true")]);
    outcome.assert_said(&[("child.produced", "7"), ("child.delivered", "7")]);
    outcome.assert_said(&[("balanced", "true"), ("0.delivered", "9")]);
    for (name, spans) in
        [("parent before", 5), ("parent running", 1), ("child", 7), ("parent after", 3)]
    {
        assert_eq!(receiver.count(name), spans, "{name}: {outcome:?}");
    }
    assert_unique_ids(&receiver);
}

#[test]
fn a_child_of_a_child_records_too() {
    let (receiver, outcome) = run("nested");

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0"), ("grandchild.status", "0")]);
    for (name, spans) in [("parent", 2), ("child", 4), ("grandchild", 4)] {
        assert_eq!(receiver.count(name), spans, "{name}: {outcome:?}");
    }
    assert_unique_ids(&receiver);
}

#[test]
fn a_child_of_a_silent_child_records_too() {
    let (receiver, outcome) = run("nested-in-silence");

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0")]);
    assert_eq!((receiver.count("parent"), receiver.count("grandchild")), (2, 4), "{outcome:?}");
}

#[test]
fn a_child_that_exits_sends_what_it_recorded() {
    let began = std::time::Instant::now();
    let (receiver, outcome) = run("child-exits");

    outcome.assert_success();
    outcome.assert_said(&[("busy.status", "0"), ("idle.status", "0")]);
    assert_eq!((receiver.count("parent"), receiver.count("child")), (2, 3), "{outcome:?}");
    // Nobody waits for a thread that stayed in the parent.
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[test]
fn a_signal_to_the_child_is_the_childs_alone() {
    let (receiver, outcome) = run("child-is-told-to-end");

    outcome.assert_success();
    outcome.assert_said(&[("busy.status", "143"), ("idle.status", "143"), ("parent", "lives")]);
    assert_eq!((receiver.count("parent"), receiver.count("child")), (3, 3), "{outcome:?}");
}

#[test]
fn a_program_that_never_starts_telemetry_forks_as_ever() {
    let (receiver, outcome) = run("never-initialised");

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0")]);
    assert!(receiver.requests().is_empty());
}

#[test]
fn each_worker_process_may_start_telemetry_itself() {
    let (receiver, outcome) = run("child-initialises");

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0")]);
    assert_eq!((receiver.count("parent"), receiver.count("child")), (2, 6), "{outcome:?}");
}

#[test]
fn an_exporter_of_the_programs_own_stays_with_the_parent_and_the_child_says_so() {
    let outcome = Probe::new("forking", "own-exporter").run();

    outcome.assert_success();
    outcome.assert_said(&[("child.status", "0"), ("child.unexported", "3"), ("exported", "2")]);
    outcome.assert_said(&[("balanced", "true"), ("0.delivered", "2")]);
    assert_eq!(outcome.lines_with("a forked child does not have"), 1, "{outcome:?}");
}

#[test]
fn metrics_are_exported_by_the_parent_alone_and_the_child_says_so() {
    let receiver = Receiver::start(Manner::Answers);
    let probe = Probe::new("forking", "once").to(&receiver.url());
    let outcome = probe.env("OTEL_METRICS_EXPORTER", "otlp").run();

    outcome.assert_success();
    outcome.assert_said(&[("child.flushed", "true"), ("child.delivered", "7")]);
    assert_eq!(outcome.lines_with("a forked child exports no metrics"), 1, "{outcome:?}");
    let metrics = receiver.requests().into_iter().filter(|sent| sent.path == "/v1/metrics");
    // By the flush of the parent, and by its end.
    assert!((1..=2).contains(&metrics.count()), "{outcome:?}");
}

#[test]
fn forks_amid_recording_threads_never_deadlock() {
    let (_, outcome) = run("amid-threads");

    outcome.assert_success();
    outcome.assert_said(&[("failed", "0"), ("flushed", "true")]);
}
