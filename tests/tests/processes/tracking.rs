//! Errors and panics of a whole program, at a tracker of errors that is not ours.

use serde_json::Value;
use spandrel_tests::tracker::Tracker;

use crate::{
    probe::Probe,
    receiver::{Manner, Receiver},
};

fn exception(event: &Value) -> &Value {
    event["exception"]["values"].as_array().and_then(|values| values.last()).unwrap_or(&Value::Null)
}

fn event<'r>(report: &'r Value, text: &str) -> &'r Value {
    let events = report["events"].as_array().expect("events");
    let found = events.iter().find(|event| exception(event).to_string().contains(text));
    found.unwrap_or_else(|| panic!("no {text} in {report:#}"))
}

#[test]
fn errors_and_panics_become_events_that_a_tracker_understands() {
    let Some(mut tracker) = Tracker::start() else { return };

    let outcome = Probe::new("tracking", "code")
        .env("SENTRY_DSN", tracker.dsn())
        .env("SENTRY_ENVIRONMENT", "testing")
        .env("SENTRY_RELEASE", "shop@1.2.3")
        // Whether traces are sampled has nothing to do with it.
        .env("OTEL_TRACES_SAMPLER", "always_off")
        .run();
    let report = tracker.report(5);

    outcome.assert_success();
    outcome.assert_said(&[("paid", "false"), ("done", "true")]);
    assert_eq!(report["faults"], serde_json::json!([]), "{report:#}");
    assert!(!report.to_string().contains("hunter2"), "{report:#}");
    assert!(!report.to_string().contains("4111"), "{report:#}");
    let issues = report["issues"].as_array().expect("issues");
    assert_eq!(issues.len(), 5, "{report:#}");

    // An error that has passed through three functions.
    let declined = event(&report, "was declined");
    assert_eq!(declined["environment"], "testing");
    assert_eq!(declined["release"], "shop@1.2.3");
    assert_eq!(declined["transaction"], "handle");
    assert_eq!(declined["user"]["id"], "u-17");
    assert_eq!(declined["tags"]["plan"], "gold");
    assert_eq!(declined["tags"]["looked_at"], "yes");
    assert_eq!(exception(declined)["type"], "Declined");
    let causes = declined["exception"]["values"].as_array().expect("values");
    assert_eq!(causes[0]["value"], "invalid digit found in string");
    let trace = declined["contexts"]["trace"]["trace_id"].as_str().expect("a trace id");
    assert_eq!(trace.len(), 32);
    assert_eq!(declined["extra"]["attempt"], "1");
    for personal in ["ann@example.org", "ann's own", "/ann"] {
        assert!(!report.to_string().contains(personal), "{personal} in {report:#}");
    }
    let frames = exception(declined)["stacktrace"]["frames"].to_string();
    assert!(frames.contains("charge") && frames.contains("tracking.rs"), "{frames}");
    let crumbs = declined["breadcrumbs"].to_string();
    for crumb in ["handling", "asking the bank", "the bank is slow"] {
        assert!(crumbs.contains(crumb), "no {crumb} in {crumbs}");
    }

    let panic = event(&report, "boiler exploded");
    assert_eq!(
        (&panic["level"], &exception(panic)["mechanism"]["handled"]),
        (&"fatal".into(), &false.into())
    );
    assert!(exception(panic)["stacktrace"]["frames"].to_string().contains("explode"));

    let captured = event(&report, "invalid digit found in string");
    assert_eq!(captured["extra"]["order"], "17");
    assert_eq!(event(&report, "in a task")["user"]["id"], "u-18");
    // The status that the program says counts as failed, and not the other one.
    let answers = report["events"].as_array().expect("events").iter();
    let statuses = answers.filter(|event| !event["extra"]["http.response.status_code"].is_null());
    let statuses: Vec<_> =
        statuses.map(|event| &event["extra"]["http.response.status_code"]).collect();
    assert_eq!(statuses, ["503"]);
}

#[test]
fn without_a_dsn_one_line_says_so_and_nothing_is_sent() {
    let outcome = Probe::new("tracking", "env").env("SENTRY_ENVIRONMENT", "staging").run();

    outcome.assert_success();
    assert_eq!(outcome.lines_with("SENTRY_DSN"), 1, "{outcome:?}");
}

