//! Receivers that are away, and a folder for the meantime.

use std::{
    env, fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use spandrel::{Telemetry, traced};

use crate::output::{PATIENCE, say, say_report, shut_down};

#[traced(fields(n))]
fn small(n: u64) -> u64 {
    n
}

pub(crate) fn run(how: &str) {
    match how {
        "at-the-end" => at_the_end(),
        "drain" => drain(),
        "until-killed" => until_killed(),
        "under-load" => under_load(),
        other => say("unknown", other),
    }
}

fn start() -> Telemetry {
    spandrel::init!().expect("the configuration is right")
}

/// Records at a pace that the exporter keeps up with.
fn record(telemetry: &Telemetry) {
    (0..50).for_each(|n| _ = small(n));
    // However long it takes to be delivered or spooled.
    let _ = telemetry.flush(PATIENCE);
}

/// Records until stdin ends, then lives on until everything that was spooled is delivered.
fn under_load() {
    let telemetry = start();
    let is_over = Arc::new(AtomicBool::new(false));
    let listening = Arc::clone(&is_over);
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        listening.store(true, SeqCst);
    });
    let mut said = false;
    while !is_over.load(SeqCst) {
        record(&telemetry);
        if !said && telemetry.report().exporters[0].spooled > 1_000 {
            say("spooling", true);
            said = true;
        }
    }
    wait_until(|| {
        let report = telemetry.report();
        let exporter = &report.exporters[0];
        exporter.spooled == exporter.replayed + exporter.spool_lost
    });
    say_report(&telemetry.report());
    shut_down(telemetry, PATIENCE);
}

fn until_killed() {
    let telemetry = start();
    for round in 1.. {
        record(&telemetry);
        if round % 10 == 0 {
            let report = telemetry.report();
            say(&format!("round.{round}"), report.exporters[0].spooled);
        }
    }
}

/// Records nothing, and delivers what others left behind.
fn drain() {
    let telemetry = start();
    let folder = env::var("SPANDREL_SPOOL_DIR").expect("a folder");
    wait_until(|| fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_none()));
    shut_down(telemetry, PATIENCE);
}

fn at_the_end() {
    let telemetry = start();
    (0..3_000).for_each(|n| _ = small(n));
    shut_down(telemetry, Duration::from_secs(4));
}

fn wait_until(holds: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() && Instant::now() < until {
        thread::yield_now();
    }
    say("in-time", holds());
}
