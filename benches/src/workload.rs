//! The loops that every subject runs, and the function body that it instruments.

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use crate::subject::{CHILDREN_PER_ROOT, CHILDREN_PER_TREE};

/// The value of the string attribute.
pub const NAME: &str = "checkout";

/// What every instrumented function does: next to nothing, but not nothing.
#[inline(always)]
pub fn body(id: u64, name: &str) -> u64 {
    black_box(id).wrapping_add(name.len() as u64)
}

/// Calls `call` a hundred times inside each root.
#[inline(always)]
pub fn under_roots<Root>(batches: u64, root: impl Fn() -> Root, call: impl Fn(u64, &str) -> u64) {
    repeat(batches, CHILDREN_PER_ROOT, root, call);
}

/// Calls `call` ten times inside each root.
#[inline(always)]
pub fn trees<Root>(batches: u64, root: impl Fn() -> Root, call: impl Fn(u64, &str) -> u64) {
    repeat(batches, CHILDREN_PER_TREE, root, call);
}

/// Calls `call` a hundred times for each batch, outside of any root.
#[inline(always)]
pub fn alone(batches: u64, call: impl Fn(u64, &str) -> u64) {
    repeat(batches, CHILDREN_PER_ROOT, || (), call);
}

/// Polls a future that is ready at once.
///
/// # Panics
///
/// Panics if it is not ready: then it would not be what this workload claims to measure.
#[inline(always)]
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the body awaits nothing"),
    }
}

/// Calls `call` so many times.
#[inline(always)]
pub fn children(batch: u64, children: u64, call: impl Fn(u64, &str) -> u64) {
    for child in 0..children {
        black_box(call(black_box(batch + child), black_box(NAME)));
    }
}

#[inline(always)]
fn repeat<Root>(
    batches: u64,
    count: u64,
    root: impl Fn() -> Root,
    call: impl Fn(u64, &str) -> u64,
) {
    for batch in 0..batches {
        let _root = root();
        children(batch, count, &call);
    }
}
