//! More spans than an exporter takes.

use std::{
    sync::Barrier,
    time::{Duration, Instant},
};

use spandrel::{
    ExporterReport, Span,
    trace::{LossReason, Memory},
    traced,
};

use crate::{
    exporters::{Counting, Hanging, Panicking},
    output::{PATIENCE, is_balanced, resident_kib, say, say_report, shut_down},
};

#[traced(fields(n, text))]
fn small(n: u64, text: &str) -> usize {
    text.len()
}

#[traced(fields(text))]
fn large(text: &str) -> usize {
    text.len()
}

pub(crate) fn run(how: &str) {
    let builder = spandrel::builder!();
    match how {
        // Where to is the environment's to say.
        "otlp" => flood(builder, 2_000_000, |n| small(n, "a short text")),
        "some" => flood(builder, 10_000, |n| small(n, "a short text")),
        "large" => large_ones(builder),
        "hanging" => flood(builder.exporter(Hanging), 1_000_000, |n| small(n, "a short text")),
        "hanging-large" => large_ones(builder.exporter(Hanging)),
        "hanging-events" => flood(builder.exporter(Hanging), 20_000, |_| eventful()),
        "hanging-little" => {
            let memory = Memory::new(1024 * 1024).expect("enough");
            flood(builder.exporter(Hanging).memory(memory), 500_000, |n| small(n, "a short text"));
        }
        "held" => held(),
        "panicking" => flood(builder.exporter(Panicking), 1_000, |n| small(n, "a short text")),
        "one-hangs" => one_hangs(),
        "outage" => outage(),
        "running" => running(),
        "threads" => threads(300, 100),
        other => say("unknown", other),
    }
}

fn large_ones(builder: spandrel::Builder) {
    let text = "x".repeat(4_000);
    flood(builder, 30_000, |_| large(&text));
}

fn eventful() -> usize {
    let text = "y".repeat(1_000);
    let span = Span::start("eventful");
    (0..5).for_each(|_| span.event("happened", &[("text", &text)]));
    0
}

/// Records, and says what that did to the process.
fn flood(builder: spandrel::Builder, spans: u64, call: impl Fn(u64) -> usize) {
    let telemetry = builder.init().expect("the configuration is right");
    let before = resident_kib();
    let (mut most, mut odd) = (before, 0);
    for n in 0..spans {
        call(n);
        if n % 10_000 == 0 {
            odd += u32::from(!is_balanced(&telemetry.report()));
            most = most.max(resident_kib());
        }
    }
    most = most.max(resident_kib());
    say("recorded", spans);
    say("odd-reports", odd);
    say("grown-kib", most - before);
    // An error of a shutdown that was late is no report; this one adds up wherever the background
    // thread is.
    let _ = telemetry.flush(Duration::from_millis(200));
    say_report(&telemetry.report());
    shut_down(telemetry, Duration::from_secs(1));
    say("grown-at-the-end-kib", resident_kib().saturating_sub(before));
}

/// More than the queue of an exporter holds that takes nothing.
fn held() {
    let builder = spandrel::builder!().exporter(Hanging);
    let telemetry = builder.init().expect("the configuration is right");
    (0..30_000).for_each(|n| _ = small(n, "a short text"));
    // All of that time passes: it never comes back.
    let _ = telemetry.flush(Duration::from_secs(1));
    say_report(&telemetry.report());
}

fn one_hangs() {
    let counting = Counting::default();
    let builder = spandrel::builder!().exporter(Hanging).exporter(counting.clone());
    let telemetry = builder.init().expect("the configuration is right");
    for n in 0..100_000 {
        small(n, "a short text");
        // At a pace that the other one keeps up with.
        if n % 2_000 == 1_999 {
            let _ = telemetry.flush(Duration::from_millis(1));
            while counting.spans() <= n {
                let _ = telemetry.flush(Duration::from_millis(1));
            }
        }
    }
    say_report(&telemetry.report());
    shut_down(telemetry, Duration::from_millis(200));
    say("exported", counting.spans());
}

/// Records on and on while its receiver works, fails, and works again.
fn outage() {
    let telemetry = spandrel::builder!().init().expect("the configuration is right");
    let began = Instant::now();
    let mut recorded = 0;
    let mut record_until = |what: &str, holds: &dyn Fn(&ExporterReport) -> bool| {
        while !holds(&telemetry.report().exporters[0]) && began.elapsed() < PATIENCE * 3 {
            (0..20).for_each(|n| _ = small(n, "a short text"));
            recorded += 20;
            // The pace of a program that does other things, too.
            let _ = telemetry.flush(Duration::from_millis(2));
        }
        say(what, recorded);
        telemetry.report().exporters[0].delivered
    };
    let delivered = record_until("works", &|report| report.delivered >= 1_000);
    assert!(delivered >= 1_000, "it never worked");
    let delivered = record_until("fails", &|report| {
        report
            .dropped
            .iter()
            .any(|(reason, spans)| *reason == LossReason::ExportFailed && *spans > 0)
    });
    record_until("works-again", &|report| report.delivered >= delivered + 1_000);
    say("recorded", recorded);
    shut_down(telemetry, PATIENCE);
}

/// More spans run at once than the table holds.
fn running() {
    let counting = Counting::default();
    let memory = Memory::new(1024 * 1024).expect("enough");
    let builder = spandrel::builder!().exporter(counting.clone()).memory(memory);
    let telemetry = builder.init().expect("the configuration is right");
    let spans: Vec<_> = (0..20_000)
        .map(|n| {
            // The pool is not what this is about.
            if n % 500 == 0 {
                let _ = telemetry.flush(PATIENCE);
            }
            Span::start("running")
        })
        .collect();
    let before_the_end = telemetry.flush(PATIENCE).expect("there is time enough");
    say("unfinished-then", before_the_end.unfinished);
    drop(spans);
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
}

/// Threads that record at a pace that the background keeps up with, in a program as it runs in
/// production.
fn threads(threads: usize, rounds: u64) {
    let counting = Counting::default();
    let telemetry = spandrel::builder!().exporter(counting.clone()).init().expect("it starts");
    let together = Barrier::new(threads);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                together.wait();
                for round in 0..rounds {
                    for n in 0..5 {
                        small(round * n, "a short text");
                    }
                    // All threads go on together: 1,500 spans at a time, fewer than may wait.
                    if together.wait().is_leader() {
                        telemetry.flush(PATIENCE).expect("there is time enough");
                    }
                    together.wait();
                }
            });
        }
    });
    say("threads.millis", began.elapsed().as_millis());
    say("recorded", threads as u64 * rounds * 5);
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
}
