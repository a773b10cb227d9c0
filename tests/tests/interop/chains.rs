//! Who is whose parent, in a chain that goes back and forth between `tracing` and us.

use std::{collections::HashMap, thread};

use spandrel::{
    FutureExt as _, Span, spawn,
    trace::{OwnedValue, propagation},
    traced,
    tracing::SpanExt as _,
};
use tokio::task::yield_now;
use tracing::{Instrument as _, info_span, instrument};

use crate::capture;

#[instrument]
fn theirs() {
    ours();
}

#[traced]
fn ours() {
    their_inner();
}

#[instrument]
fn their_inner() {
    our_inner();
}

#[traced]
fn our_inner() {
    tracing::info!("reached");
}

#[test]
fn a_synchronous_chain_is_one_branch() {
    let capture = capture();

    capture.run(theirs);

    capture.assert_tree("theirs ok\n  ours ok\n    their_inner ok\n      our_inner ok");
    assert_eq!(capture.span("our_inner").events[0].name, "reached");
}

#[traced]
fn from_us() {
    theirs();
    theirs();
}

#[test]
fn a_chain_may_begin_with_us() {
    let capture = capture();

    capture.run(from_us);

    let branch = "  theirs ok\n    ours ok\n      their_inner ok\n        our_inner ok";
    capture.assert_tree(&format!("from_us ok\n{branch}\n{branch}"));
}

#[instrument]
async fn theirs_later() {
    yield_now().await;
    ours_later().await;
    yield_now().await;
    tracing::info!("done");
}

#[traced]
async fn ours_later() {
    yield_now().await;
    their_inner_later().await;
}

#[instrument]
async fn their_inner_later() {
    yield_now().await;
    our_inner_later().await;
}

#[traced]
async fn our_inner_later() {
    yield_now().await;
    tracing::info!("reached");
}

const LATER: &str =
    "theirs_later ok\n  ours_later ok\n    their_inner_later ok\n      our_inner_later ok";

#[tokio::test]
async fn an_asynchronous_chain_is_one_branch() {
    let capture = capture();

    theirs_later().in_context(capture.context()).await;

    capture.assert_tree(LATER);
    assert_eq!(capture.span("our_inner_later").events[0].name, "reached");
    assert_eq!(capture.span("theirs_later").events[0].name, "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_that_interleave_on_the_same_threads_stay_apart() {
    let capture = capture();

    let tasks: Vec<_> =
        (0..50).map(|_| tokio::spawn(theirs_later().in_context(capture.context()))).collect();
    for task in tasks {
        task.await.unwrap();
    }

    capture.assert_tree(&[LATER; 50].join("\n"));
}

#[instrument]
async fn spawns() {
    // The context goes along: ours by `spawn`, theirs by the span.
    spawn(ours_later()).await.unwrap();
    tokio::spawn(their_inner_later().in_current_span()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_goes_on_in_tasks() {
    let capture = capture();

    spawns().in_context(capture.context()).await;

    capture.assert_tree(
        "spawns ok\n  ours_later ok\n    their_inner_later ok\n      our_inner_later ok\n  \
         their_inner_later ok\n    our_inner_later ok",
    );
}

#[instrument]
fn starts_threads() {
    let span = tracing::Span::current();
    let theirs = thread::spawn(move || span.in_scope(ours));
    theirs.join().unwrap();
    spandrel::thread::spawn(their_inner).join().unwrap();
}

#[test]
fn a_chain_goes_on_in_threads() {
    let capture = capture();

    capture.run(starts_threads);

    capture.assert_tree(
        "starts_threads ok\n  ours ok\n    their_inner ok\n      our_inner ok\n  \
         their_inner ok\n    our_inner ok",
    );
}

#[test]
fn headers_carry_the_ids_of_the_span_of_the_library() {
    let capture = capture();

    let (headers, context) = capture.run(|| {
        let span = info_span!("request");
        let mut headers = HashMap::new();
        span.in_scope(|| propagation::inject(&mut headers));
        (headers, span.context())
    });

    let span = capture.span("request");
    let ids = format!("00-{}-{}-", span.trace_id, span.span_id);
    assert!(headers["traceparent"].starts_with(&ids), "{headers:?} {ids}");
    assert_eq!(context.span_id(), Some(span.span_id));
    assert_eq!(context.trace_id(), Some(span.trace_id));
}

#[test]
fn what_the_body_says_of_our_current_span_lands_on_the_span_of_the_library() {
    let capture = capture();

    capture.run(|| {
        info_span!("theirs").in_scope(|| Span::current().set("rows", 3));
    });

    assert_eq!(capture.span("theirs").attribute("rows"), Some(&OwnedValue::I64(3)));
}
