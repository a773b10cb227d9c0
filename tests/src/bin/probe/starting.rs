//! Starting twice, wrongly, for nothing, or not at all.

use std::{collections::HashMap, time::Duration};

use spandrel::{
    Outcome, Span, timed,
    trace::{Context, propagation},
    traced,
};

use crate::{
    exporters::Counting,
    output::{PATIENCE, say, say_report, shut_down},
};

const REMOTE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[traced(fields(n))]
fn doubles(n: u64) -> u64 {
    n * 2
}

pub(crate) fn run(how: &str) {
    match how {
        "twice" => twice(),
        "at-once" => {
            let _ = spandrel::init!();
        }
        "never" => works_under_a_remote_parent(),
        "off" => {
            let counting = Counting::default();
            let builder = spandrel::builder!().exporter(counting.clone());
            let telemetry = builder.init().expect("the configuration is right");
            works_under_a_remote_parent();
            shut_down(telemetry, PATIENCE);
            say("exported", counting.spans());
        }
        "late" => late(),
        "windows" => windows(),
        "report" => reports(),
        other => say("unknown", other),
    }
}

fn twice() {
    let first = spandrel::init!();
    say("first", first.is_ok());
    match spandrel::init!() {
        Ok(_) => say("second", "started"),
        Err(error) => {
            say("second", error.is_already_running());
            say("error", error);
        }
    }
    // The refused one has changed nothing: the first goes on.
    doubles(1);
    shut_down(first.expect("it started"), PATIENCE);
    say("after", spandrel::init!().is_err_and(|error| error.is_already_running()));
}

/// Nothing is recorded, everything works, and the trace of another process goes on.
fn works_under_a_remote_parent() {
    say("doubled", doubles(21));
    say("active", Context::current().is_active());
    let headers = HashMap::from([("traceparent".to_owned(), REMOTE.to_owned())]);
    let _attached = propagation::extract(&headers).attach();
    let span = Span::start("dynamic");
    let outgoing = span.in_scope(|| {
        let mut outgoing = HashMap::new();
        doubles(1);
        propagation::inject(&mut outgoing);
        outgoing
    });
    say("recording", span.is_recording());
    say("passed-on", outgoing.get("traceparent").is_some_and(|header| header == REMOTE));
}

/// What was begun before telemetry started is not recorded, what begins after it is.
fn late() {
    doubles(1);
    let early = Span::start("early");
    let counting = Counting::default();
    let telemetry = spandrel::builder!().exporter(counting.clone()).init().expect("it starts");
    early.in_scope(|| doubles(2));
    early.end();
    doubles(3);
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
    doubles(4);
    say("exported-afterwards", counting.spans());
}

/// Reports add up after each flush, also with spans that run, were discarded, or ended elsewhere.
fn reports() {
    let counting = Counting::default();
    let telemetry = spandrel::builder!().exporter(counting.clone()).init().expect("it starts");
    let running = Span::start("running");
    for n in 0..1_000 {
        doubles(n);
    }
    Span::start("discarded").discard();
    let elsewhere = Span::start("elsewhere");
    std::thread::spawn(move || elsewhere.end()).join().expect("it does not panic");
    say_report(&telemetry.flush(PATIENCE).expect("there is time enough"));
    running.end();
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
}

#[timed]
fn is_watched() {}

/// One call before the window begins, and two within.
fn windows() {
    is_watched();
    let length = Duration::from_secs(600);
    let telemetry = spandrel::builder!().windows([length]).init().expect("a good configuration");
    // Whoever flushes has the background thread read everything once at least.
    telemetry.flush(PATIENCE).expect("nothing hangs");
    is_watched();
    is_watched();

    let functions = spandrel::functions();
    let found = functions.iter().find(|function| function.name() == "is_watched");
    let found = found.expect("an annotated function");
    say("since-start", found.calls(Outcome::Ok).unwrap_or_default());
    for window in found.windows() {
        say("window", window.length().as_secs());
        say("within", window.statistics().total());
        say("median", window.statistics().p50().is_some());
        say("rate", window.per_minute() > 0.0);
    }
    say("shown", functions.to_live_json().contains(r#""windows":[{"seconds":600,"#));
    shut_down(telemetry, PATIENCE);
}
