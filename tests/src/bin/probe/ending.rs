//! All the ways in which a process ends, or does not.
#![expect(unsafe_code, reason = "signal handlers have no safe form")]

use std::{
    mem, process,
    sync::{
        OnceLock,
        atomic::{AtomicI32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use spandrel::{Telemetry, traced};

use crate::output::{PATIENCE, say, say_result};

/// Spans that must arrive in each case.
const SPANS: u64 = 10;

static KEPT: OnceLock<Telemetry> = OnceLock::new();
static CAUGHT: AtomicI32 = AtomicI32::new(0);

#[traced(fields(n))]
fn work(n: u64) -> u64 {
    n
}

fn record() {
    (0..SPANS).map(work).for_each(|n| debug_assert!(n < SPANS));
}

#[traced]
async fn works_later() {
    tokio::task::yield_now().await;
    record();
}

fn start() -> Telemetry {
    spandrel::init!().expect("the configuration is right")
}

pub(crate) fn run(how: &str) {
    match how {
        "drop" => {
            let _telemetry = start();
            record();
        }
        "exit" => {
            let _telemetry = start();
            record();
            process::exit(0);
        }
        "exit-elsewhere" => {
            let _telemetry = start();
            record();
            thread::spawn(|| process::exit(0));
            wait_for_the_end();
        }
        "forget" => {
            mem::forget(start());
            record();
        }
        "static" => {
            let _ = KEPT.set(start());
            record();
        }
        "panic" => {
            let _telemetry = start();
            record();
            panic!("on purpose");
        }
        "sigterm" => dies_by(libc::SIGTERM),
        "sigint" => dies_by(libc::SIGINT),
        "unwatched" => {
            let _telemetry = spandrel::builder!().watch_signals(false).init();
            record();
            raise(libc::SIGTERM);
            wait_for_the_end();
        }
        "ignored" => {
            install(libc::SIGINT, libc::SIG_IGN);
            let _telemetry = start();
            record();
            raise(libc::SIGINT);
            say("survived", true);
        }
        "slow-drop" => {
            let telemetry = start();
            record();
            say("dropping", true);
            drop(telemetry);
            say("dropped", true);
        }
        "handled-before" => {
            install(libc::SIGTERM, catch as *const () as usize);
            let telemetry = start();
            survives(telemetry);
        }
        "handled-after" => {
            let telemetry = start();
            install(libc::SIGTERM, catch as *const () as usize);
            survives(telemetry);
        }
        "tokio" => on_one_thread(tokio_takes_the_signal()),
        "wait" => on_one_thread(async {
            let telemetry = start();
            works_later().await;
            say("flushed", telemetry.flush(PATIENCE).is_ok());
            say_result(&telemetry.shutdown(PATIENCE).wait());
        }),
        "await" => on_one_thread(async {
            let telemetry = start();
            works_later().await;
            say("flushed", telemetry.flush(PATIENCE).is_ok());
            say_result(&telemetry.shutdown(PATIENCE).await);
        }),
        "drop-within" => on_one_thread(async {
            let telemetry = start();
            works_later().await;
            drop(telemetry);
        }),
        "await-dropped" => on_one_thread(async {
            let telemetry = start();
            works_later().await;
            let shutdown = Box::pin(IntoFuture::into_future(telemetry.shutdown(PATIENCE)));
            drop(shutdown);
        }),
        other => say("unknown", other),
    }
}

fn on_one_thread(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future);
}

fn dies_by(signal: i32) {
    let _telemetry = start();
    record();
    raise(signal);
    wait_for_the_end();
}

/// The program handles the signal, goes on, and ends in its own time.
fn survives(telemetry: Telemetry) {
    raise(libc::SIGTERM);
    let deadline = Instant::now() + PATIENCE;
    while CAUGHT.load(SeqCst) == 0 && Instant::now() < deadline {
        thread::yield_now();
    }
    say("caught", CAUGHT.load(SeqCst) == libc::SIGTERM);
    record();
    say_result(&telemetry.shutdown(PATIENCE).wait());
}

async fn tokio_takes_the_signal() {
    let telemetry = start();
    let mut signals =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals");
    record();
    raise(libc::SIGTERM);
    say("caught", signals.recv().await.is_some());
    // What the handlers that ran before tokio's set off has time to do harm.
    say("flushed", telemetry.flush(PATIENCE).is_ok());
    record();
    say_result(&telemetry.shutdown(PATIENCE).await);
}

extern "C" fn catch(signal: i32) {
    CAUGHT.store(signal, SeqCst);
}

fn install(signal: i32, handler: usize) {
    // SAFETY: `catch` stores to an atomic and nothing else.
    unsafe { libc::signal(signal, handler) };
}

fn raise(signal: i32) {
    // SAFETY: a signal to oneself touches no memory of ours.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// Ends with an error if nothing ends the process.
fn wait_for_the_end() {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        thread::park_timeout(Duration::from_secs(1));
    }
    process::abort();
}
