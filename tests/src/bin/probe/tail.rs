//! The sampler says no, and some of it matters.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use spandrel::{
    Outcome, Span, SpanHandle, Telemetry,
    trace::{Context, propagation, sampler::Sampler},
    traced,
};

use crate::{
    exporters::{Counting, Keeping},
    output::{PATIENCE, is_balanced, resident_kib, say, shut_down},
};

#[traced(fields(n))]
fn request(n: u64, fails: bool) -> Result<u64, String> {
    (0..8).for_each(|step| {
        let _ = query(n, step);
    });
    last(n, fails)
}

#[traced(fields(n, step))]
fn query(n: u64, step: u64) -> u64 {
    n ^ step
}

#[traced(err)]
fn last(n: u64, fails: bool) -> Result<u64, String> {
    if fails { Err("on purpose".into()) } else { Ok(n) }
}

/// Fails without its root failing.
#[traced]
fn swallows(n: u64) -> u64 {
    request(n, true).unwrap_or(n)
}

#[traced]
fn noisy() -> Result<(), String> {
    Err("always".into())
}

fn start(keeping: &Keeping) -> Telemetry {
    let builder = spandrel::builder!().sampler(Sampler::always_off()).exporter(keeping.clone());
    builder.init().expect("the configuration is right")
}

pub(crate) fn run(how: &str) {
    match how {
        "requests" => requests(),
        "remote" => remote(),
        "threads" => threads(),
        "tracing" => below_tracing(),
        "noisy" => noisy_ones(),
        "flood" => flood(),
        other => say("unknown", other),
    }
}

/// Every twentieth fails; what came of it is said as roots and spans.
fn requests() {
    let keeping = Keeping::default();
    let telemetry = start(&keeping);
    let mut told = HashMap::new();
    for n in 0..400 {
        if n % 40 == 0 {
            swallows(n);
        } else {
            let _ = request(n, n % 20 == 0);
        }
    }
    {
        let _entered = Span::start("tells").enter();
        propagation::inject(&mut told);
    }
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    let roots = spans.iter().filter(|span| span.parent_span_id.is_none());
    say("roots", roots.count());
    let mut traces: HashMap<_, usize> = HashMap::new();
    spans.iter().for_each(|span| *traces.entry(span.trace_id).or_default() += 1);
    let mut sizes: Vec<_> = traces.into_values().collect();
    sizes.sort_unstable();
    sizes.dedup();
    say("sizes", format!("{sizes:?}"));
    say("sampled", spans.iter().any(|span| span.trace_flags.is_sampled()));
    say("states", spans.iter().any(|span| !span.trace_state.is_empty()));
    say("told-sampled", told["traceparent"].ends_with('1') || told["traceparent"].ends_with('3'));
}

/// Two requests of one caller that overlap, of which one fails.
fn remote() {
    let keeping = Keeping::default();
    let telemetry = start(&keeping);
    let headers: HashMap<_, _> =
        [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    let context = propagation::extract(&headers);
    let good = SpanHandle::start_under("good", &context);
    let bad = SpanHandle::start_under("bad", &context);
    for (n, span) in [(1, &good), (2, &bad)] {
        let _attached = span.context().attach();
        let _ = request(n, n == 2);
    }
    good.end();
    bad.end();
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    say("spans", spans.len());
    say("good", spans.iter().any(|span| span.name == "good"));
    say("bad", spans.iter().any(|span| span.name == "bad" && span.parent_is_remote));
}

/// The root ends first; what other threads did is read later.
fn threads() {
    let keeping = Keeping::default();
    let telemetry = start(&keeping);
    for n in 0..50 {
        let root = Span::start("root");
        let context = root.context();
        let workers: Vec<_> = (0..3)
            .map(|worker| {
                let context: Context = context.clone();
                thread::spawn(move || {
                    let _attached = context.attach();
                    let _ = last(n, worker == 2 && n % 10 == 0);
                })
            })
            .collect();
        if n % 2 == 0 {
            root.end();
            workers.into_iter().for_each(|worker| worker.join().expect("it does not panic"));
        } else {
            workers.into_iter().for_each(|worker| worker.join().expect("it does not panic"));
            root.end();
        }
    }
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    say("roots", spans.iter().filter(|span| span.name == "root").count());
    say("spans", spans.len());
}

/// The trace begins in a library that uses `tracing`, and fails in a function of ours below.
fn below_tracing() {
    let keeping = Keeping::default();
    let telemetry = start(&keeping);
    for n in 0..10 {
        let _entered = tracing::info_span!("theirs", n).entered();
        let _ = request(n, n == 7);
    }
    shut_down(telemetry, PATIENCE);
    let spans = keeping.spans();
    say("theirs", spans.iter().filter(|span| span.name == "theirs").count());
    say("spans", spans.len());
}

/// An exception says that a function never begins a trace.
fn noisy_ones() {
    let keeping = Keeping::default();
    let telemetry = start(&keeping);
    (0..10).for_each(|_| drop(noisy()));
    shut_down(telemetry, PATIENCE);
    say("spans", keeping.spans().len());
}

/// More than fits, from several threads, while somebody adds up all the time.
fn flood() {
    let counting = Counting::default();
    let builder = spandrel::builder!().sampler(Sampler::always_off()).exporter(counting.clone());
    let telemetry = builder.init().expect("the configuration is right");
    let before = resident_kib();
    let done = AtomicBool::new(false);
    let balanced = thread::scope(|scope| {
        let adds_up = scope.spawn(|| {
            let mut balanced = true;
            while !done.load(Relaxed) {
                balanced &= is_balanced(&telemetry.report());
            }
            balanced
        });
        outlives_the_memory(&telemetry);
        let floods: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for n in 0..20_000 {
                        let _ = request(n, n % 1_000 == 0);
                    }
                })
            })
            .collect();
        floods.into_iter().for_each(|flood| flood.join().expect("it does not panic"));
        done.store(true, Relaxed);
        adds_up.join().expect("it does not panic")
    });
    say("always-balanced", balanced);
    say("grown-kib", resident_kib().saturating_sub(before));
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
}

/// A root that does more than there is memory before it fails: only the latest of it is kept.
fn outlives_the_memory(telemetry: &Telemetry) {
    let endless = Span::start("endless");
    let context = endless.context();
    let _attached = context.attach();
    for n in 0..2_000 {
        let _ = request(n, false);
        if n % 100 == 0 {
            let _ = telemetry.flush(PATIENCE);
        }
    }
    let _ = telemetry.flush(PATIENCE);
    endless.end_with(Outcome::Error);
}
