//! Events of other libraries, and where they land.

use std::error::Error;

use spandrel::{
    Outcome, Span,
    trace::{EventData, OwnedStatus},
    traced,
};
use tracing::{Level, info_span, instrument};

use crate::capture;

fn attributes(event: &EventData) -> Vec<String> {
    event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn error(description: &str) -> OwnedStatus {
    OwnedStatus::Error { description: description.to_owned() }
}

#[test]
fn an_event_lands_on_the_current_span_whoever_began_it() {
    let capture = capture();

    capture.run(|| {
        tracing::info!("outside");
        info_span!("theirs").in_scope(|| {
            tracing::info!(rows = 3, "in {}", "theirs");
            let _ours = Span::start("ours").enter();
            tracing::debug!(target: "db", n = 1, "in ours");
        });
    });

    let theirs = capture.span("theirs");
    assert_eq!(theirs.events.len(), 1);
    assert_eq!(theirs.events[0].name, "in theirs");
    let target = format!("target={}", module_path!());
    assert_eq!(attributes(&theirs.events[0]), ["level=INFO", &target, "rows=3"]);
    let ours = capture.span("ours");
    assert_eq!(ours.events[0].name, "in ours");
    assert_eq!(attributes(&ours.events[0]), ["level=DEBUG", "target=db", "n=1"]);
}

#[test]
fn an_event_with_a_parent_lands_there_and_one_without_nowhere() {
    let capture = capture();

    capture.run(|| {
        let (elsewhere, current) = (info_span!("elsewhere"), info_span!("current"));
        current.in_scope(|| {
            tracing::info!(parent: &elsewhere, "of another");
            tracing::info!(parent: None, "of none");
            tracing::error!(parent: &elsewhere, "failed");
        });
    });

    let elsewhere = capture.span("elsewhere");
    let names: Vec<_> = elsewhere.events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["of another", "failed"]);
    assert_eq!((elsewhere.status, elsewhere.outcome), (error(""), Outcome::Error));
    assert!(capture.span("current").events.is_empty());
}

#[test]
fn an_event_without_a_message_has_the_name_that_it_was_given() {
    let capture = capture();

    capture.run(|| {
        info_span!("span").in_scope(|| {
            tracing::event!(name: "cache.miss", Level::INFO, key = "a");
            tracing::info!(key = "b");
        });
    });

    let events = capture.span("span").events;
    assert_eq!(events[0].name, "cache.miss");
    assert!(events[1].name.starts_with("event "), "{}", events[1].name);
}

#[instrument(err)]
fn fails(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn the_error_of_an_instrumented_function_is_an_exception_and_the_status() {
    let capture = capture();

    let result = capture.run(|| fails("x"));

    let text = result.unwrap_err().to_string();
    let span = capture.span("fails");
    assert_eq!((span.status, span.outcome), (error(&text), Outcome::Error));
    assert_eq!(span.events.len(), 1);
    assert_eq!(span.events[0].name, "exception");
    assert!(attributes(&span.events[0]).contains(&format!("exception.message={text}")));
}

#[test]
fn an_error_with_a_message_keeps_both() {
    let capture = capture();

    capture.run(|| {
        info_span!("span").in_scope(|| {
            let error = fails("x").unwrap_err();
            tracing::error!(error = &error as &dyn Error, "could not read the port");
        });
    });

    let span = capture.span("span");
    assert_eq!(span.events[0].name, "could not read the port");
    assert!(attributes(&span.events[0]).contains(&"error=invalid digit found in string".into()));
    assert_eq!(span.status, error("invalid digit found in string"));
}

#[test]
fn a_warning_is_no_error() {
    let capture = capture();

    capture.run(|| info_span!("span").in_scope(|| tracing::warn!(error = "none", "slow")));

    let span = capture.span("span");
    assert_eq!((span.status, span.outcome), (OwnedStatus::Unset, Outcome::Ok));
}

#[traced]
fn ours() {
    tracing::error!("their code fails within our span");
}

#[test]
fn an_error_event_marks_our_span_too() {
    let capture = capture();

    capture.run(ours);

    assert_eq!(capture.span("ours").status, error(""));
}

#[test]
fn a_record_of_the_log_crate_keeps_its_target() {
    tracing_log::LogTracer::init().unwrap();
    let capture = capture();

    capture.run(|| info_span!("span").in_scope(|| log::warn!(target: "old::crate", "from log")));

    let span = capture.span("span");
    assert_eq!(span.events[0].name, "from log");
    assert_eq!(attributes(&span.events[0]), ["level=WARN", "target=old::crate"]);
}
