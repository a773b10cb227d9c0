//! Who counts and times calls without recording spans.

use std::{
    sync::{LazyLock, OnceLock},
    time::Instant,
};

use autometrics::autometrics;
use prometheus::{Histogram, HistogramOpts, IntCounter};

use crate::{
    subject::{Case, Kind, Sink, Subject},
    workload::{alone, body},
};

/// Lists them.
pub(super) fn all() -> Vec<&'static dyn Subject> {
    vec![&Autometrics, &Hotpath, &Prometheus]
}

/// `#[autometrics]` into the registry of `prometheus`.
struct Autometrics;

impl Subject for Autometrics {
    fn name(&self) -> &'static str {
        "autometrics"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[Case::silent(Kind::Timed, |batches| alone(batches, by_autometrics))
                .counting(counted_by_autometrics)]
        }
    }

    fn install(&self, _sink: Sink) {}
}

#[inline(never)]
#[autometrics]
fn by_autometrics(id: u64, name: &str) -> u64 {
    body(id, name)
}

fn counted_by_autometrics() -> u64 {
    let families = prometheus::gather();
    let calls = families.iter().find(|family| family.name().starts_with("function_calls_total"));
    let counts = calls.into_iter().flat_map(prometheus::proto::MetricFamily::get_metric);
    counts.map(|metric| metric.get_counter().get_value() as u64).sum()
}

/// `#[hotpath::measure]`, which tells what it counted when the program ends.
struct Hotpath;

impl Subject for Hotpath {
    fn name(&self) -> &'static str {
        "hotpath"
    }

    fn cases(&self) -> &'static [Case] {
        const { &[Case::silent(Kind::Timed, |batches| alone(batches, by_hotpath))] }
    }

    fn install(&self, _sink: Sink) {
        static ONCE: OnceLock<()> = OnceLock::new();
        // Never dropped: its report would stand among the results.
        ONCE.get_or_init(|| {
            std::mem::forget(hotpath::HotpathGuardBuilder::new("benches").build());
        });
    }
}

#[inline(never)]
#[hotpath::measure]
fn by_hotpath(id: u64, name: &str) -> u64 {
    body(id, name)
}

/// A histogram and a counter of `prometheus`, looked up once, around two `Instant`s.
struct Prometheus;

impl Subject for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus, cached"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[Case::silent(Kind::Timed, |batches| alone(batches, by_prometheus))
                .counting(|| CALLS.get())]
        }
    }

    fn install(&self, _sink: Sink) {}
}

static CALLS: LazyLock<IntCounter> =
    LazyLock::new(|| IntCounter::new("calls", "Calls").expect("a name"));
static DURATION: LazyLock<Histogram> = LazyLock::new(|| {
    Histogram::with_opts(HistogramOpts::new("duration", "Duration")).expect("a name")
});

#[inline(never)]
fn by_prometheus(id: u64, name: &str) -> u64 {
    let start = Instant::now();
    let result = body(id, name);
    DURATION.observe(start.elapsed().as_secs_f64());
    CALLS.inc();
    result
}
