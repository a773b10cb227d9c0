//! The flight recorder dumps, in each way there is.
#![expect(unsafe_code, reason = "signals and `fork` have no safe form")]

use std::{
    env, fs, panic,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use spandrel::{Span, Telemetry, redact::Patterns, trace::sampler::Sampler, traced};

use crate::{
    exporters::Counting,
    output::{PATIENCE, say, say_report, shut_down},
};

#[traced(fields(n, text))]
fn work(n: u64, text: &str) -> usize {
    text.len()
}

fn folder() -> PathBuf {
    env::var_os("SPANDREL_FLIGHT_DIR").expect("the test says where").into()
}

/// Nothing is sampled: the flight recorder alone sees the spans.
fn start() -> Telemetry {
    let builder = spandrel::builder!().sampler(Sampler::always_off());
    builder.exporter(Counting::default()).init().expect("the configuration is right")
}

fn record() {
    (0..10).for_each(|n| {
        work(n, "a short text");
    });
}

pub(crate) fn run(how: &str) {
    match how {
        "call" => call(),
        "alone" => {
            let builder = spandrel::builder!().sampler(Sampler::always_off());
            let telemetry = builder.init().expect("the configuration is right");
            record();
            let path = folder().join("alone.jsonl");
            say("spans", telemetry.dump_flight(path).unwrap_or_default());
            shut_down(telemetry, PATIENCE);
        }
        "panic" => {
            let telemetry = start();
            let _running = Span::start("running").enter();
            record();
            let thread = thread::spawn(|| panic!("on purpose"));
            say("panicked", thread.join().is_err());
            shut_down(telemetry, PATIENCE);
        }
        "hooked" => {
            panic::set_hook(Box::new(|_| say("hooked", true)));
            let telemetry = start();
            record();
            say("panicked", panic::catch_unwind(|| panic!("on purpose")).is_err());
            shut_down(telemetry, PATIENCE);
        }
        "panics" => {
            let telemetry = start();
            record();
            for _ in 0..5 {
                say("panicked", panic::catch_unwind(|| panic!("on purpose")).is_err());
            }
            shut_down(telemetry, PATIENCE);
        }
        "panics-in-redaction" => {
            let patterns = Patterns::none().with_fn(|_| panic!("on purpose"));
            let builder = spandrel::builder!().redact_patterns(patterns);
            let telemetry = builder.exporter(Counting::default()).init().expect("it starts");
            record();
            shut_down(telemetry, PATIENCE);
        }
        "panic-under-load" => under_load(),
        "signal" => {
            let telemetry = start();
            let running = Span::start("running");
            record();
            raise(libc::SIGUSR2);
            wait_for_files(1);
            raise(libc::SIGUSR2);
            wait_for_files(2);
            running.end();
            shut_down(telemetry, PATIENCE);
        }
        "signal-handled" => {
            install(libc::SIGUSR2, catch as *const () as usize);
            let telemetry = start();
            record();
            raise(libc::SIGUSR2);
            say("caught", CAUGHT.load(Relaxed));
            shut_down(telemetry, PATIENCE);
        }
        "fork" => fork(),
        "flood" => flood(),
        "off" => {
            let telemetry = start();
            record();
            say(
                "error",
                telemetry.dump_flight(Path::new("/nowhere")).is_err_and(|e| e.is_flight()),
            );
            shut_down(telemetry, PATIENCE);
        }
        other => say("unknown", other),
    }
}

fn call() {
    let telemetry = start();
    let running = Span::start("running");
    running.set("late", 1);
    record();
    let path = folder().join("called.jsonl");
    say("spans", telemetry.dump_flight(&path).unwrap_or_default());
    let mut bytes = Vec::new();
    say("again", telemetry.write_flight(&mut bytes).unwrap_or_default());
    say("same", fs::read(&path).is_ok_and(|text| lines(&text) == lines(&bytes)));
    let error = telemetry.dump_flight(folder().join("no/such/folder.jsonl")).map(|_| ());
    say("no-folder", error.is_err_and(|error| error.is_flight()));
    running.end();
    shut_down(telemetry, PATIENCE);
}

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// Threads record as fast as they can while one panics.
fn under_load() {
    let telemetry = start();
    let (done, recorded) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    record();
                    recorded.fetch_add(1, Relaxed);
                }
            });
        }
        while recorded.load(Relaxed) < 1_000 {
            thread::yield_now();
        }
        let began = Instant::now();
        say("panicked", panic::catch_unwind(|| panic!("on purpose")).is_err());
        say("quick", began.elapsed() < Duration::from_secs(10));
        done.store(true, Relaxed);
    });
    wait_for_files(1);
    shut_down(telemetry, PATIENCE);
}

/// A child that records has a flight recorder of its own.
fn fork() {
    let telemetry = start();
    record();
    // SAFETY: this thread is the only one that the child needs.
    match unsafe { libc::fork() } {
        0 => {
            let path = folder().join("child.jsonl");
            let before = telemetry.dump_flight(&path).is_err_and(|error| error.is_flight());
            say("child.before", before);
            work(1, "of the child");
            say("child.spans", telemetry.dump_flight(&path).unwrap_or_default());
            // SAFETY: it ends the child, which has said everything.
            unsafe { libc::_exit(0) };
        }
        child => {
            // SAFETY: it is a child of ours.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            say("spans", telemetry.dump_flight(folder().join("parent.jsonl")).unwrap_or_default());
            shut_down(telemetry, PATIENCE);
        }
    }
}

/// Far more than it holds.
fn flood() {
    let telemetry = start();
    let text = "x".repeat(500);
    for n in 0..50_000 {
        work(n, &text);
        if n % 5_000 == 0 {
            let _ = telemetry.flush(PATIENCE);
        }
    }
    let _ = telemetry.flush(PATIENCE);
    say("spans", telemetry.dump_flight(folder().join("flood.jsonl")).unwrap_or_default());
    say_report(&telemetry.report());
}

fn wait_for_files(count: usize) {
    let deadline = Instant::now() + PATIENCE;
    let dumps = || {
        let entries = fs::read_dir(folder()).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "jsonl")).count()
    };
    while dumps() < count && Instant::now() < deadline {
        thread::yield_now();
    }
}

static CAUGHT: AtomicBool = AtomicBool::new(false);

extern "C" fn catch(_: i32) {
    CAUGHT.store(true, Relaxed);
}

fn install(signal: i32, handler: usize) {
    // SAFETY: `catch` stores to an atomic and nothing else.
    unsafe { libc::signal(signal, handler) };
}

fn raise(signal: i32) {
    // SAFETY: a signal to oneself touches no memory of ours.
    unsafe { libc::kill(libc::getpid(), signal) };
}
