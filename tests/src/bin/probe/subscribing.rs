//! A program that uses `tracing`, with a subscriber of its own, with ours, and with none.

use std::{collections::HashMap, sync::mpsc};

use spandrel::{
    Builder, Span, Telemetry,
    export::{ExportError, SpanExporter},
    instrument,
    trace::{SpanData, propagation},
    traced,
};
use tracing::{
    Level, Subscriber, info_span,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    layer::{Context as LayerContext, Layer, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{
    exporters::{Counting, Keeping},
    output::{PATIENCE, say, shut_down},
};

pub(crate) fn run(how: &str) {
    let counting = Counting::default();
    let builder = spandrel::builder!().exporter(counting.clone());
    match how {
        "none" => works(builder.init().expect("it starts")),
        "other" => {
            tracing_subscriber::registry().init();
            works(builder.init().expect("it starts"));
        }
        "ours" => {
            tracing_subscriber::registry().with(spandrel::tracing::layer()).init();
            say("before", tracing::enabled!(Level::ERROR));
            works(builder.init().expect("it starts"));
            say("after", tracing::enabled!(Level::ERROR));
        }
        "refused" => {
            works(builder.tracing(false).init().expect("it starts"));
            say("free", tracing_subscriber::registry().try_init().is_ok());
        }
        "levels" => levels(builder.init().expect("it starts")),
        "secrets" => {
            let _telemetry = builder.init().expect("it starts");
            tracing::warn!(password = "hunter2", error = ?Broken, "a \"quoted\" {}", "message");
            tracing::info!(answer = 42, text = "two words", no.message = true);
            tracing::debug!("not shown");
        }
        "taken along" => taken_along(),
        "exporter" => exporter(),
        "mirror" => mirror(builder),
        "mirror in code" => mirror(builder.mirror(true)),
        other => say("unknown", other),
    }
    say("exported", counting.spans());
}

#[traced]
fn ours() {
    tracing::info!(n = 1, "within ours");
}

fn works(telemetry: Telemetry) {
    tracing::info!("outside");
    info_span!("theirs").in_scope(|| {
        let mut headers = HashMap::new();
        propagation::inject(&mut headers);
        say("header", headers.get("traceparent").map_or("", String::as_str));
        tracing::warn!("within theirs");
        ours();
    });
    shut_down(telemetry, PATIENCE);
}

fn levels(telemetry: Telemetry) {
    tracing::debug_span!("too fine").in_scope(|| {});
    tracing::debug_span!(target: "noisy", "wanted").in_scope(|| {});
    tracing::error_span!(target: "silent", "unwanted").in_scope(|| {});
    say("debug", tracing::enabled!(Level::DEBUG));
    say("noisy", tracing::enabled!(target: "noisy", Level::DEBUG));
    shut_down(telemetry, PATIENCE);
}

struct Broken;

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

/// Says which spans it sees, and the parent of each.
struct Seeing;

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Seeing {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, registry: LayerContext<'_, S>) {
        let span = registry.span(id).expect("it has just begun");
        say(span.name(), span.parent().map_or("nobody", |parent| parent.name()));
    }
}

fn mirror(builder: Builder) {
    let layers = tracing_subscriber::registry().with(Seeing).with(spandrel::tracing::layer());
    layers.init();
    let telemetry = builder.init().expect("it starts");
    info_span!("theirs").in_scope(ours);
    instrumented();
    shut_down(telemetry, PATIENCE);
}

#[instrument]
fn instrumented() {
    Span::start("dynamic").end();
}

/// A library takes the current span of `tracing` to a thread of its own.
fn taken_along() {
    let keeping = Keeping::default();
    let telemetry = spandrel::builder!().exporter(keeping.clone()).init().expect("it starts");
    asks("first");
    asks("second");
    {
        let unsampled = propagation::extract(&HashMap::from([(
            "traceparent".to_owned(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".to_owned(),
        )]));
        let _attached = unsampled.attach();
        asks("unsampled");
    }
    say("nothing", tracing::Span::current().is_none());
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    let parent = |span: &&SpanData| {
        let parent = span.parent_span_id;
        spans.iter().find(|other| Some(other.span_id) == parent)
    };
    for span in spans.iter().filter(|span| span.name.starts_with("thread")) {
        let path = std::iter::successors(Some(span), parent).map(|span| &*span.name);
        say(&span.name, path.collect::<Vec<_>>().join(" < "));
    }
    say("spans", spans.len());
}

#[traced(name = "{name}")]
fn asks(name: &str) {
    let (span, again) = (tracing::Span::current(), tracing::Span::current());
    say("same", span.id() == again.id());
    let there = format!("thread of {name}");
    let thread = std::thread::spawn(move || {
        let _entered = span.enter();
        info_span!("theirs").in_scope(|| Span::start(&there).end());
    });
    thread.join().expect("it does not panic");
    info_span!("within").in_scope(|| {
        say("theirs", tracing::Span::current().metadata().map_or("", |theirs| theirs.name()));
    });
}

/// Uses libraries that are traced themselves.
struct Traced(mpsc::Sender<usize>);

impl SpanExporter for Traced {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        info_span!("theirs").in_scope(ours);
        let _ = self.0.send(batch.len());
        Ok(())
    }
}

fn exporter() {
    let (exported, batches) = mpsc::channel();
    let builder = spandrel::builder!().exporter(Traced(exported));
    let telemetry = builder.init().expect("it starts");
    for _ in 0..3 {
        ours();
        telemetry.flush(PATIENCE).expect("there is time enough");
    }
    shut_down(telemetry, PATIENCE);
    say("batches", batches.try_iter().count());
}
