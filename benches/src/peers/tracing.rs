//! `tracing`: alone, with `tracing-opentelemetry`, and with our layer.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use opentelemetry_sdk::trace::Sampler;
use tracing::{
    Dispatch, Event, Metadata, Subscriber, dispatcher, instrument,
    span::{Attributes, EnteredSpan, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{layer::SubscriberExt, registry::Registry};

use super::{
    guarded::assembled,
    opentelemetry::{Counters, Pipeline},
};
use crate::{
    ours::Spandrel,
    subject::{Case, Kind, Seen, Sink, Subject},
    workload::{Failed, alone, body, ready, trees, under_roots},
};

/// An instrumented function in a program without a subscriber.
pub(crate) struct NoSubscriber;

impl Subject for NoSubscriber {
    fn name(&self) -> &'static str {
        "tracing"
    }

    fn cases(&self) -> &'static [Case] {
        const { &[Case::silent(Kind::Uninitialised, |batches| alone(batches, work))] }
    }

    fn install(&self, _sink: Sink) {}
}

/// One subscriber, chosen by its place in [`CONFIGURATIONS`].
struct Configuration {
    name: &'static str,
    cases: &'static [Case],
    subscriber: fn(Option<&Pipeline>) -> Dispatch,
    records: Records,
    seen: Counters,
    installed: OnceLock<(Option<Pipeline>, Dispatch)>,
}

/// Where its spans go.
enum Records {
    /// Nowhere.
    Nothing,
    /// To our recorder.
    Ours,
    /// To the OpenTelemetry SDK.
    Sdk(Sampler),
}

impl Configuration {
    const fn new(
        name: &'static str,
        cases: &'static [Case],
        records: Records,
        subscriber: fn(Option<&Pipeline>) -> Dispatch,
    ) -> Self {
        Self { name, cases, subscriber, records, seen: Counters::new(), installed: OnceLock::new() }
    }
}

/// A configuration by its place.
struct Configured(usize);

impl Configured {
    fn configuration(&self) -> &'static Configuration {
        &CONFIGURATIONS[self.0]
    }
}

impl Subject for Configured {
    fn name(&self) -> &'static str {
        self.configuration().name
    }

    fn cases(&self) -> &'static [Case] {
        self.configuration().cases
    }

    fn install(&self, sink: Sink) {
        let configuration = self.configuration();
        configuration.installed.get_or_init(|| {
            let pipeline = match &configuration.records {
                Records::Nothing => None,
                Records::Ours => {
                    Spandrel.install(sink);
                    None
                }
                Records::Sdk(sampler) => {
                    Some(Pipeline::new(sink, sampler.clone(), &configuration.seen))
                }
            };
            let dispatch = (configuration.subscriber)(pipeline.as_ref());
            (pipeline, dispatch)
        });
        CURRENT.store(self.0, Relaxed);
        if !dispatcher::has_been_set() {
            dispatcher::set_global_default(Dispatch::new(Switch)).expect("it has not been set");
        }
    }

    fn settle(&self) {
        if let Some((Some(pipeline), _)) = self.configuration().installed.get() {
            pipeline.settle();
        } else if let Records::Ours = self.configuration().records {
            Spandrel.settle();
        }
    }

    fn seen(&self) -> Seen {
        match self.configuration().records {
            Records::Ours => Spandrel.seen(),
            Records::Nothing | Records::Sdk(_) => self.configuration().seen.read(),
        }
    }
}

/// The global subscriber: passes everything on to the configuration in force.
///
/// A program can have only one global subscriber, and a scoped one costs an atomic count on the
/// dispatcher per span, which a real program does not pay. This costs one indirect call per
/// callback, about a nanosecond.
struct Switch;

impl Switch {
    #[inline(always)]
    fn inner(&self) -> &'static Dispatch {
        let (_, dispatch) =
            CONFIGURATIONS[CURRENT.load(Relaxed)].installed.get().expect("installed before use");
        dispatch
    }
}

impl Subscriber for Switch {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::always()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner().enabled(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.inner().new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.inner().record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.inner().record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.inner().event(event);
    }

    fn enter(&self, span: &Id) {
        self.inner().enter(span);
    }

    fn exit(&self, span: &Id) {
        self.inner().exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.inner().clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.inner().try_close(id)
    }
}

/// Lists the configurations, each a subject.
pub(super) fn all() -> Vec<&'static dyn Subject> {
    vec![&Configured(0), &Configured(1), &Configured(2), &Configured(3), &Configured(4)]
}

/// Returns the size of an annotated future.
pub(super) fn future_size() -> usize {
    size_of_val(&work_async(1, ""))
}

fn root() -> EnteredSpan {
    tracing::info_span!("root").entered()
}

#[inline(never)]
#[instrument(skip_all, fields(id = id, name = name))]
fn work(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[instrument(skip_all)]
fn plain(id: u64) -> u64 {
    body(id, "")
}

#[inline(never)]
#[instrument(skip_all, fields(id = id, name = name))]
async fn work_async(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[instrument(skip_all)]
async fn stacked(id: u64, name: &str) -> Result<u64, Failed> {
    assembled::guarded(id, name).await
}

fn exported(pipeline: Option<&Pipeline>) -> Dispatch {
    let pipeline = pipeline.expect("this configuration has a sampler");
    let layer = tracing_opentelemetry::layer().with_tracer(pipeline.tracer().clone());
    Dispatch::new(Registry::default().with(layer))
}

fn exported_lean(pipeline: Option<&Pipeline>) -> Dispatch {
    let pipeline = pipeline.expect("this configuration has a sampler");
    let layer = tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_tracer(pipeline.tracer().clone());
    Dispatch::new(Registry::default().with(layer))
}

const RECORDED: &[Case] = &[
    Case::recorded(Kind::Attributes, |batches| under_roots(batches, root, work)),
    Case::recorded(Kind::Plain, |batches| under_roots(batches, root, |id, _| plain(id))),
    Case::recorded(Kind::Async, |batches| {
        under_roots(batches, root, |id, name| ready(work_async(id, name)));
    }),
    Case::recorded(Kind::Tree, |batches| trees(batches, root, work)),
    Case::recorded(Kind::Stack, |batches| {
        under_roots(batches, root, |id, name| ready(stacked(id, name)).unwrap_or_default());
    }),
];

static CONFIGURATIONS: [Configuration; 5] = [
    Configuration::new(
        "tracing, registry only",
        &[Case::silent(Kind::Attributes, |batches| under_roots(batches, root, work))],
        Records::Nothing,
        |_| Dispatch::new(Registry::default()),
    ),
    Configuration::new("spandrel, tracing layer", RECORDED, Records::Ours, |_| {
        Dispatch::new(Registry::default().with(spandrel::tracing::layer()))
    }),
    Configuration::new(
        "tracing-opentelemetry",
        RECORDED,
        Records::Sdk(Sampler::AlwaysOn),
        exported,
    ),
    Configuration::new(
        "tracing-opentelemetry, lean",
        RECORDED,
        Records::Sdk(Sampler::AlwaysOn),
        exported_lean,
    ),
    Configuration::new(
        "tracing-opentelemetry, off",
        &[Case::silent(Kind::Unsampled, |batches| under_roots(batches, root, work))],
        Records::Sdk(Sampler::AlwaysOff),
        exported,
    ),
];

static CURRENT: AtomicUsize = AtomicUsize::new(0);
