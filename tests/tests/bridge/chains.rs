//! Parents, from one world to the other and back.

use std::{
    pin::{Pin, pin},
    task::{Context as Task, Poll, Waker},
};

use futures_core::Stream;
use opentelemetry::{
    Context, global,
    trace::{FutureExt as _, TraceContextExt as _, Tracer as _},
};
use spandrel::traced;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{assert_tree, captured};

fn theirs<R>(name: &'static str, run: impl FnOnce() -> R) -> R {
    global::tracer("library").in_span(name, |_| run())
}

#[traced]
fn outer() {
    theirs("library", || {
        middle();
        theirs("library again", || {});
    });
    inner();
}

#[traced]
fn middle() {
    theirs("deep", inner_most);
}

#[traced]
fn inner() {}

#[traced]
fn inner_most() {}

#[test]
fn the_parent_is_whichever_span_became_current_last() {
    let spans = captured(|| theirs("root", outer));

    assert_tree(
        &spans,
        &[
            ("root", ""),
            ("outer", "root"),
            ("library", "outer"),
            ("middle", "library"),
            ("deep", "middle"),
            ("inner_most", "deep"),
            ("library again", "library"),
            ("inner", "outer"),
        ],
    );
}

#[traced]
async fn task(name: &'static str) {
    tokio::task::yield_now().await;
    let cx = Context::current_with_span(global::tracer("library").start(name));
    leaf().with_context(cx).await;
    tokio::task::yield_now().await;
    last().await;
}

#[traced]
async fn leaf() {
    tokio::task::yield_now().await;
    theirs("under leaf", || {});
}

#[traced]
async fn last() {}

#[test]
fn futures_keep_their_parents_across_polls_and_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();

    let spans = captured(|| {
        let cx = Context::current_with_span(global::tracer("library").start("request"));
        let _attached = cx.clone().attach();
        // The task takes our context along, and theirs where the library says so.
        let task = runtime.spawn(spandrel::FutureExt::in_context(
            task("step").with_context(cx),
            spandrel::trace::Context::current(),
        ));
        runtime.block_on(task).unwrap();
    });

    assert_tree(
        &spans,
        &[
            ("request", ""),
            ("task", "request"),
            ("step", "task"),
            ("leaf", "step"),
            ("under leaf", "leaf"),
            ("last", "task"),
        ],
    );
}

#[test]
fn our_context_carries_on_to_a_thread_that_knows_nothing_of_theirs() {
    let spans = captured(|| {
        theirs("request", || {
            outer();
            spandrel::thread::spawn(|| theirs("elsewhere", inner)).join().unwrap();
        });
        middle_on_a_thread();
    });

    assert_tree(&spans[..1], &[("request", "")]);
    let elsewhere = crate::find(&spans, "on a thread");
    let parent = crate::find(&spans, "middle_on_a_thread");
    assert_eq!(elsewhere.parent_span_id, Some(parent.span_id));
}

#[traced]
fn middle_on_a_thread() {
    spandrel::thread::spawn(|| theirs("on a thread", || {})).join().unwrap();
}

#[traced]
fn ours_within_tracing() {
    theirs("api", ours_within_the_api);
}

#[traced]
fn ours_within_the_api() {
    tracing::info_span!("tracing inside").in_scope(|| {
        tracing::info!("an event");
        last_of_all();
    });
}

#[traced]
fn last_of_all() {}

#[test]
fn one_trace_leads_through_tracing_ours_and_the_api_and_back() {
    let subscriber = tracing_subscriber::registry().with(spandrel::tracing::layer());

    let spans = captured(|| {
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("tracing").in_scope(ours_within_tracing);
        });
    });

    assert_tree(
        &spans,
        &[
            ("tracing", ""),
            ("ours_within_tracing", "tracing"),
            ("api", "ours_within_tracing"),
            ("ours_within_the_api", "api"),
            ("tracing inside", "ours_within_the_api"),
            ("last_of_all", "tracing inside"),
        ],
    );
    assert_eq!(crate::find(&spans, "tracing inside").events[0].name, "an event");
}

#[test]
fn the_same_holds_for_futures() {
    #[traced]
    async fn first() {
        let cx = Context::current_with_span(global::tracer("library").start("api"));
        second().with_context(cx).await;
    }
    #[traced]
    async fn second() {
        tokio::task::yield_now().await;
        async {
            tokio::task::yield_now().await;
            third().await;
        }
        .instrument(tracing::info_span!("tracing inside"))
        .await;
    }
    #[traced]
    async fn third() {}
    let subscriber = tracing_subscriber::registry().with(spandrel::tracing::layer());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let spans = captured(|| {
        tracing::subscriber::with_default(subscriber, || {
            runtime.block_on(first().instrument(tracing::info_span!("tracing")));
        });
    });

    assert_tree(
        &spans,
        &[
            ("tracing", ""),
            ("first", "tracing"),
            ("api", "first"),
            ("second", "api"),
            ("tracing inside", "second"),
            ("third", "tracing inside"),
        ],
    );
}

#[test]
fn the_same_holds_within_streams() {
    struct Rows(u32);
    impl Stream for Rows {
        type Item = u32;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<u32>> {
            if self.0 == 0 {
                return Poll::Ready(None);
            }
            self.0 -= 1;
            theirs("fetch", || tracing::info_span!("decode").in_scope(row));
            Poll::Ready(Some(self.0))
        }
    }
    #[traced]
    fn rows() -> impl Stream<Item = u32> {
        Rows(1)
    }
    #[traced]
    fn row() {}
    let subscriber = tracing_subscriber::registry().with(spandrel::tracing::layer());

    let spans = captured(|| {
        tracing::subscriber::with_default(subscriber, || {
            let mut stream = pin!(tracing::info_span!("query").in_scope(rows));
            // Elsewhere than where it was made, and amid something else.
            theirs("unrelated", || {
                let mut task = Task::from_waker(Waker::noop());
                while let Poll::Ready(Some(_)) = stream.as_mut().poll_next(&mut task) {}
            });
        });
    });

    let fetch = crate::find(&spans, "fetch");
    assert_eq!(fetch.parent_span_id, Some(crate::find(&spans, "rows").span_id));
    let chain = [("rows", "query"), ("fetch", "rows"), ("decode", "fetch"), ("row", "decode")];
    for (name, parent) in chain {
        let (span, parent) = (crate::find(&spans, name), crate::find(&spans, parent));
        assert_eq!(span.parent_span_id, Some(parent.span_id), "the parent of {name}");
        assert_eq!(span.trace_id, fetch.trace_id);
    }
}
