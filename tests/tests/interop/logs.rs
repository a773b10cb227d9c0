//! What other libraries say, as log records.

use std::error::Error;

use spandrel::{
    CorrelationId, Level, Span,
    logs::LogData,
    trace::{Context, SpanData},
};
use tracing::info_span;

use crate::capture;

fn said(logs: &[LogData]) -> Vec<(Level, &str)> {
    logs.iter().map(|log| (log.level, log.message.as_str())).collect()
}

fn belongs_to(log: &LogData, span: &SpanData) -> bool {
    (log.trace_id, log.span_id) == (Some(span.trace_id), Some(span.span_id))
}

#[test]
fn an_event_is_a_record_of_the_current_span_whoever_began_it() {
    let capture = capture();

    capture.run(|| {
        tracing::info!("outside");
        info_span!("theirs").in_scope(|| {
            tracing::warn!(rows = 3, "in {}", "theirs");
            let _ours = Span::start("ours").enter();
            tracing::debug!(target: "db", n = -1, "in ours");
        });
    });

    let logs = capture.logs();
    let expected =
        [(Level::Info, "outside"), (Level::Warn, "in theirs"), (Level::Debug, "in ours")];
    assert_eq!(said(&logs), expected);
    assert_eq!((logs[0].trace_id, logs[0].span_id), (None, None));
    assert!(belongs_to(&logs[1], &capture.span("theirs")));
    assert!(belongs_to(&logs[2], &capture.span("ours")));
    assert_eq!((&*logs[1].target, &*logs[2].target), (module_path!(), "db"));
    assert_eq!(logs[1].attribute("rows").unwrap().to_string(), "3");
    assert_eq!(logs[2].attribute("n").unwrap().to_string(), "-1");
    // In addition to the event of the span, not in its place.
    assert_eq!(capture.span("theirs").events[0].name, "in theirs");
}

#[test]
fn a_record_belongs_to_the_parent_that_it_names() {
    let capture = capture();

    capture.run(|| {
        let (elsewhere, current) = (info_span!("elsewhere"), info_span!("current"));
        current.in_scope(|| {
            tracing::info!(parent: &elsewhere, "of another");
            tracing::info!(parent: None, "of none");
        });
    });

    let logs = capture.logs();
    assert!(belongs_to(&logs[0], &capture.span("elsewhere")));
    assert_eq!(logs[1].trace_id, None);
}

#[test]
fn a_record_within_a_request_has_its_correlation_id_on_every_thread() {
    let capture = capture();
    let id = CorrelationId::parse("order-7").unwrap();

    capture.run(|| {
        let _attached = Context::current().with_correlation_id(id).attach();
        info_span!("work").in_scope(|| tracing::info!("here"));
        spandrel::thread::spawn(|| tracing::info!("there")).join().unwrap();
    });

    let ids: Vec<_> = capture.logs().into_iter().map(|log| log.correlation_id).collect();
    assert_eq!(ids, [Some("order-7".to_owned()), Some("order-7".to_owned())]);
}

#[test]
fn a_secret_is_in_no_record() {
    let capture = capture();

    capture.run(|| tracing::info!(user.password = "hunter2", "login"));

    assert!(!format!("{:?}", capture.logs()).contains("hunter2"));
    assert_eq!(capture.logs()[0].attribute("user.password").unwrap().to_string(), "[REDACTED]");
}

#[test]
fn an_error_without_a_message_is_an_exception_that_says_what_it_is() {
    let capture = capture();

    capture.run(|| {
        let error = "x".parse::<u8>().unwrap_err();
        tracing::error!(error = &error as &dyn Error);
        tracing::error!(error = &error as &dyn Error, "could not read the port");
    });

    let logs = capture.logs();
    assert_eq!(logs[0].event_name.as_deref(), Some("exception"));
    assert_eq!(logs[0].message, "invalid digit found in string");
    assert_eq!(
        (logs[1].event_name.as_deref(), &*logs[1].message),
        (None, "could not read the port")
    );
    assert_eq!(logs[1].attribute("error").unwrap().to_string(), "invalid digit found in string");
}

#[test]
fn a_record_has_the_name_that_it_was_given_and_none_that_nobody_gave() {
    let capture = capture();

    capture.run(|| {
        tracing::event!(name: "cache.miss", tracing::Level::INFO, key = "a");
        tracing::info!(key = "b", "plain");
    });

    let logs = capture.logs();
    let names: Vec<_> = logs.iter().map(|log| log.event_name.as_deref()).collect();
    assert_eq!(names, [Some("cache.miss"), None]);
}

#[test]
fn captures_beside_one_another_see_their_own_records_alone() {
    let (one, other) = (capture(), capture());

    one.run(|| tracing::info!("one"));
    other.run(|| tracing::info!("other"));

    assert_eq!(said(&one.logs()), [(Level::Info, "one")]);
    assert_eq!(said(&other.logs()), [(Level::Info, "other")]);
}
