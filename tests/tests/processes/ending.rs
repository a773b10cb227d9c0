//! However the process ends, what it recorded arrives.

use std::time::Duration;

use crate::{
    probe::Probe,
    receiver::{Manner, Receiver},
};

/// Runs one case; the spans that arrived and how it ended.
fn run(how: &str) -> (usize, crate::probe::Outcome) {
    let receiver = Receiver::start(Manner::Answers);
    let outcome = Probe::new("ending", how).to(&receiver.url()).run();
    (receiver.count("work"), outcome)
}

#[test]
fn spans_arrive_however_a_program_leaves() {
    for how in ["drop", "exit", "exit-elsewhere", "forget", "static"] {
        let (arrived, outcome) = run(how);
        outcome.assert_success();
        assert_eq!(arrived, 10, "{how}: {outcome:?}");
    }
}

#[test]
fn spans_arrive_when_main_panics() {
    let (arrived, outcome) = run("panic");

    assert_eq!(outcome.status.code(), Some(101));
    assert_eq!(arrived, 10);
}

#[test]
fn a_signal_at_its_default_sends_the_spans_and_ends_the_process() {
    for (how, signal) in [("sigterm", libc::SIGTERM), ("sigint", libc::SIGINT)] {
        let (arrived, outcome) = run(how);
        assert_eq!(outcome.signal(), Some(signal), "{how}");
        assert_eq!(arrived, 10, "{how}");
    }
}

#[test]
fn a_signal_that_is_not_watched_ends_the_process_at_once() {
    let (_, outcome) = run("unwatched");

    assert_eq!(outcome.signal(), Some(libc::SIGTERM));
}

#[test]
fn a_signal_that_the_program_ignores_stays_ignored() {
    let (arrived, outcome) = run("ignored");

    outcome.assert_success();
    outcome.assert_said(&[("survived", "true")]);
    assert_eq!(arrived, 10);
}

#[test]
fn a_signal_that_the_program_handles_does_not_end_telemetry() {
    for (how, spans) in [("handled-before", 10), ("handled-after", 10), ("tokio", 20)] {
        let (arrived, outcome) = run(how);
        outcome.assert_success();
        outcome.assert_said(&[("caught", "true"), ("result", "done"), ("balanced", "true")]);
        assert_eq!(arrived, spans, "{how}: {outcome:?}");
    }
}

#[test]
fn a_signal_does_not_cut_off_a_shutdown_on_its_way() {
    let receiver = Receiver::start(Manner::Holds);
    let probe = Probe::new("ending", "slow-drop").to(&receiver.url());
    let mut running = probe.env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2").start();
    running.wait_for("dropping");
    assert!(receiver.gets(1, Duration::from_secs(30)));

    // SAFETY: it is a child of ours and not yet waited for.
    #[expect(unsafe_code, reason = "sending a signal has no safe form")]
    unsafe {
        libc::kill(running.pid(), libc::SIGTERM);
    }
    let outlived = running.outlives(Duration::from_millis(200));
    receiver.release();
    let outcome = running.end();

    assert!(outlived, "{outcome:?}");
    assert_eq!(receiver.count("work"), 10, "{outcome:?}");
}

#[test]
fn on_the_only_thread_of_a_runtime_nothing_deadlocks() {
    for how in ["wait", "await"] {
        let (arrived, outcome) = run(how);
        outcome.assert_success();
        outcome.assert_said(&[("flushed", "true"), ("result", "done"), ("balanced", "true")]);
        assert_eq!(arrived, 10, "{how}");
    }
    for how in ["drop-within", "await-dropped"] {
        let (arrived, outcome) = run(how);
        outcome.assert_success();
        assert_eq!(arrived, 10, "{how}: {outcome:?}");
    }
}
