//! Errors and panics, for a tracker of errors.

use std::{
    fmt,
    future::Future as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use spandrel::{
    FutureExt as _, Span,
    redact::Patterns,
    sentry::{self, Scope, Sentry},
    traced,
};

use crate::{
    forking::{fork, wait},
    output::{PATIENCE, resident_kib, say, shut_down},
};

#[derive(Debug)]
struct Declined(std::num::ParseIntError);

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card 4111 1111 1111 1111 was declined, token=hunter2")
    }
}

impl std::error::Error for Declined {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[traced(err, args, fields(attempt = 1, user_agent.original = "ann's own", url.path = "/ann"))]
fn charge(order: &str, password: &str, email: &str) -> Result<u64, Declined> {
    let _ = (password, email);
    Span::current().event("asking the bank", &[]);
    tracing::warn!("the bank is slow for http://ann:hunter2@bank");
    order.parse().map_err(Declined)
}

#[traced(err)]
fn pay(order: &str) -> Result<u64, Declined> {
    charge(order, "hunter2", "ann@example.org")
}

#[traced(err, name = "handle")]
fn handle(order: &str) -> Result<u64, Declined> {
    tracing::info!("handling");
    pay(order)
}

#[traced(kind = server, fields(http.response.status_code = status))]
fn answer(status: u16) -> u16 {
    status
}

#[traced]
fn explode() {
    panic!("the boiler exploded, password=hunter2");
}

/// Counts the events that would be sent, and sends none.
fn counting(events: &Arc<AtomicUsize>) -> Sentry {
    let events = Arc::clone(events);
    Sentry::new().before_send(move |_| {
        events.fetch_add(1, Relaxed);
        None
    })
}

/// A pattern that fails on what is said of its own failure, too.
fn panics_in_redaction() {
    let events = Arc::default();
    let patterns = Patterns::none().with_fn(|_| panic!("the pattern is wrong"));
    let builder = spandrel::builder!().sentry(counting(&events)).redact_patterns(patterns);
    let telemetry = builder.init().expect("it starts");
    let _ = handle("x");
    telemetry.flush(PATIENCE).expect("there is time enough");
    let _ = handle("x");
    shut_down(telemetry, PATIENCE);
    say("events", events.load(Relaxed));
}

/// Children of a program whose threads log and fail at the same time.
fn forked() {
    let events = Arc::<AtomicUsize>::default();
    let telemetry = spandrel::builder!().sentry(counting(&events)).init().expect("it starts");
    let done = AtomicBool::new(false);
    let report_one = |text| {
        let _span = Span::start("one").enter();
        tracing::info!("before it");
        sentry::capture(&std::io::Error::other(text));
    };
    let mut failed = 0;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    report_one("of a thread");
                }
            });
        }
        for _ in 0..50 {
            // It waits in the parent while the child begins.
            report_one("of the parent");
            let child = fork(|| {
                let before = events.load(Relaxed);
                report_one("of the child");
                let flushed = telemetry.flush(PATIENCE).is_ok();
                i32::from(!flushed || events.load(Relaxed) != before + 1)
            });
            failed += i32::from(wait(child) != 0);
        }
        done.store(true, Relaxed);
    });
    say("failed", failed);
}

/// More than there is memory for, while the sender is held up.
fn lost() {
    const ERRORS: u64 = 3_000;
    static GATE: Mutex<()> = Mutex::new(());
    let held = GATE.lock();
    let sentry = Sentry::new().before_send(|_| {
        drop(GATE.lock());
        None
    });
    let telemetry = spandrel::builder!().sentry(sentry).init().expect("it starts");
    let text = "x".repeat(1 << 20);
    for number in 0..ERRORS {
        let captured = sentry::capture(&std::io::Error::other("large"));
        drop((0..64).fold(captured, |captured, at| captured.with(&format!("key.{at}"), &text)));
        if number.is_multiple_of(100) {
            let _ = telemetry.flush(Duration::ZERO);
        }
    }
    let _ = telemetry.flush(Duration::from_millis(100));
    say("queued", telemetry.report().tracking[0].queued_bytes);
    say("resident", resident_kib());
    drop(held);
    let report = telemetry.shutdown(PATIENCE).wait().expect("there is time enough");
    let tracking = &report.tracking[0];
    let dropped = tracking.dropped.iter().map(|(_, events)| events).sum::<u64>();
    say("dropped", dropped > 0);
    say("delivered", tracking.delivered > 0);
    say("counted", tracking.delivered + dropped == ERRORS);
    sentry::capture(&std::io::Error::other("after the end"));
}

/// Panics where nothing can unwind.
fn aborts() {
    extern "C" fn called_by_others() {
        panic!("the boiler exploded");
    }

    let telemetry = spandrel::builder!().sentry(Sentry::new()).init();
    called_by_others();
    drop(telemetry);
}

/// One event that is answered, and then more of them.
fn limited() {
    let telemetry = spandrel::builder!().sentry(Sentry::new()).init().expect("it starts");
    for _ in 0..6 {
        sentry::capture(&std::io::Error::other("again"));
        telemetry.flush(PATIENCE).expect("nobody waits for the receiver");
    }
    let report = telemetry.shutdown(PATIENCE).wait().expect("there is time enough");
    say("delivered", report.tracking[0].delivered);
    say("dropped", report.tracking[0].dropped.iter().map(|(_, events)| events).sum::<u64>());
}

pub(crate) fn run(how: &str) {
    match how {
        "aborts" => return aborts(),
        "limited" => return limited(),
        "panics-in-redaction" => return panics_in_redaction(),
        "forked" => return forked(),
        "lost" => return lost(),
        _ => {}
    }
    let sentry =
        Sentry::new().failed_statuses(&[503]).attributes(&["attempt"]).before_send(|mut event| {
            event.tags.insert("looked_at".into(), "yes".into());
            Some(event).filter(|event| {
                let dropped =
                    event.exception.values.iter().any(|e| e.value.as_deref() == Some("drop me"));
                !dropped
            })
        });
    let builder = spandrel::builder!();
    let telemetry = match how {
        "env" => builder.init(),
        _ => builder.sentry(sentry).init(),
    }
    .expect("it starts");
    if how == "flood" {
        flood();
    } else {
        each_once();
    }
    shut_down(telemetry, PATIENCE);
}

fn each_once() {
    {
        let _about =
            Scope::new().user("u-17").tag("plan", "gold").tag("api_key", "hunter2").enter();
        say("paid", handle("x").is_ok());
    }
    answer(500);
    answer(503);
    let _ = thread::Builder::new().name("boiler".into()).spawn(explode).expect("it starts").join();
    let error = "y".parse::<u64>().expect_err("no number");
    sentry::capture(&error)
        .with("order", 17)
        .with("token", "hunter2")
        .with("url", "http://a:hunter2@b");
    sentry::capture(&std::io::Error::other("drop me"));
    let work = async { sentry::capture(&std::io::Error::other("in a task")) };
    let work = work.in_context(Scope::new().user("u-18").context());
    let mut work = std::pin::pin!(work);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    say("done", work.as_mut().poll(&mut context).is_ready());
}

/// The tracker does not answer: nobody waits for it.
fn flood() {
    let started = std::time::Instant::now();
    for _ in 0..2_000 {
        let _ = handle("x");
    }
    say("millis", started.elapsed().as_millis());
}
