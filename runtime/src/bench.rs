//! What the project's own benches need; no part of the public API.
//!
//! A sink that discards is no exporter: it sees the borrowed view and nothing is copied for it, as
//! the null exporters of the peers are handed what they would have to send anyway.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::{
    site::{Site, TRACED},
    time,
    trace::{
        Context, Limits, SpanView,
        drain::{Pending, Sink},
        loss::Losses,
        recorder::{self, Settings},
        sampler::Sampler,
        sampling::Sampling,
        scope::Scope,
    },
};

/// How long [`settle`] waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Counts what reached the sink.
#[derive(Debug, Default)]
pub struct Seen {
    /// Finished spans.
    pub spans: AtomicU64,
    /// Their attributes.
    pub attributes: AtomicU64,
}

impl Seen {
    /// Starts at nothing.
    pub const fn new() -> Self {
        Self { spans: AtomicU64::new(0), attributes: AtomicU64::new(0) }
    }
}

/// Starts the recorder of the process with a sink that counts and discards.
pub fn start(seen: &'static Seen) {
    let sinks = Arc::new(move || vec![Box::new(Discard { seen }) as Box<dyn Sink>]);
    recorder::start(Settings::default(), Arc::new(Losses::new()), sinks);
    crate::site::set_switches(|_| crate::site::ON);
}

/// Blocks until everything recorded so far has reached the sink.
pub fn settle() {
    if let Some(recorder) = recorder::current() {
        recorder.flush(time::now() + PATIENCE, false);
    }
}

/// Registers a site whose expansion was written by hand.
pub fn register(site: &'static Site, on: bool) {
    site.switch(if on { TRACED } else { 0 });
}

/// The context of a trace that is not recorded.
#[must_use]
pub fn unsampled() -> Context {
    let scope = Scope::open(
        Limits::new(),
        Sampling { sampler: Sampler::always_off(), ..Sampling::default() },
    );
    Context::of_scope(scope.id())
}

/// Reads the clock as a span does.
#[inline(always)]
pub fn ticks() -> u64 {
    time::ticks()
}

struct Discard {
    seen: &'static Seen,
}

impl Sink for Discard {
    fn accept(&mut self, span: &SpanView<'_>) {
        self.seen.spans.fetch_add(1, Relaxed);
        self.seen.attributes.fetch_add(span.attributes().count() as u64, Relaxed);
    }

    fn end_pass(&mut self, _now: Instant) {}

    fn flush(&mut self) -> Pending {
        Box::new(|_deadline| true)
    }

    fn shutdown(&mut self) -> Pending {
        self.flush()
    }
}
