//! What a span of another library was given becomes typed attributes, a name, a kind, a status.

use std::{error::Error, fmt};

use spandrel::{
    SpanKind, testing,
    trace::{OwnedStatus, OwnedValue},
    tracing::SpanExt as _,
};
use tracing::{field, info_span};

use crate::capture;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such port")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> Outer {
    Outer("x".parse::<u16>().unwrap_err())
}

/// All values, as text.
fn shown(capture: &testing::Capture, span: &str) -> Vec<String> {
    let attributes = capture.span(span).attributes;
    attributes.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

#[test]
fn values_keep_their_types() {
    let capture = capture();
    let error = outer();

    capture.run(|| {
        info_span!(
            "typed",
            bool = true,
            i64 = -3,
            u64 = u64::MAX,
            f64 = 0.5,
            i128 = i128::MIN,
            u128 = 7_u128,
            text = "short",
            debug = ?Some(1),
            display = %"shown",
            error = &error as &dyn Error,
            unset = field::Empty,
        )
        .in_scope(|| {});
    });

    let span = capture.span("typed");
    let expected = [
        ("bool", OwnedValue::Bool(true)),
        ("i64", OwnedValue::I64(-3)),
        ("u64", OwnedValue::U64(u64::MAX)),
        ("f64", OwnedValue::F64(0.5)),
        ("i128", OwnedValue::Str(i128::MIN.to_string())),
        ("u128", OwnedValue::I64(7)),
        ("text", OwnedValue::Str("short".into())),
        ("debug", OwnedValue::Str("Some(1)".into())),
        ("display", OwnedValue::Str("shown".into())),
        ("error", OwnedValue::Str("no such port".into())),
        (
            "error.chain",
            OwnedValue::Array(vec![OwnedValue::Str("invalid digit found in string".into())]),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value));
    assert_eq!(span.attributes, expected);
}

#[test]
fn values_recorded_later_count_and_replace() {
    let capture = capture();

    capture.run(|| {
        let root = info_span!("root", early = 1, late = field::Empty);
        root.record("late", "pending");
        root.record("early", 2);
        root.in_scope(|| {
            let child = info_span!("child", early = 1, late = field::Empty);
            child.record("late", "open");
            child.in_scope(|| {
                child.record("early", 3);
            });
        });
        root.record("late", "left");
    });

    assert_eq!(shown(&capture, "root"), ["early=2", "late=left"]);
    assert_eq!(shown(&capture, "child"), ["late=open", "early=3"]);
}

#[test]
fn secrets_never_enter_a_record() {
    let capture = capture();

    capture.run(|| {
        let root = info_span!("root", password = "a", token_count = 1, token = field::Empty);
        root.record("token", "b");
        root.in_scope(|| {
            let child = info_span!("child", api_key = ?"c", secret = field::Empty);
            child.record("secret", "d");
            child.in_scope(|| tracing::info!(cookie = "e", "event"));
        });
    });

    assert_eq!(
        shown(&capture, "root"),
        ["password=[REDACTED]", "token_count=1", "token=[REDACTED]"]
    );
    assert_eq!(shown(&capture, "child"), ["api_key=[REDACTED]", "secret=[REDACTED]"]);
    let event = capture.span("child").events.remove(0);
    assert_eq!(event.attribute("cookie").map(ToString::to_string).as_deref(), Some("[REDACTED]"));
}

#[test]
fn a_span_has_the_name_kind_and_status_that_its_fields_say() {
    let capture = capture();
    let error = OwnedStatus::Error { description: "timed out".into() };
    let cases = [
        ("server", "OK", None, SpanKind::Server, OwnedStatus::Ok),
        ("Client", "ERROR", Some("timed out"), SpanKind::Client, error.clone()),
        ("PRODUCER", "", Some("timed out"), SpanKind::Producer, error),
        ("consumer", "unset", None, SpanKind::Consumer, OwnedStatus::Unset),
        ("internal", "fine", None, SpanKind::Internal, OwnedStatus::Unset),
        ("unheard of", "", None, SpanKind::Internal, OwnedStatus::Unset),
    ];

    for (kind, code, message, expected_kind, expected_status) in cases {
        let name = format!("GET /{kind}");
        capture.run(|| {
            let parent = info_span!("parent");
            let _entered = parent.enter();
            let span = info_span!(
                "fixed",
                otel.name = %name,
                otel.kind = kind,
                otel.status_code = code,
                otel.status_message = field::Empty,
                other = 1,
            );
            if let Some(message) = message {
                span.record("otel.status_message", message);
            }
            span.in_scope(|| {});
        });

        let span = capture.span(&name);
        assert_eq!((span.kind, &span.status), (expected_kind, &expected_status), "{name}");
        assert_eq!(shown(&capture, &name), ["other=1"]);
    }
}

#[test]
fn name_and_status_may_be_said_while_the_span_runs() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!(
            "request",
            otel.name = field::Empty,
            otel.kind = field::Empty,
            otel.status_code = field::Empty
        );
        span.record("otel.kind", "server");
        span.in_scope(|| {
            span.record("otel.name", "GET /orders/{id}");
            span.record("otel.status_code", "error");
        });
    });

    let span = capture.span("GET /orders/{id}");
    assert_eq!(span.kind, SpanKind::Server);
    assert_eq!(span.status, OwnedStatus::Error { description: String::new() });
    assert!(span.attributes.is_empty());
}

#[test]
fn what_a_program_says_of_a_span_reaches_it_in_every_phase() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!("span", declared = 1);
        span.set_attribute("before", 1);
        span.set_attribute("before", 2);
        span.in_scope(|| span.set_attribute("within", "x"));
        span.set_attribute("after", true);
        span.add_event("happened", &[("n", &1)]);
        span.set_status(spandrel::trace::Status::Ok);
    });

    let span = capture.span("span");
    assert_eq!(shown(&capture, "span"), ["declared=1", "before=2", "within=x", "after=true"]);
    assert_eq!(span.events[0].name, "happened");
    assert_eq!(span.status, OwnedStatus::Ok);
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a broken Debug")
    }
}

struct Traces;

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a parent: a registry that is asked within itself, while other tests bring scoped
        // dispatchers along, would lose count of the parent's children.
        info_span!(parent: None, "nested", n = 1).in_scope(|| tracing::info!("nested"));
        f.write_str("traced")
    }
}

#[test]
fn values_that_panic_or_trace_while_they_are_formatted_do_no_harm() {
    let capture = capture();

    capture.run(|| {
        let root = info_span!("root", a = ?Panics, b = ?Traces, c = field::Empty);
        root.record("c", field::debug(Traces));
        root.in_scope(|| {
            let child = info_span!("child", a = ?Panics, b = ?Traces, c = field::Empty);
            child.record("c", field::debug(Traces));
            child.in_scope(|| tracing::error!(a = ?Panics, error = ?Traces, "event {:?}", Panics));
        });
    });

    let expected = ["a=<failed to format>", "b=traced", "c=traced"];
    assert_eq!(shown(&capture, "root"), expected);
    assert_eq!(shown(&capture, "child"), expected);
    assert_eq!(capture.span("child").events.len(), 1);
}

#[test]
fn target_and_place_are_those_of_the_library() {
    let capture = capture();

    capture.run(|| info_span!(target: "shop::db", "query").in_scope(|| {}));

    let span = capture.span("query");
    assert_eq!(span.target, "shop::db");
}
