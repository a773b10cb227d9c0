//! Headers, written and read through the API.

use std::collections::HashMap;

use opentelemetry::{
    Context,
    baggage::BaggageExt as _,
    global,
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use spandrel::{Span, opentelemetry_0_33::Propagator, traced};

use crate::{captured, find};

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn injected() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject(&mut headers));
    headers
}

#[test]
fn the_span_that_is_nearest_is_the_one_that_is_sent() {
    let mut sent = Vec::new();

    let spans = captured(|| {
        let _ours = Span::start("ours").enter();
        sent.push(injected());
        let cx = Context::current_with_span(global::tracer("library").start("theirs"));
        let _attached = cx.attach();
        sent.push(injected());
        let _inner = Span::start("inner").enter();
        sent.push(injected());
    });

    for (headers, name) in sent.iter().zip(["ours", "theirs", "inner"]) {
        let span = find(&spans, name);
        let expected = format!("00-{}-{}-03", span.trace_id, span.span_id);
        assert_eq!(headers["traceparent"], expected, "{name}");
    }
}

#[test]
fn a_remote_span_that_the_api_has_read_is_the_parent_of_ours() {
    #[traced]
    fn handler() {}
    let headers = HashMap::from([
        ("traceparent".to_owned(), HEADER.to_owned()),
        ("tracestate".to_owned(), "vendor=1".to_owned()),
        ("baggage".to_owned(), "tenant=acme".to_owned()),
    ]);

    let spans = captured(|| {
        let cx = Propagator::new().extract(&headers);
        assert_eq!(cx.baggage().get("tenant").unwrap().as_str(), "acme");
        let _attached = cx.attach();
        handler();
    });

    let handler = find(&spans, "handler");
    assert_eq!(handler.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(handler.parent_span_id.unwrap().to_string(), "00f067aa0ba902b7");
    assert!(handler.parent_is_remote);
    assert_eq!(handler.trace_state, "vendor=1");
}

#[test]
fn baggage_of_both_worlds_is_sent_once() {
    let mut headers = HashMap::new();

    captured(|| {
        let cx = Context::new().with_baggage([opentelemetry::KeyValue::new("theirs", "1")]);
        let ours = spandrel::trace::Context::current()
            .with_baggage(spandrel::trace::propagation::Baggage::parse("ours=2"));
        let _attached = ours.attach();
        Propagator::new().inject_context(&cx, &mut headers);
    });

    let mut entries: Vec<_> = headers["baggage"].split(',').collect();
    entries.sort_unstable();
    assert_eq!(entries, ["ours=2", "theirs=1"]);
}

#[test]
fn a_propagator_of_the_program_is_told_the_span_that_is_nearest() {
    let mut sent = Vec::new();
    let wrapping = Propagator::wrapping(TraceContextPropagator::new());
    let mut inject = || {
        let mut headers = HashMap::new();
        wrapping.inject(&mut headers);
        sent.push(headers);
    };

    let spans = captured(|| {
        inject();
        let _ours = Span::start("ours").enter();
        inject();
        let cx = Context::current_with_span(global::tracer("library").start("theirs"));
        let _attached = cx.attach();
        inject();
    });

    assert_eq!(sent[0], HashMap::new());
    for (headers, name) in sent[1..].iter().zip(["ours", "theirs"]) {
        assert!(headers["traceparent"].contains(&find(&spans, name).span_id.to_string()), "{name}");
    }
    let fields: Vec<_> = wrapping.fields().collect();
    assert_eq!(fields, ["traceparent", "tracestate"]);
    let read = wrapping.extract(&HashMap::from([("traceparent".to_owned(), HEADER.to_owned())]));
    assert!(read.span().span_context().is_remote());
}

#[test]
fn headers_that_are_none_change_nothing() {
    let hostile = HashMap::from([("traceparent".to_owned(), "00-x".to_owned())]);

    let cx = Propagator::new().extract(&hostile);

    assert!(!cx.span().span_context().is_valid());
}

#[test]
fn the_fields_are_those_that_are_written() {
    let propagator = Propagator::new();
    let fields: Vec<_> = propagator.fields().collect();

    assert!(fields.contains(&"traceparent") && fields.contains(&"baggage"), "{fields:?}");
}
