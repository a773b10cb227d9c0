//! Processes that fork: before, while and after they record.
#![expect(unsafe_code, reason = "there is no safe fork")]

use std::{
    process,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use spandrel::{Span, Telemetry, traced};

use crate::{
    exporters::Counting,
    output::{PATIENCE, say, say_report},
};

pub(crate) fn run(how: &str) {
    match how {
        "once" => once(),
        "nested" => nested(),
        "nested-in-silence" => nested_in_silence(),
        "child-exits" => child_exits(),
        "child-is-told-to-end" => child_is_told_to_end(),
        "never-initialised" => never_initialised(),
        "child-initialises" => child_initialises(),
        "own-exporter" => own_exporter(),
        "amid-threads" => amid_threads(),
        other => say("unknown", other),
    }
}

fn start() -> Telemetry {
    spandrel::init!().expect("the configuration is right")
}

fn record(name: &str, spans: u64) {
    (0..spans).for_each(|_| Span::start(name).end());
}

/// Runs `child` in a child, which exits behind it as a program does; returns its pid.
pub(crate) fn fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs only what glibc, std and this crate promise to survive a fork; that is
    // what is tested.
    match unsafe { libc::fork() } {
        0 => process::exit(child()),
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        pid => pid,
    }
}

/// Waits for a child; its exit code, or its signal plus 128.
pub(crate) fn wait(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
    if libc::WIFSIGNALED(status) { 128 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) }
}

fn once() {
    let telemetry = start();
    record("parent before", 5);
    let running = Span::start("parent running");
    let child = fork(|| {
        running.end();
        record("child", 7);
        let flushed = telemetry.flush(PATIENCE);
        say("child.flushed", flushed.is_ok());
        say("child.produced", flushed.as_ref().map_or(0, |report| report.produced));
        let delivered = flushed.as_ref().map_or(0, |report| report.exporters[0].delivered);
        say("child.delivered", delivered);
        0
    });
    say("child.status", wait(child));
    record("parent after", 3);
    say_report(&telemetry.flush(PATIENCE).expect("there is time enough"));
}

fn nested() {
    let telemetry = start();
    record("parent", 2);
    let child = fork(|| {
        record("child", 3);
        let grandchild = fork(|| {
            record("grandchild", 4);
            i32::from(telemetry.flush(PATIENCE).is_err())
        });
        say("grandchild.status", wait(grandchild));
        record("child", 1);
        i32::from(telemetry.flush(PATIENCE).is_err())
    });
    say("child.status", wait(child));
}

/// The child in the middle records nothing; its child does.
fn nested_in_silence() {
    let _telemetry = start();
    record("parent", 2);
    let child = fork(|| {
        let grandchild = fork(|| {
            record("grandchild", 4);
            0
        });
        wait(grandchild)
    });
    say("child.status", wait(child));
}

/// The child says nothing of flushing: leaving is enough.
fn child_exits() {
    let _telemetry = start();
    record("parent", 2);
    let busy = fork(|| {
        record("child", 3);
        0
    });
    say("busy.status", wait(busy));
    let idle = fork(|| 0);
    say("idle.status", wait(idle));
}

/// A signal to the child is the child's alone.
fn child_is_told_to_end() {
    let _telemetry = start();
    record("parent", 2);
    for records in [true, false] {
        let (mut ready, told) = std::io::pipe().expect("a pipe");
        let child = fork(|| {
            if records {
                record("child", 3);
            }
            drop(told);
            loop {
                thread::park();
            }
        });
        drop(std::io::Read::read_to_end(&mut ready, &mut Vec::new()));
        // SAFETY: it is a child of ours and not yet waited for.
        unsafe { libc::kill(child, libc::SIGTERM) };
        say(if records { "busy.status" } else { "idle.status" }, wait(child));
    }
    record("parent", 1);
    say("parent", "lives");
}

fn never_initialised() {
    record("parent", 2);
    say(
        "child.status",
        wait(fork(|| {
            record("child", 3);
            i32::from(Span::start("silent").is_recording())
        })),
    );
}

/// As servers with worker processes do.
fn child_initialises() {
    for _ in 0..2 {
        let child = fork(|| {
            let _telemetry = start();
            record("child", 3);
            0
        });
        say("child.status", wait(child));
    }
    let telemetry = start();
    record("parent", 2);
    drop(telemetry);
}

/// There is only one of it, and it stays where it is.
fn own_exporter() {
    let counting = Counting::default();
    let telemetry = spandrel::builder!().exporter(counting.clone()).init().expect("it starts");
    record("parent", 2);
    let child = fork(|| {
        record("child", 3);
        let report = telemetry.flush(PATIENCE).expect("there is nothing to wait for");
        say("child.unexported", report.unexported);
        0
    });
    say("child.status", wait(child));
    say_report(&telemetry.flush(PATIENCE).expect("there is time enough"));
    say("exported", counting.spans());
}

macro_rules! sites {
    ($($name:ident)*) => { &[$({
        #[traced]
        fn $name() {}
        $name as fn()
    }),*] };
}

/// Forks while other threads record and meet sites for the first time.
fn amid_threads() {
    const FORKS: usize = 200;
    let sites: &[fn()] = sites!(a b c d e f g h i j k l m n o p);
    let telemetry = start();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    sites.iter().for_each(|site| site());
                    // Takes the lock of the sites.
                    drop(spandrel::functions());
                    Span::start("dynamic").end();
                }
            });
        }
        let failed = (0..FORKS).filter(|_| {
            let child = fork(|| {
                sites[0]();
                drop(spandrel::functions());
                record("child", 1);
                // Leaves without the exit handlers: that is for the other cases.
                // SAFETY: ends the process.
                unsafe { libc::_exit(0) }
            });
            wait(child) != 0
        });
        say("failed", failed.count());
        done.store(true, Relaxed);
    });
    say("flushed", telemetry.flush(PATIENCE).is_ok());
}
