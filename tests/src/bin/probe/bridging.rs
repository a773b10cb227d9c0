//! A program with the bridge to OpenTelemetry, and with exporters of its SDK that misbehave.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use opentelemetry::{
    Context, KeyValue, global,
    trace::{TraceContextExt as _, Tracer as _, get_active_span},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, SpanData, SpanExporter},
};
use spandrel::{
    Builder, Span,
    opentelemetry_0_33::{self, export::Processor},
    trace::{OwnedValue, sampler::Sampler},
    traced,
};

use crate::{
    exporters::{Counting, Keeping},
    output::{PATIENCE, say, shut_down},
};

pub(crate) fn run(how: &str) {
    let builder = spandrel::builder!();
    match how {
        "blocks" => hostile(builder.opentelemetry_exporter_0_33(Hostile::Blocks)),
        "never ready" => hostile(builder.opentelemetry_exporter_0_33(Hostile::NeverReady)),
        "panics" => hostile(builder.opentelemetry_exporter_0_33(Hostile::Panics)),
        "panics at the resource" => {
            hostile(builder.opentelemetry_exporter_0_33(Hostile::PanicsAtResource));
        }
        "processor" => processor(builder),
        "exporter" => exporter(builder),
        "eager" => eager(builder),
        "lazy" => lazy(builder),
        "tail" => tail(builder),
        other => say("unknown", other),
    }
}

/// An exporter of the SDK that nobody wants.
#[derive(Debug)]
enum Hostile {
    Blocks,
    NeverReady,
    Panics,
    PanicsAtResource,
}

impl SpanExporter for Hostile {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        match self {
            Self::Blocks => loop {
                thread::park();
            },
            Self::NeverReady => future::pending().await,
            Self::Panics => panic!("this exporter always panics"),
            Self::PanicsAtResource => Ok(()),
        }
    }

    fn set_resource(&mut self, _: &Resource) {
        assert!(!matches!(self, Self::PanicsAtResource), "this exporter wants no resource");
    }
}

/// What the one exporter does costs the other one nothing.
fn hostile(builder: Builder) {
    let counting = Counting::default();
    let telemetry = builder.exporter(counting.clone()).init().expect("it starts");
    for _ in 0..2 {
        for _ in 0..100 {
            Span::start("work").end();
        }
        // Whether in time or not: so the two hundred are two batches.
        let _ = telemetry.flush(Duration::from_millis(500));
    }
    shut_down(telemetry, Duration::from_secs(2));
    say("other", counting.spans());
}

/// What became of an exporter behind the SDK's own batch processor.
#[derive(Clone, Debug, Default)]
struct Watched {
    spans: Arc<AtomicU64>,
    shutdowns: Arc<AtomicU64>,
    service: String,
}

impl SpanExporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        say("service", &self.service);
        self.spans.fetch_add(batch.len() as u64, Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.shutdowns.fetch_add(1, Relaxed);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.service =
            resource.get(&"service.name".into()).map_or_else(String::new, |name| name.to_string());
    }
}

fn processor(builder: Builder) {
    let watched = Watched::default();
    let processor = BatchSpanProcessor::builder(watched.clone()).build();
    watch(builder.exporter(Processor::new(processor)), &watched);
}

fn exporter(builder: Builder) {
    let watched = Watched::default();
    watch(builder.opentelemetry_exporter_0_33(watched.clone()), &watched);
    say("ended", Arc::strong_count(&watched.spans) == 1);
}

fn watch(builder: Builder, watched: &Watched) {
    let telemetry = builder.service_name("shop").init().expect("it starts");
    Span::start("one").end();
    // The processor waits for seconds by itself.
    telemetry.flush(PATIENCE).expect("it is in time");
    say("flushed", watched.spans.load(Relaxed));
    Span::start("two").end();
    shut_down(telemetry, PATIENCE);
    say("exported", watched.spans.load(Relaxed));
    say("shutdowns", watched.shutdowns.load(Relaxed));
}

#[traced]
fn outer() {
    get_active_span(|span| span.set_attribute(KeyValue::new("said", "through the context")));
    say("outer is shown", shown() == id());
    global::tracer("library").in_span("theirs", |_| {
        say("theirs is nearer", shown() != id());
        inner();
        say("theirs is back", shown() != id());
    });
    say("outer is back", shown() == id());
}

#[traced]
fn inner() {
    say("inner is shown", shown() == id());
    // Carried by their means to where ours are not.
    let context = Context::current();
    thread::spawn(move || {
        let _attached = context.attach();
        last();
    })
    .join()
    .expect("it ends");
}

#[traced]
fn last() {
    Context::current().span().update_name("renamed");
    Context::current().span().end();
    say("last is shown", shown() == id());
}

fn shown() -> u64 {
    get_active_span(|span| u64::from_be_bytes(span.span_context().span_id().to_bytes()))
}

fn id() -> u64 {
    Span::current().span_id().map_or(0, spandrel::trace::id::SpanId::to_u64)
}

fn eager(builder: Builder) {
    opentelemetry_0_33::install_eager();
    tree(builder);
}

fn lazy(builder: Builder) {
    tree(builder.opentelemetry_0_33());
}

/// Says which span is whose child.
fn tree(builder: Builder) {
    let keeping = Keeping::default();
    let telemetry = builder.exporter(keeping.clone()).init().expect("it starts");
    outer();
    say("outside", shown());
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    for span in &spans {
        let parent = spans.iter().find(|other| Some(other.span_id) == span.parent_span_id);
        say(&span.name, parent.map_or("nobody", |parent| &parent.name));
        if let Some(OwnedValue::Str(said)) = span.attribute("said") {
            say("said", format_args!("{said} of {}", span.name));
        }
    }
}

#[traced(err)]
fn may_fail(fails: bool) -> Result<(), String> {
    global::tracer("library").in_span("theirs within", |_| {});
    if fails { Err("on purpose".into()) } else { Ok(()) }
}

/// Their traces wait for what becomes of them as ours do.
fn tail(builder: Builder) {
    let keeping = Keeping::default();
    let builder = builder.sampler(Sampler::always_off()).exporter(keeping.clone());
    let telemetry = builder.opentelemetry_0_33().init().expect("it starts");
    for fails in [false, true, false] {
        global::tracer("library").in_span("theirs", |cx| {
            say("sampled", cx.span().span_context().is_sampled());
            let _ = may_fail(fails);
        });
    }
    shut_down(telemetry, PATIENCE);
    let names: Vec<_> = keeping.spans().iter().map(|span| span.name.clone()).collect();
    say("names", format_args!("{names:?}"));
}
