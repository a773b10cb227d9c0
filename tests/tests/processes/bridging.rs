//! The bridge to OpenTelemetry in a whole program, and exporters of its SDK that misbehave.

use crate::probe::Probe;

#[test]
fn an_exporter_of_the_sdk_that_never_comes_back_is_waited_for_in_reason_and_harms_no_other() {
    for how in ["blocks", "never ready"] {
        let outcome = Probe::new("bridging", how).run();

        outcome.assert_success();
        outcome.assert_said(&[("result", "timeout"), ("other", "200")]);
        assert!(outcome.number("shutdown.millis") < 10_000, "{outcome:?}");
        assert!(outcome.said("error").contains("200 dropped (shutdown)"), "{outcome:?}");
    }
}

#[test]
fn an_exporter_of_the_sdk_that_panics_loses_its_spans_alone_which_is_counted_and_said_once() {
    let lost = "100 spans for an exporter of the program are lost: it panicked: this exporter";

    let outcome = Probe::new("bridging", "panics").run();
    outcome.assert_success();
    outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("other", "200")]);
    outcome.assert_said(&[("0.delivered", "0"), ("0.dropped.export_failed", "200")]);
    assert_eq!(outcome.lines_with(lost), 1, "{outcome:?}");

    let outcome = Probe::new("bridging", "panics at the resource").run();
    outcome.assert_success();
    outcome.assert_said(&[("result", "done"), ("balanced", "true"), ("other", "200")]);
    outcome.assert_said(&[("0.delivered", "100"), ("0.dropped.export_failed", "100")]);
    assert_eq!(outcome.lines_with(lost), 1, "{outcome:?}");
}

#[test]
fn exporters_and_processors_of_the_sdk_are_told_the_resource_flushed_and_shut_down() {
    for how in ["processor", "exporter"] {
        let outcome = Probe::new("bridging", how).run();

        outcome.assert_success();
        outcome.assert_said(&[
            ("service", "shop"),
            ("flushed", "1"),
            ("exported", "2"),
            ("shutdowns", "1"),
            ("balanced", "true"),
        ]);
        if how == "exporter" {
            outcome.assert_said(&[("ended", "true")]);
        }
    }
}

const TREE: [(&str, &str); 3] = [("outer", "nobody"), ("theirs", "outer"), ("inner", "theirs")];

#[test]
fn code_that_looks_at_the_context_itself_sees_our_spans_if_that_was_asked_for() {
    let outcome = Probe::new("bridging", "eager").run();

    outcome.assert_success();
    outcome.assert_said(&TREE);
    outcome.assert_said(&[
        ("outer is shown", "true"),
        ("theirs is nearer", "true"),
        ("inner is shown", "true"),
        ("last is shown", "true"),
        ("theirs is back", "true"),
        ("outer is back", "true"),
        ("outside", "0"),
        ("renamed", "inner"),
        ("said", "through the context of outer"),
        ("balanced", "true"),
    ]);
}

#[test]
fn code_that_looks_at_the_context_itself_does_not_see_our_spans_unless_asked_for() {
    let outcome = Probe::new("bridging", "lazy").run();

    outcome.assert_success();
    outcome.assert_said(&[
        ("outer is shown", "false"),
        ("inner is shown", "false"),
        ("outside", "0"),
        // What is said there is said about theirs, and that is what is carried.
        ("renamed", "outer"),
        ("inner", "renamed"),
        ("last", "renamed"),
    ]);
}

#[test]
fn a_trace_that_the_api_began_is_kept_whole_for_a_failure_in_it_and_only_then() {
    let outcome = Probe::new("bridging", "tail").env("SPANDREL_KEEP_ERRORS", "true").run();

    outcome.assert_success();
    outcome.assert_said(&[
        ("sampled", "false"),
        ("produced", "9"),
        ("kept", "3"),
        ("not_kept", "6"),
        ("undecided", "0"),
        ("balanced", "true"),
    ]);
    let names = outcome.said("names");
    for name in ["\"theirs\"", "\"theirs within\"", "\"may_fail\""] {
        assert_eq!(names.matches(name).count(), 1, "{names}");
    }
}
