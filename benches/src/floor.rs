//! What nobody can beat: the bare function, and two readings of the clock.

use std::{hint::black_box, time::Instant};

use crate::{
    subject::{Case, Kind, Sink, Subject},
    workload::{Failed, alone, body, fallible_body, ready, succeeding, trees},
};

/// The function without instrumentation.
pub(crate) struct Bare;

impl Subject for Bare {
    fn name(&self) -> &'static str {
        "bare"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::Attributes, |batches| alone(batches, work)),
                Case::silent(Kind::Async, |batches| {
                    alone(batches, |id, name| ready(work_async(id, name)));
                }),
                Case::silent(Kind::Tree, |batches| trees(batches, || (), work)),
                Case::silent(Kind::Fallible, |batches| succeeding(batches, fallible)),
                Case::silent(Kind::FallibleAsync, |batches| {
                    succeeding(batches, |id, name| ready(fallible_async(id, name)));
                }),
            ]
        }
    }

    fn install(&self, _sink: Sink) {}
}

/// One clock, read twice as a span does.
struct Clock {
    name: &'static str,
    cases: &'static [Case],
}

impl Subject for Clock {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cases(&self) -> &'static [Case] {
        self.cases
    }

    fn install(&self, _sink: Sink) {}
}

/// Lists the clocks.
pub(crate) fn clocks() -> impl Iterator<Item = &'static dyn Subject> {
    CLOCKS.iter().map(|clock| clock as &dyn Subject)
}

#[inline(never)]
pub(crate) async fn work_async(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
fn work(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
pub(crate) fn fallible(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
pub(crate) async fn fallible_async(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(always)]
fn twice<T>(batches: u64, read: impl Fn() -> T) {
    alone(batches, |_, _| {
        black_box(read());
        black_box(read());
        0
    });
}

static CLOCKS: &[Clock] = &[
    #[cfg(feature = "peers")]
    Clock {
        name: "fastant",
        cases: &[Case::silent(Kind::Clock, |batches| twice(batches, fastant::Instant::now))],
    },
    #[cfg(feature = "peers")]
    Clock {
        name: "quanta",
        cases: &[Case::silent(Kind::Clock, |batches| {
            // Kept outside the loop, as quanta advises: its global look-up is not a clock's cost.
            let clock = quanta::Clock::new();
            twice(batches, || clock.raw());
        })],
    },
    Clock {
        name: "std Instant",
        cases: &[Case::silent(Kind::Clock, |batches| twice(batches, Instant::now))],
    },
];
