//! Parents where neither side knows what the other one carries.

use std::{cell::RefCell, thread};

use opentelemetry::{
    Context, ContextGuard, global,
    trace::{
        FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        Tracer as _, noop::NoopTracerProvider,
    },
};
use spandrel::{Span, testing, trace::sampler::Sampler, traced};

use crate::{assert_tree, captured, find};

fn theirs<R>(name: &'static str, run: impl FnOnce() -> R) -> R {
    global::tracer("library").in_span(name, |_| run())
}

#[traced]
fn ours() {}

#[traced]
async fn ours_later() {
    tokio::task::yield_now().await;
    theirs("within", || {});
}

#[traced]
fn outer() {
    theirs("request", || {
        // Their context is not there; ours names what was nearest here.
        spandrel::thread::spawn(ours).join().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let cx = Context::current();
            tokio::spawn(ours_later().with_context(cx)).await.unwrap();
        });
    });
}

#[test]
fn what_is_spawned_within_their_span_is_its_child() {
    let spans = captured(outer);

    assert_tree(&spans, &[("outer", ""), ("request", "outer"), ("ours", "request")]);
}

#[traced]
fn spawns() {
    theirs("request", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        runtime.unwrap().block_on(async { spandrel::spawn(ours_later()).await }).unwrap();
    });
}

#[test]
fn a_task_of_ours_takes_their_span_along_as_its_parent() {
    let spans = captured(spawns);

    assert_tree(
        &spans,
        &[
            ("spawns", ""),
            ("request", "spawns"),
            ("ours_later", "request"),
            ("within", "ours_later"),
        ],
    );
}

#[test]
fn our_headers_name_their_span_where_it_is_nearer() {
    let mut headers = std::collections::HashMap::new();

    let spans = captured(|| {
        let _ours = Span::start("ours").enter();
        theirs("theirs", || spandrel::trace::propagation::inject(&mut headers));
    });

    let theirs = find(&spans, "theirs").span_id.to_string();
    assert!(headers["traceparent"].contains(&theirs), "{headers:?}");
}

#[test]
fn a_context_without_a_span_asks_for_a_new_trace_where_one_with_a_span_is_current() {
    let spans = captured(|| {
        let _ours = Span::start("ours").enter();
        theirs("theirs", || {
            let tracer = global::tracer("library");
            let root = tracer.start_with_context("root", &Context::new());
            drop(tracer.start_with_context("child", &Context::new().with_span(root)));
        });
    });

    assert_eq!(find(&spans, "root").parent_span_id, None);
    assert_ne!(find(&spans, "root").trace_id, find(&spans, "ours").trace_id);
    assert_eq!(find(&spans, "child").parent_span_id, Some(find(&spans, "root").span_id));
}

#[test]
fn a_span_named_by_the_caller_is_the_parent_whatever_is_current() {
    let spans = captured(|| {
        let named = Context::new().with_span(global::tracer("library").start("named"));
        let _ours = Span::start("ours").enter();
        theirs("current", || {
            drop(global::tracer("library").start_with_context("child", &named));
        });
    });

    assert_eq!(find(&spans, "child").parent_span_id, Some(find(&spans, "named").span_id));
}

#[test]
fn spans_that_are_none_change_nothing() {
    use opentelemetry::trace::TracerProvider as _;

    let spans = captured(|| {
        let _ours = Span::start("outer").enter();
        let nothing = NoopTracerProvider::new().tracer("nothing").start("nothing");
        let _attached = Context::current_with_span(nothing).attach();
        ours();
    });

    assert_tree(&spans, &[("outer", ""), ("ours", "outer")]);
}

#[test]
fn nothing_is_recorded_where_telemetry_is_suppressed() {
    let spans = captured(|| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        theirs("suppressed", || {});
    });

    assert_eq!(spans, []);
}

#[test]
fn a_remote_parent_is_remote_to_either_side_and_its_decision_obeyed() {
    let caller = |flags| {
        let (trace, span) = (TraceId::from(7), SpanId::from(8));
        let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
        let caller = SpanContext::new(trace, span, flags, true, state);
        Context::new().with_remote_span_context(caller)
    };

    let spans = captured(|| {
        let tracer = global::tracer("library");
        drop(tracer.start_with_context("theirs", &caller(TraceFlags::SAMPLED)));
        drop(tracer.start_with_context("refused", &caller(TraceFlags::NOT_SAMPLED)));
        let _attached = caller(TraceFlags::SAMPLED).attach();
        ours();
    });

    assert_eq!(spans.len(), 2);
    for name in ["theirs", "ours"] {
        let span = find(&spans, name);
        assert_eq!((span.trace_id.to_u128(), &*span.trace_state), (7, "vendor=1"), "{name}");
        assert_eq!(span.parent_span_id.map(spandrel::trace::id::SpanId::to_u64), Some(8), "{name}");
        assert!(span.parent_is_remote, "{name}");
    }
}

#[test]
fn a_trace_that_the_sampler_refused_stays_refused_on_both_sides() {
    spandrel::opentelemetry_0_33::install();
    let capture = testing::builder().sampler(Sampler::always_off().parent_based()).capture();

    capture.run(|| theirs("theirs", || theirs("again", outer)));

    assert_eq!(capture.spans(), []);
}

thread_local! {
    static LAST: Last = const { Last(RefCell::new(None)) };
}

/// Begins spans while the thread's locals are being destroyed, in whatever order.
struct Last(RefCell<Option<ContextGuard>>);

impl Drop for Last {
    fn drop(&mut self) {
        ours();
        Span::start("last").end();
    }
}

#[test]
fn spans_may_begin_while_a_thread_ends() {
    let capture = testing::capture();
    spandrel::opentelemetry_0_33::install();
    theirs("used", || {});

    for touches_first in [true, false] {
        let context = capture.context();
        let thread = thread::spawn(move || {
            if touches_first {
                LAST.with(|_| ());
            }
            let _attached = context.attach();
            theirs("theirs", ours);
            LAST.with(|last| drop(last.0.borrow_mut().take()));
        });
        assert!(thread.join().is_ok());
    }

    assert_eq!(capture.spans().iter().filter(|span| span.name == "theirs").count(), 2);
}
