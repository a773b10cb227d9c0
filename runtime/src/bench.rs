//! What the project's own benches need; no part of the public API.
//!
//! A sink that discards is no exporter: it sees the borrowed view and nothing is copied for it, as
//! the null exporters of the peers are handed what they would have to send anyway.

mod decode;
#[cfg(feature = "prometheus")]
mod exposition;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::{
    export::{
        encoding_sink::{Push, Requests},
        otlp::batch::{Batch, Encoding, Resource},
    },
    level,
    site::{self, Level},
    time,
    trace::{
        Context, Limits, Memory, SpanView, TailBias,
        drain::{Pending, Sink},
        loss::Losses,
        recorder::{self, Settings},
        sampler::{Overrides, Sampler},
        sampling::Sampling,
        scope::Scope,
    },
    value::Value,
};

pub use decode::decode;
#[cfg(feature = "prometheus")]
pub use exposition::Scrape;

/// How long [`settle`] waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Counts what reached the sink.
#[derive(Debug, Default)]
pub struct Seen {
    /// Finished spans.
    pub spans: AtomicU64,
    /// Their attributes.
    pub attributes: AtomicU64,
    /// Their bytes, where they are encoded.
    pub bytes: AtomicU64,
}

impl Seen {
    /// Starts at nothing.
    pub const fn new() -> Self {
        Self { spans: AtomicU64::new(0), attributes: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }
}

/// What spans are encoded as before they are thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// OTLP as JSON.
    Json,
    /// OTLP as protobuf.
    Protobuf,
    /// Zipkin v2 JSON.
    #[cfg(feature = "zipkin")]
    Zipkin,
}

/// Starts the recorder of the process; its sink counts, encodes where asked to, and discards.
///
/// Sites of levels below `info` stay off, as `init!` leaves them.
pub fn start(seen: &'static Seen, encode: Option<Form>) {
    let sinks = Arc::new(move || {
        vec![match encode {
            None => Box::new(Discard { seen }) as Box<dyn Sink>,
            Some(Form::Json) => Box::new(Encode::new(seen, otlp(Encoding::Json))),
            Some(Form::Protobuf) => Box::new(Encode::new(seen, otlp(Encoding::Protobuf))),
            #[cfg(feature = "zipkin")]
            Some(Form::Zipkin) => Box::new(Encode::new(seen, zipkin())),
        }]
    });
    let settings = Settings {
        // Rules only what the sampler turns down; twice the default, so that the threads have as
        // much as they have without it.
        tail_bias: Some(TailBias::errors()),
        memory: Memory::new(32 * 1024 * 1024).unwrap_or_default(),
        ..Settings::default()
    };
    recorder::start(settings, Arc::new(Losses::new()), sinks);
    #[cfg(feature = "prometheus")]
    crate::admin::install(Arc::default());
    level::set_most_verbose(Some(Level::Info));
    site::set_switches(|site| if site.level() >= Level::Info { site::ON } else { site::METERED });
}

/// Blocks until everything recorded so far has reached the sink.
pub fn settle() {
    if let Some(recorder) = recorder::current() {
        recorder.flush(time::now() + PATIENCE, false);
    }
}

/// Spans of traces that the sampler turned down, and that tail bias did not keep.
#[must_use]
pub fn not_kept() -> u64 {
    recorder::current().map_or(0, |recorder| recorder.tentative.read(0).1)
}

/// The context of a trace that is not recorded.
#[must_use]
pub fn unsampled() -> Context {
    let scope =
        Scope::open(Limits::new(), Sampling::new(Sampler::always_off(), Overrides::default()));
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

const REQUEST_BYTES: usize = 1024 * 1024;

fn otlp(encoding: Encoding) -> Batch {
    let resource = Resource::new(encoding, [("service.name", Value::Str("bench"))], "");
    Batch::new(resource, None, REQUEST_BYTES)
}

#[cfg(feature = "zipkin")]
fn zipkin() -> crate::export::zipkin::batch::Batch {
    let resource = crate::Resource::new().with("service.name", "bench");
    crate::export::zipkin::batch::Batch::new(&resource, None, REQUEST_BYTES)
}

/// Encodes requests as the exporters do, and throws them away.
struct Encode<R> {
    seen: &'static Seen,
    batch: R,
    request: Vec<u8>,
}

impl<R: Requests> Encode<R> {
    fn new(seen: &'static Seen, batch: R) -> Self {
        Self { seen, batch, request: Vec::new() }
    }

    fn finish(&mut self) {
        self.batch.finish(&mut self.request);
        self.seen.bytes.fetch_add(self.request.len() as u64, Relaxed);
    }
}

impl<R: for<'a> Requests<Item<'a> = SpanView<'a>>> Sink for Encode<R> {
    fn accept(&mut self, span: &SpanView<'_>) {
        self.seen.spans.fetch_add(1, Relaxed);
        self.seen.attributes.fetch_add(span.attributes().count() as u64, Relaxed);
        if self.batch.push(span) == Push::Full {
            self.finish();
            self.batch.push(span);
        }
        if self.batch.spans() >= 512 {
            self.finish();
        }
    }

    fn end_pass(&mut self, _now: Instant) {}

    fn flush(&mut self) -> Pending {
        self.finish();
        Box::new(|_deadline| true)
    }

    fn shutdown(&mut self) -> Pending {
        self.flush()
    }
}
