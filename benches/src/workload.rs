//! The loops that every subject runs, and the function body that it instruments.

use std::{
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use spandrel::Rejected;

use crate::subject::{CHILDREN_PER_ROOT, CHILDREN_PER_TREE};

/// The value of the string attribute.
pub const NAME: &str = "checkout";

/// What every instrumented function does: next to nothing, but not nothing.
#[inline(always)]
pub fn body(id: u64, name: &str) -> u64 {
    black_box(id).wrapping_add(name.len() as u64)
}

/// Why a function fails, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// By itself.
    Body,
    /// Something did not let it run.
    Refused,
}

impl From<Rejected> for Failed {
    fn from(_: Rejected) -> Self {
        Self::Refused
    }
}

/// The body of a function that may fail: for an argument that no workload has.
#[inline(always)]
pub fn fallible_body(id: u64, name: &str) -> Result<u64, Failed> {
    match id {
        POISON => Err(Failed::Body),
        id => Ok(body(id, name)),
    }
}

/// What a function fails for.
pub const POISON: u64 = u64::MAX;

/// One of the 64 keys of what is limited by key.
#[inline(always)]
pub fn key(id: u64) -> &'static str {
    KEYS[id as usize % KEYS.len()]
}

/// Calls what must succeed a hundred times for each batch.
///
/// # Panics
///
/// Panics if a call fails: something was refused that should not be.
#[inline(always)]
pub fn succeeding(batches: u64, call: impl Fn(u64, &str) -> Result<u64, Failed>) {
    alone(batches, |id, name| call(id, name).unwrap_or_else(|_| unwanted()));
}

/// Calls what must be refused a hundred times for each batch.
///
/// # Panics
///
/// Panics if a call is made.
#[inline(always)]
pub fn refused(batches: u64, call: impl Fn(u64, &str) -> Result<u64, Failed>) {
    alone(batches, |id, name| match call(id, name) {
        Err(Failed::Refused) => 0,
        _ => unwanted(),
    });
}

#[cold]
fn unwanted() -> u64 {
    unreachable!("all of them end alike")
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

static KEYS: [&str; 64] = [
    "tenant-00",
    "tenant-01",
    "tenant-02",
    "tenant-03",
    "tenant-04",
    "tenant-05",
    "tenant-06",
    "tenant-07",
    "tenant-08",
    "tenant-09",
    "tenant-10",
    "tenant-11",
    "tenant-12",
    "tenant-13",
    "tenant-14",
    "tenant-15",
    "tenant-16",
    "tenant-17",
    "tenant-18",
    "tenant-19",
    "tenant-20",
    "tenant-21",
    "tenant-22",
    "tenant-23",
    "tenant-24",
    "tenant-25",
    "tenant-26",
    "tenant-27",
    "tenant-28",
    "tenant-29",
    "tenant-30",
    "tenant-31",
    "tenant-32",
    "tenant-33",
    "tenant-34",
    "tenant-35",
    "tenant-36",
    "tenant-37",
    "tenant-38",
    "tenant-39",
    "tenant-40",
    "tenant-41",
    "tenant-42",
    "tenant-43",
    "tenant-44",
    "tenant-45",
    "tenant-46",
    "tenant-47",
    "tenant-48",
    "tenant-49",
    "tenant-50",
    "tenant-51",
    "tenant-52",
    "tenant-53",
    "tenant-54",
    "tenant-55",
    "tenant-56",
    "tenant-57",
    "tenant-58",
    "tenant-59",
    "tenant-60",
    "tenant-61",
    "tenant-62",
    "tenant-63",
];
