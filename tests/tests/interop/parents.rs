//! Parents that a program chooses itself: explicit ones, none, ones in another process; and links.

use std::collections::HashMap;

use spandrel::{
    Span, testing,
    trace::{Context, OwnedValue, propagation, sampler::Sampler},
    tracing::{SetParentError, SpanExt as _},
};
use tracing::info_span;

use crate::capture;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn remote(flags: &str) -> Context {
    let header = format!("00-{TRACE}-{PARENT}-{flags}");
    propagation::extract(&HashMap::from([("traceparent".to_owned(), header)]))
}

#[test]
fn an_explicit_parent_beats_the_current_span_and_none_begins_a_trace() {
    let capture = capture();

    capture.run(|| {
        let chosen = info_span!("chosen");
        let _ours = Span::start("ours").enter();
        info_span!(parent: &chosen, "child of chosen").in_scope(|| {
            info_span!("grandchild").in_scope(|| {});
        });
        info_span!(parent: None, "root").in_scope(|| {});
        info_span!("child of ours").in_scope(|| {});
    });

    let tree = capture.tree();
    for branch in [
        "chosen ok\n  child of chosen ok\n    grandchild ok",
        "ours ok\n  child of ours ok",
        "root ok",
    ] {
        assert!(tree.contains(branch), "{tree}");
    }
    assert_eq!(capture.roots().len(), 3);
    assert_ne!(capture.span("root").trace_id, capture.span("ours").trace_id);
}

#[test]
fn a_span_continues_the_trace_of_another_process() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!("request", method = "GET", otel.kind = "server");
        span.set_parent(remote("01")).unwrap();
        span.in_scope(|| info_span!("inner").in_scope(|| {}));
    });

    let span = capture.span("request");
    assert_eq!(span.trace_id.to_string(), TRACE);
    assert_eq!(span.parent_span_id.unwrap().to_string(), PARENT);
    assert!(span.parent_is_remote);
    assert_eq!(span.attribute("method"), Some(&OwnedValue::Str("GET".into())));
    assert_eq!(capture.span("inner").trace_id.to_string(), TRACE);
}

#[test]
fn a_span_within_another_one_is_moved_with_all_it_was_given() {
    let capture = capture();

    for _ in 0..2 {
        capture.run(|| {
            let connection = info_span!("connection");
            let _entered = connection.enter();
            // Nothing about this place tells that its spans will be given a parent.
            let span = info_span!("moved", n = 1, text = "a longer text than one word");
            span.set_parent(remote("01")).unwrap();
            span.in_scope(|| {});
        });
    }

    let moved = capture.find("moved");
    assert_eq!(moved.len(), 2);
    for span in moved {
        assert_eq!(span.trace_id.to_string(), TRACE);
        assert_eq!(span.attributes.len(), 2);
        assert_eq!(span.attribute("n"), Some(&OwnedValue::I64(1)));
    }
    assert_eq!(capture.find("connection").len(), 2);
}

#[test]
fn once_entered_a_span_keeps_its_parent() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!("entered");
        span.in_scope(|| {});
        assert_eq!(span.set_parent(remote("01")), Err(SetParentError::AlreadyStarted));
        assert_eq!(
            tracing::Span::none().set_parent(remote("01")),
            Err(SetParentError::NotRecorded)
        );
    });

    assert_eq!(capture.span("entered").parent_span_id, None);
}

#[test]
fn what_another_process_does_not_sample_is_passed_on_and_not_recorded() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!("request", n = 1);
        span.set_parent(remote("00")).unwrap();
        let mut headers = HashMap::new();
        let inner = span.in_scope(|| {
            propagation::inject(&mut headers);
            info_span!("inner")
        });
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{PARENT}-00"));
        // On another thread, too.
        std::thread::spawn(move || {
            inner.in_scope(|| {
                assert_eq!(Context::current().trace_id().unwrap().to_string(), TRACE);
                drop(Span::start("ours").enter());
                tracing::error!("lost");
            });
        })
        .join()
        .unwrap();
    });

    assert_eq!(capture.tree(), "");
}

#[test]
fn a_trace_that_our_sampler_drops_is_dropped_whole() {
    drop(capture());
    let capture = testing::builder().sampler(Sampler::always_off()).capture();

    capture.run(|| {
        info_span!("root", n = 1).in_scope(|| {
            let context = Context::current();
            assert!(context.is_active() && !context.is_recording());
            info_span!("child").in_scope(|| {
                assert_eq!(Context::current().trace_id(), context.trace_id());
            });
        });
        assert!(!Context::current().is_active());
    });

    assert_eq!(capture.tree(), "");
}

#[test]
fn following_another_span_is_a_link() {
    let capture = capture();

    capture.run(|| {
        let first = info_span!("first");
        first.in_scope(|| {});
        let pending = info_span!("pending");
        pending.follows_from(&first);
        pending.add_link(&remote("01"));
        pending.in_scope(|| {
            let open = info_span!("open");
            open.follows_from(&first);
            open.in_scope(|| open.follows_from(&pending));
        });
    });

    let linked = |name: &str| -> Vec<_> {
        capture.span(name).links.iter().map(|link| link.span_id.to_string()).collect()
    };
    let id = |name: &str| capture.span(name).span_id.to_string();
    assert_eq!(linked("pending"), [id("first"), PARENT.to_owned()]);
    assert_eq!(linked("open"), [id("first"), id("pending")]);
}

#[test]
fn baggage_and_state_of_another_process_reach_what_begins_below() {
    let capture = capture();
    let headers = [
        ("traceparent", format!("00-{TRACE}-{PARENT}-01")),
        ("tracestate", "vendor=1".to_owned()),
        ("baggage", "tenant=acme".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));

    capture.run(|| {
        let span = info_span!("request");
        span.set_parent(propagation::extract(&HashMap::from(headers))).unwrap();
        span.in_scope(|| {
            assert_eq!(Context::current().baggage().get("tenant").as_deref(), Some("acme"));
        });
        assert_eq!(Context::current().baggage().get("tenant"), None);
    });

    assert_eq!(capture.span("request").trace_state, "vendor=1");
}
