//! Starting.

use crate::{
    probe::Probe,
    receiver::{Manner, Receiver},
};

#[test]
fn starting_twice_is_an_error_that_says_so_and_changes_nothing() {
    let receiver = Receiver::start(Manner::Answers);

    let outcome = Probe::new("starting", "twice").to(&receiver.url()).run();

    outcome.assert_success();
    let error = "telemetry runs already; call `init!` once, in `main`";
    outcome.assert_said(&[("first", "true"), ("second", "true"), ("error", error)]);
    outcome.assert_said(&[("0.delivered", "1"), ("balanced", "true"), ("after", "true")]);
    receiver.only("doubles");
}

#[test]
fn a_guard_that_is_dropped_at_once_warns() {
    let receiver = Receiver::start(Manner::Answers);

    let outcome = Probe::new("starting", "at-once").to(&receiver.url()).run();

    outcome.assert_success();
    assert_eq!(outcome.lines_with("dropped at once"), 1, "{outcome:?}");
}

#[test]
fn a_program_that_never_starts_it_works_and_passes_traces_on() {
    let outcome = Probe::new("starting", "never").run();

    outcome.assert_success();
    outcome.assert_said(&[("doubled", "42"), ("active", "false"), ("recording", "false")]);
    outcome.assert_said(&[("passed-on", "true")]);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn switched_off_it_records_nothing_and_passes_traces_on() {
    for (variable, value) in [("OTEL_SDK_DISABLED", "true"), ("TELEMETRY_ENABLED", "false")] {
        let outcome = Probe::new("starting", "off").env(variable, value).run();

        outcome.assert_success();
        outcome.assert_said(&[("doubled", "42"), ("recording", "false"), ("passed-on", "true")]);
        outcome.assert_said(&[("produced", "0"), ("exported", "0")]);
    }
}

#[test]
fn what_begins_after_the_start_and_ends_before_the_end_is_recorded() {
    let outcome = Probe::new("starting", "late").run();

    outcome.assert_success();
    outcome.assert_said(&[("exported", "2"), ("exported-afterwards", "2"), ("balanced", "true")]);
}

#[test]
fn reports_account_for_every_span() {
    let mut running = Probe::new("starting", "report").start();
    running.wait_for("balanced");
    let outcome = running.end();

    outcome.assert_success();
    outcome.assert_said(&[("produced", "1003"), ("unfinished", "0"), ("balanced", "true")]);
    outcome.assert_said(&[("dropped.discarded", "1"), ("exported", "1002")]);
}

#[test]
fn a_window_holds_what_happened_since_it_began() {
    let outcome = Probe::new("starting", "windows").run();

    outcome.assert_success();
    outcome.assert_said(&[("since-start", "3"), ("window", "600"), ("within", "2")]);
    outcome.assert_said(&[("median", "true"), ("rate", "true"), ("shown", "true")]);
}
