//! What a span says that was recorded through the API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::{
    Array, Context, InstrumentationScope, KeyValue, Value, global,
    trace::{
        Event, Link, Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _,
        TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
    },
};
use spandrel::{
    Outcome,
    opentelemetry_0_33::Provider,
    testing,
    trace::{Limits, OwnedStatus, OwnedValue, sampler::Sampler},
};

use crate::{captured, find};

fn tracer() -> global::BoxedTracer {
    global::tracer("library")
}

#[test]
fn values_of_all_types_arrive_as_they_are() {
    let values = [
        ("bool", Value::Bool(true), OwnedValue::Bool(true)),
        ("i64", Value::I64(-5), OwnedValue::I64(-5)),
        ("f64", Value::F64(0.5), OwnedValue::F64(0.5)),
        ("text", Value::from("x"), OwnedValue::Str("x".into())),
        (
            "list",
            Value::Array(Array::I64(vec![1, 2])),
            OwnedValue::Array(vec![OwnedValue::I64(1), OwnedValue::I64(2)]),
        ),
        (
            "texts",
            Value::Array(Array::String(vec!["a".into()])),
            OwnedValue::Array(vec![OwnedValue::Str("a".into())]),
        ),
    ];
    let attributes = values.clone().map(|(key, value, _)| KeyValue::new(key, value));

    let spans = captured(|| {
        tracer().span_builder("at begin").with_attributes(attributes.clone()).start(&tracer());
        let mut later = tracer().start("later");
        later.set_attributes(attributes);
        later.set_attribute(KeyValue::new("password", "secret"));
    });

    for name in ["at begin", "later"] {
        for (key, _, expected) in &values {
            assert_eq!(find(&spans, name).attribute(key), Some(expected), "{name}");
        }
    }
    let redacted = OwnedValue::Str("[REDACTED]".into());
    assert_eq!(find(&spans, "later").attribute("password"), Some(&redacted));
}

#[test]
fn kinds_names_events_links_and_status_arrive() {
    let linked = SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::SAMPLED,
        true,
        TraceState::from_key_value([("a", "b")]).unwrap(),
    );

    let spans = captured(|| {
        let mut span = tracer()
            .span_builder("first name")
            .with_kind(SpanKind::Producer)
            .with_links(vec![Link::with_context(linked.clone())])
            .with_events(vec![Event::with_name("made")])
            .start(&tracer());
        span.update_name("last name");
        span.add_event("sent", vec![KeyValue::new("attempt", 2)]);
        span.add_link(linked.clone(), vec![KeyValue::new("why", "batch")]);
        span.record_error(&std::io::Error::other("broken"));
        span.set_status(Status::error("declined"));
        span.end();
        span.set_attribute(KeyValue::new("late", true));
        span.end();
    });

    let span = find(&spans, "last name");
    assert_eq!(spans.len(), 1);
    assert_eq!(span.kind, spandrel::SpanKind::Producer);
    assert_eq!(span.target, "library");
    let events: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["made", "sent", "exception"]);
    assert_eq!(span.links.len(), 2);
    assert_eq!((span.links[0].trace_id.to_u128(), &*span.links[0].trace_state), (7, "a=b"));
    assert_eq!(span.status, OwnedStatus::Error { description: "declined".into() });
    assert_eq!((span.outcome, span.attribute("late")), (Outcome::Error, None));
}

#[test]
fn nothing_overrides_a_status_of_ok() {
    let spans = captured(|| {
        let mut span = tracer().start("fine");
        span.set_status(Status::Ok);
        span.set_status(Status::error("no"));
    });

    assert_eq!(find(&spans, "fine").status, OwnedStatus::Ok);
}

#[test]
fn times_of_another_clock_are_kept_to_the_nanosecond() {
    let at = |seconds| UNIX_EPOCH + Duration::new(seconds, 7);

    let spans = captured(|| {
        let mut span = tracer().span_builder("long ago").with_start_time(at(100)).start(&tracer());
        span.add_event_with_timestamp("then", at(101), vec![]);
        span.end_with_timestamp(at(102));
        let mut now =
            tracer().span_builder("now").with_start_time(SystemTime::now()).start(&tracer());
        now.end();
    });

    let long_ago = find(&spans, "long ago");
    let nanos = |seconds: u64| seconds * 1_000_000_000 + 7;
    assert_eq!((long_ago.start_unix_nanos, long_ago.end_unix_nanos), (nanos(100), nanos(102)));
    assert_eq!(long_ago.events[0].unix_nanos, nanos(101));
    assert!(find(&spans, "now").duration() < Duration::from_secs(60));
}

#[test]
fn a_span_knows_its_ids_and_shares_them_with_its_context() {
    let mut known = SpanContext::NONE;

    let spans = captured(|| {
        let span = tracer().start("span");
        known = span.span_context().clone();
        let cx = Context::current_with_span(span);
        assert_eq!(cx.span().span_context(), &known);
        cx.span().set_attribute(KeyValue::new("through", "context"));
        assert!(cx.span().is_recording());
    });

    let span = find(&spans, "span");
    assert_eq!(known.trace_id().to_bytes(), span.trace_id.to_bytes());
    assert_eq!(known.span_id().to_bytes(), span.span_id.to_bytes());
    assert!(known.is_sampled() && !known.is_remote());
    assert_eq!(span.attribute("through"), Some(&OwnedValue::Str("context".into())));
}

