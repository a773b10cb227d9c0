//! `fastrace`: the fastest peer.

use std::{borrow::Cow, sync::Once, time::Duration};

use fastrace::{
    collector::{Config, Reporter, SpanContext, SpanRecord},
    local::LocalParentGuard,
    trace,
};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::{
    guarded::assembled,
    opentelemetry::{Counted, Counters, otlp_exporter},
};
use crate::{
    subject::{Case, Kind, Seen, Sink, Subject},
    workload::{Failed, alone, body, ready, trees, under_roots},
};

struct Fastrace;

impl Subject for Fastrace {
    fn name(&self) -> &'static str {
        "fastrace"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::recorded(Kind::Attributes, |batches| under_roots(batches, root, work)),
                Case::recorded(Kind::Plain, |batches| {
                    under_roots(batches, root, |id, _| plain(id));
                }),
                Case::recorded(Kind::Async, |batches| {
                    under_roots(batches, root, |id, name| ready(work_async(id, name)));
                }),
                Case::recorded(Kind::Tree, |batches| trees(batches, root, work)),
                Case::recorded(Kind::Stack, |batches| {
                    under_roots(batches, root, |id, name| {
                        ready(stacked(id, name)).unwrap_or_default()
                    });
                }),
                Case::silent(Kind::Unsampled, |batches| alone(batches, work)),
            ]
        }
    }

    fn install(&self, sink: Sink) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| match sink {
            Sink::Discard => fastrace::set_reporter(Discard, config()),
            // It has one encoding, and is asked for no other.
            Sink::Encode | Sink::Json | Sink::Zipkin => {
                let exporter = Counted { exporter: otlp_exporter(&SEEN), seen: &SEEN };
                let resource = Cow::Owned(Resource::builder_empty().build());
                let scope = InstrumentationScope::builder("benches").build();
                fastrace::set_reporter(
                    OpenTelemetryReporter::new(exporter, resource, scope),
                    config(),
                );
            }
        });
    }

    fn settle(&self) {
        fastrace::flush();
    }

    fn seen(&self) -> Seen {
        SEEN.read()
    }
}

struct Discard;

impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        let attributes: usize = spans.iter().map(|span| span.properties.len()).sum();
        SEEN.add(spans.len(), attributes);
    }
}

/// A root span that is the local parent; the order of the fields is the order they must end in.
struct Root {
    _parent: LocalParentGuard,
    _span: fastrace::Span,
}

/// Lists the only subject of this file.
pub(super) fn all() -> [&'static dyn Subject; 1] {
    [&Fastrace]
}

/// Returns the size of an annotated future.
pub(super) fn future_size() -> usize {
    size_of_val(&work_async(1, ""))
}

/// Reports a hundred times as often as by default, in its favour: with the default of one second it
/// gathers so much at this pace that the CPU time per span doubles.
fn config() -> Config {
    Config::default().report_interval(Duration::from_millis(10))
}

fn root() -> Root {
    let span = fastrace::Span::root("root", SpanContext::random());
    Root { _parent: span.set_local_parent(), _span: span }
}

#[inline(never)]
#[trace(short_name = true, properties = { "id": "{id}", "name": "{name}" })]
fn work(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[trace(short_name = true)]
fn plain(id: u64) -> u64 {
    body(id, "")
}

#[inline(never)]
#[trace(short_name = true, properties = { "id": "{id}", "name": "{name}" })]
async fn work_async(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[trace(short_name = true)]
async fn stacked(id: u64, name: &str) -> Result<u64, Failed> {
    assembled::guarded(id, name).await
}

static SEEN: Counters = Counters::new();
