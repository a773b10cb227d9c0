//! Exporters that hang, refuse, vanish or panic: the program neither slows nor grows.

use crate::{
    probe::{Outcome, Probe},
    receiver::{Manner, Receiver},
};

const DEFAULT_KIB: u64 = 16 * 1024;
/// What is no memory of the recorder: thread stacks, the allocator's rounding and fragments, TLS
/// tables, the client's buffers.
const SLACK_KIB: u64 = 6 * 1024;

#[track_caller]
fn assert_bounded(outcome: &Outcome, kib: u64) {
    outcome.assert_success();
    let grown = outcome.number("grown-kib").max(outcome.number("grown-at-the-end-kib"));
    assert!(grown <= kib + SLACK_KIB, "{grown} KiB: {outcome:?}");
    outcome.assert_said(&[("balanced", "true"), ("odd-reports", "0")]);
    assert!(outcome.number("shutdown.millis") < 5_000, "{outcome:?}");
}

#[test]
fn a_receiver_that_hangs_costs_no_more_memory_than_granted() {
    let receiver = Receiver::start(Manner::Hangs);

    let outcome = Probe::new("flood", "otlp").to(&receiver.url()).run();

    assert_bounded(&outcome, DEFAULT_KIB);
    outcome.assert_said(&[("result", "timeout")]);
}

#[test]
fn large_spans_cost_no_more_memory_than_granted() {
    let receiver = Receiver::start(Manner::Hangs);

    assert_bounded(&Probe::new("flood", "large").to(&receiver.url()).run(), DEFAULT_KIB);
    assert_bounded(&Probe::new("flood", "hanging-large").run(), DEFAULT_KIB);
    assert_bounded(&Probe::new("flood", "hanging-events").run(), DEFAULT_KIB);
}

#[test]
fn an_exporter_of_the_programs_own_that_hangs_costs_no_more_memory_than_granted() {
    assert_bounded(&Probe::new("flood", "hanging").run(), DEFAULT_KIB);
    assert_bounded(&Probe::new("flood", "hanging-little").run(), 1024);
}

#[test]
fn lines_of_logs_leave_most_of_the_queues_memory_to_an_exporter_of_spans() {
    let held = |lines| {
        let outcome = Probe::new("flood", "held").env("SPANDREL_LOG_FORMAT", lines).run();
        outcome.assert_success();
        assert!(outcome.number("0.dropped.queue_full") > 0, "{outcome:?}");
        outcome.number("0.queued")
    };

    let (alone, beside_lines) = (held("off"), held("pretty"));

    assert!(beside_lines * 10 >= alone * 6, "{beside_lines} of {alone}");
    assert!(beside_lines < alone, "what lines may take is nobody else's");
}

#[test]
fn a_receiver_that_refuses_loses_spans_and_says_how_many() {
    let outcome = Probe::new("flood", "some").to(&Receiver::refusing()).run();

    outcome.assert_success();
    assert!(outcome.number("shutdown.millis") < 5_000, "{outcome:?}");
    outcome.assert_said(&[("balanced", "true"), ("0.delivered", "0")]);
    assert!(!outcome.stderr.is_empty(), "it explains itself");
}

#[test]
fn a_receiver_that_vanishes_loses_only_what_it_did_not_take() {
    let receiver = Receiver::start(Manner::Vanishes(3));

    let outcome = Probe::new("flood", "some").to(&receiver.url()).run();

    outcome.assert_success();
    assert!(outcome.number("shutdown.millis") < 5_000, "{outcome:?}");
    outcome.assert_said(&[("balanced", "true")]);
    assert!(outcome.number("0.delivered") > 0, "{outcome:?}");
    assert!(receiver.requests().len() >= 3);
}

#[test]
fn an_exporter_that_panics_loses_its_spans_and_nothing_else() {
    let outcome = Probe::new("flood", "panicking").run();

    outcome.assert_success();
    outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("produced", "1000")]);
    outcome.assert_said(&[("0.dropped.export_failed", "1000")]);
}

#[test]
fn one_exporter_that_hangs_takes_nothing_from_the_other() {
    let outcome = Probe::new("flood", "one-hangs").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "100000"), ("1.delivered", "100000")]);
    outcome.assert_said(&[("0.delivered", "0"), ("balanced", "true")]);
}

#[test]
fn spans_that_run_all_at_once_are_counted_when_the_table_is_full() {
    let outcome = Probe::new("flood", "running").run();

    outcome.assert_success();
    outcome.assert_said(&[("produced", "20000"), ("unfinished", "0"), ("balanced", "true")]);
    let lost = outcome.number("dropped.span_table_full");
    assert!(lost > 0, "{outcome:?}");
    assert_eq!(outcome.number("unfinished-then") + lost, 20_000, "{outcome:?}");
    // They end all at once, too, which is more than may wait for the exporter.
    let waited_too_long = outcome.number("0.dropped.queue_full");
    assert_eq!(outcome.number("exported") + waited_too_long + lost, 20_000, "{outcome:?}");
}

#[test]
fn three_hundred_threads_at_a_pace_lose_nothing() {
    let outcome = Probe::new("flood", "threads").run();

    outcome.assert_success();
    outcome.assert_said(&[("recorded", "150000"), ("exported", "150000"), ("balanced", "true")]);
}
