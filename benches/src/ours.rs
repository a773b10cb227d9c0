//! Spandrel.

use std::{
    hint::black_box,
    sync::{LazyLock, Once, atomic::Ordering::Relaxed},
};

use spandrel::{
    Outcome, bench, timed,
    trace::{
        Context,
        propagation::{RemoteContext, TraceParent},
    },
    traced,
};

use crate::{
    counters,
    subject::{CHILDREN_PER_ROOT, CHILDREN_PER_TREE, Case, Kind, Seen, Sink, Subject},
    workload::{alone, body, children, ready},
};

/// Annotated functions in a program that never calls `init!`.
pub(crate) struct Uninitialised;

impl Subject for Uninitialised {
    fn name(&self) -> &'static str {
        "spandrel"
    }

    fn cases(&self) -> &'static [Case] {
        const { &[Case::silent(Kind::Uninitialised, |batches| alone(batches, work))] }
    }

    fn install(&self, _sink: Sink) {}
}

/// The recorder, running.
pub(crate) struct Spandrel;

impl Subject for Spandrel {
    fn name(&self) -> &'static str {
        "spandrel"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::Clock, |batches| {
                    alone(batches, |_, _| {
                        black_box(bench::ticks());
                        bench::ticks()
                    });
                }),
                Case::recorded(Kind::Attributes, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
                }),
                Case::recorded(Kind::Plain, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, |id, _| plain(id)));
                }),
                Case::recorded(Kind::Async, |batches| {
                    roots(batches, |batch| {
                        children(batch, CHILDREN_PER_ROOT, |id, name| ready(work_async(id, name)));
                    });
                }),
                Case::recorded(Kind::Tree, |batches| {
                    roots(batches, |batch| children(batch, CHILDREN_PER_TREE, work));
                }),
                Case::silent(Kind::Unsampled, |batches| {
                    let _attached = UNSAMPLED.attach();
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
                }),
                Case::silent(Kind::Disabled, |batches| alone(batches, disabled)),
                Case::silent(Kind::Timed, |batches| alone(batches, timed_work))
                    .counting(|| calls("timed_work")),
                Case::recorded(Kind::TracedTimed, |batches| {
                    roots(batches, |batch| {
                        children(batch, CHILDREN_PER_ROOT, |id, _| traced_and_timed(id));
                    });
                })
                .counting(|| calls("traced_and_timed")),
                counters::CACHED,
                counters::LABELS,
            ]
        }
    }

    fn install(&self, sink: Sink) {
        static ONCE: Once = Once::new();
        let form = match sink {
            Sink::Discard => None,
            Sink::Encode => Some(bench::Form::Protobuf),
            Sink::Json => Some(bench::Form::Json),
            Sink::Zipkin => Some(bench::Form::Zipkin),
        };
        ONCE.call_once(|| bench::start(&SEEN, form));
    }

    fn sinks(&self) -> &'static [Sink] {
        &[Sink::Discard, Sink::Encode, Sink::Json, Sink::Zipkin]
    }

    fn settle(&self) {
        bench::settle();
    }

    fn seen(&self) -> Seen {
        Seen {
            spans: SEEN.spans.load(Relaxed),
            attributes: SEEN.attributes.load(Relaxed),
            bytes: SEEN.bytes.load(Relaxed),
        }
    }
}

/// The recorder, where it records what the sampler turned down, and drops it.
pub(crate) struct TailBias;

impl Subject for TailBias {
    fn name(&self) -> &'static str {
        "spandrel, tail bias"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::recorded(Kind::Attributes, |batches| {
                    let _attached = TURNED_DOWN.attach();
                    roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
                }),
                Case::recorded(Kind::Tree, |batches| {
                    let _attached = TURNED_DOWN.attach();
                    roots(batches, |batch| children(batch, CHILDREN_PER_TREE, work));
                }),
            ]
        }
    }

    fn install(&self, sink: Sink) {
        Spandrel.install(sink);
    }

    fn sinks(&self) -> &'static [Sink] {
        &[Sink::Discard]
    }

    fn settle(&self) {
        bench::settle();
    }

    /// What has been dropped in the end: no sink sees it, and nobody counts its attributes.
    fn seen(&self) -> Seen {
        let spans = bench::not_kept();
        Seen { spans, attributes: 2 * spans, bytes: 0 }
    }
}

/// The recorder, bridged to the API of OpenTelemetry, which nobody uses.
pub(crate) struct Bridged;

impl Subject for Bridged {
    fn name(&self) -> &'static str {
        "spandrel, bridged"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[Case::recorded(Kind::Attributes, |batches| {
                roots(batches, |batch| children(batch, CHILDREN_PER_ROOT, work));
            })]
        }
    }

    fn install(&self, sink: Sink) {
        static ONCE: Once = Once::new();
        Spandrel.install(sink);
        ONCE.call_once(spandrel::opentelemetry_0_33::install);
    }

    fn sinks(&self) -> &'static [Sink] {
        &[Sink::Discard]
    }

    fn settle(&self) {
        bench::settle();
    }

    fn seen(&self) -> Seen {
        Spandrel.seen()
    }
}

/// Returns the size of an annotated future.
pub(crate) fn future_size() -> usize {
    size_of_val(&work_async(1, ""))
}

/// A root under it is not recorded, and neither is anything below.
static UNSAMPLED: LazyLock<Context> = LazyLock::new(bench::unsampled);
/// The context of a request whose caller does not record it.
static TURNED_DOWN: LazyLock<Context> = LazyLock::new(|| {
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    Context::from(RemoteContext::from(TraceParent::parse(header).expect("a header")))
});
static SEEN: bench::Seen = bench::Seen::new();

#[inline(always)]
pub(crate) fn roots(batches: u64, run: impl Fn(u64)) {
    for batch in 0..batches {
        root(batch, &run);
    }
}

#[traced]
fn root(batch: u64, run: &impl Fn(u64)) {
    run(batch);
}

#[inline(never)]
#[traced(fields(id, name))]
fn work(id: u64, name: &str) -> u64 {
    body(id, name)
}

/// Off, because the program asks for `info`.
#[inline(never)]
#[traced(fields(id, name), level = trace)]
fn disabled(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[traced]
fn plain(id: u64) -> u64 {
    body(id, "")
}

#[inline(never)]
#[timed]
fn timed_work(id: u64, name: &str) -> u64 {
    body(id, name)
}

#[inline(never)]
#[traced]
#[timed]
fn traced_and_timed(id: u64) -> u64 {
    body(id, "")
}

/// How often an annotated function was called.
pub(crate) fn calls(name: &str) -> u64 {
    let functions = spandrel::functions();
    let found = functions.iter().find(|function| function.name() == name);
    found.and_then(|function| function.calls(Outcome::Ok)).expect("a counted function")
}

#[inline(never)]
#[traced(fields(id, name))]
async fn work_async(id: u64, name: &str) -> u64 {
    body(id, name)
}