#[test]
fn who_says_nothing_about_error_tracking_hears_nothing_of_it() {
    let outcome = Probe::new("tracking", "env").run();

    outcome.assert_success();
    assert_eq!(outcome.lines_with("SENTRY_DSN"), 0, "{outcome:?}");
}

#[test]
fn a_dsn_that_is_none_is_a_warning_that_does_not_repeat_it() {
    let outcome = Probe::new("tracking", "env").env("SENTRY_DSN", "hunter2").run();

    outcome.assert_success();
    assert_eq!(outcome.lines_with("the DSN for Sentry is not understood"), 1, "{outcome:?}");
    assert!(!outcome.stderr.contains("DSN for Sentry is not understood (hunter2"), "{outcome:?}");
}

#[test]
fn a_tracker_that_is_not_there_holds_nobody_up() {
    let outcome = Probe::new("tracking", "flood")
        .env("SENTRY_DSN", "http://key@127.0.0.1:1/1")
        .env("OTEL_TRACES_SAMPLER", "always_off")
        .run();

    outcome.assert_success();
    // Two thousand errors, each with a backtrace: an attempt to connect alone would take longer.
    assert!(outcome.number("millis") < 60_000, "{outcome:?}");
}

#[test]
fn a_panic_on_a_thread_of_ours_is_no_event() {
    let outcome = Probe::new("tracking", "panics-in-redaction")
        .env("SENTRY_DSN", "http://key@127.0.0.1:1/1")
        .run();

    outcome.assert_success();
    assert!(outcome.stderr.contains("the pattern is wrong"), "{outcome:?}");
    outcome.assert_said(&[("events", "2")]);
}

#[test]
fn a_forked_child_reports_its_own_and_waits_for_no_thread_of_its_parent() {
    let outcome = Probe::new("tracking", "forked")
        .env("SENTRY_DSN", "http://key@127.0.0.1:1/1")
        .env("SPANDREL_LOG_FORMAT", "off")
        .run();

    outcome.assert_success();
    outcome.assert_said(&[("failed", "0")]);
}

#[test]
fn every_event_that_finds_no_room_is_counted_and_memory_stays_bounded() {
    let outcome = Probe::new("tracking", "lost")
        .env("SENTRY_DSN", "http://key@127.0.0.1:1/1")
        .env("SPANDREL_MEMORY", "8MiB")
        .run();

    outcome.assert_success();
    outcome.assert_said(&[("dropped", "true"), ("delivered", "true"), ("counted", "true")]);
    assert!((1..=8 << 20).contains(&outcome.number("queued")), "{outcome:?}");
    // Names of functions alone, read from the debug information, take tens of MiB.
    assert!(outcome.number("resident") < 256 << 10, "{outcome:?}");
}

#[test]
fn a_receiver_that_says_so_gets_nothing_more_for_a_while() {
    for (answer, delivered) in [
        ("200 OK\r\nX-Sentry-Rate-Limits: 3600:error:key", "1"),
        ("429 Too Many Requests\r\nRetry-After: 3600", "0"),
    ] {
        let receiver = Receiver::start(Manner::Says(answer));
        let dsn = receiver.url().replace("http://", "http://key@") + "/1";

        let outcome = Probe::new("tracking", "limited").env("SENTRY_DSN", &dsn).run();

        outcome.assert_success();
        let dropped = if delivered == "1" { "5" } else { "6" };
        outcome.assert_said(&[("delivered", delivered), ("dropped", dropped)]);
        assert_eq!(receiver.requests().len(), 1, "{outcome:?}");
    }
}

#[test]
fn a_panic_that_ends_the_process_is_sent_before() {
    let receiver = Receiver::start(Manner::Answers);
    let dsn = receiver.url().replace("http://", "http://key@") + "/1";

    let outcome = Probe::new("tracking", "aborts").env("SENTRY_DSN", &dsn).run();

    assert_eq!(outcome.signal(), Some(libc::SIGABRT), "{outcome:?}");
    // The panic itself, and that it could not unwind.
    assert_eq!(receiver.requests().len(), 2, "{outcome:?}");
}