#[test]
fn what_the_sampler_refuses_goes_on_as_not_sampled() {
    spandrel::opentelemetry_0_33::install();
    let capture = testing::builder().sampler(Sampler::always_off()).capture();

    capture.run(|| {
        let span = tracer().start("refused");
        assert!(!span.is_recording());
        let context = span.span_context().clone();
        assert!(context.is_valid() && !context.is_sampled());
        let cx = Context::current_with_span(span);
        let child = tracer().start_with_context("child", &cx);
        assert_eq!(child.span_context().trace_id(), context.trace_id());
        assert!(!child.is_recording());
    });

    assert_eq!(capture.spans(), []);
}

#[test]
fn a_start_of_another_clock_asks_for_an_end_of_that_clock() {
    let start = SystemTime::now() - Duration::from_secs(3);

    let spans = captured(|| {
        let mut span = tracer().span_builder("short").with_start_time(start).start(&tracer());
        span.end_with_timestamp(start + Duration::from_nanos(1_234));
        let mut span = tracer().span_builder("just now").with_start_time(start).start(&tracer());
        span.end_with_timestamp(SystemTime::now());
        drop(tracer().span_builder("dropped").with_start_time(start).start(&tracer()));
        let mut span = tracer().span_builder("backwards").with_start_time(start).start(&tracer());
        span.end_with_timestamp(start - Duration::from_secs(1));
    });

    let start = start.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    assert!(spans.iter().all(|span| span.start_unix_nanos == start), "{spans:#?}");
    assert_eq!(find(&spans, "short").duration(), Duration::from_nanos(1_234));
    for name in ["just now", "dropped"] {
        let took = find(&spans, name).duration();
        assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(60), "{took:?}");
    }
    assert_eq!(find(&spans, "backwards").duration(), Duration::ZERO);
}

#[test]
fn limits_of_ours_are_kept_and_what_exceeds_them_is_counted() {
    spandrel::opentelemetry_0_33::install();
    let limits = Limits::new()
        .with_attributes(2)
        .with_events(1)
        .with_links(1)
        .with_event_attributes(1)
        .with_link_attributes(0);
    let capture = testing::builder().limits(limits).capture();
    let attributes = || (0..5).map(|n| KeyValue::new(format!("key {n}"), n)).collect::<Vec<_>>();
    let linked = SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );

    capture.run(|| {
        let mut span = tracer().span_builder("much").with_attributes(attributes()).start(&tracer());
        span.set_attributes(attributes().into_iter().take(1));
        for _ in 0..3 {
            span.add_event("event", attributes());
            span.add_link(linked.clone(), attributes());
        }
    });

    let spans = capture.spans();
    let span = find(&spans, "much");
    assert_eq!((span.attributes.len(), span.dropped_attributes), (2, 3));
    assert_eq!((span.events.len(), span.dropped_events), (1, 2));
    assert_eq!((span.links.len(), span.dropped_links), (1, 2));
    assert_eq!((span.events[0].attributes.len(), span.events[0].dropped_attributes), (1, 4));
    assert_eq!((span.links[0].attributes.len(), span.links[0].dropped_attributes), (0, 5));
    assert!(span.links[0].is_remote);
}

#[test]
fn what_is_said_after_the_end_is_passed_over() {
    let spans = captured(|| {
        let mut span = tracer().start("over");
        span.end();
        assert!(!span.is_recording() && span.span_context().is_valid());
        span.update_name("other");
        span.set_status(Status::error("late"));
        span.add_event("late", vec![]);
        span.end_with_timestamp(SystemTime::now() + Duration::from_secs(100));
    });

    let span = find(&spans, "over");
    assert_eq!((spans.len(), span.events.len(), &span.status), (1, 0, &OwnedStatus::Unset));
    assert!(span.duration() < Duration::from_secs(60));
}

#[test]
fn the_last_of_several_errors_counts_and_ok_ends_them() {
    let spans = captured(|| {
        let mut span = tracer().start("failed");
        span.set_status(Status::error("z"));
        span.set_status(Status::error("a"));
        span.set_status(Status::Unset);
        drop(span);
        let mut span = tracer().start("saved");
        span.set_status(Status::error("no"));
        span.set_status(Status::Ok);
        span.set_status(Status::error("no"));
    });

    let failed = find(&spans, "failed");
    assert_eq!(failed.status, OwnedStatus::Error { description: "a".into() });
    assert_eq!(failed.outcome, Outcome::Error);
    let saved = find(&spans, "saved");
    assert_eq!((&saved.status, saved.outcome), (&OwnedStatus::Ok, Outcome::Ok));
}

#[test]
fn a_scope_that_is_not_kept_is_told_by_its_spans() {
    let name = "library ".repeat(200);
    let scope = || InstrumentationScope::builder(name.clone()).with_version("3").build();

    let spans = captured(|| {
        global::tracer_with_scope(scope()).start("one").end();
        global::tracer_with_scope(scope()).start("other").end();
    });

    for span in &spans {
        assert_eq!(span.target, "opentelemetry");
        assert_eq!(span.attribute("otel.scope.name"), Some(&OwnedValue::Str(name.clone())));
        assert_eq!(span.attribute("otel.scope.version"), Some(&OwnedValue::Str("3".into())));
    }
    assert!(spandrel::opentelemetry_0_33::tracers_beyond() >= 2);
}

#[test]
fn scopes_are_told_apart_by_name_and_version() {
    let scope = |version| InstrumentationScope::builder("lib").with_version(version).build();

    let spans = captured(|| {
        for version in ["1.0", "2.0"] {
            Provider::new().tracer_with_scope(scope(version)).start(version).end();
        }
    });

    let scopes: Vec<_> = spans.iter().map(|span| (span.target, span.scope_version)).collect();
    assert_eq!(scopes, [("lib", Some("1.0")), ("lib", Some("2.0"))]);
}
