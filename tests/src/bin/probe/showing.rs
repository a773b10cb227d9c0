//! Spans on which every setting of the environment shows.

use std::{
    collections::HashMap,
    io::Read as _,
    time::{Duration, Instant},
};

use spandrel::{
    Span,
    trace::{
        Context,
        propagation::{self, Baggage},
    },
    traced,
};

use crate::output::{PATIENCE, say, say_report, shut_down};

#[traced(fields(text, a = 1, b = 2, c = 3))]
fn shown(text: &str) {
    let span = Span::current();
    for _ in 0..3 {
        span.event("event", &[("text", &text), ("a", &1), ("b", &2), ("c", &3)]);
        span.add_link(&Context::current());
    }
    detail();
}

#[traced(level = debug)]
fn detail() {}

#[traced]
fn one() {}

#[traced]
fn spins(time: Duration) -> Duration {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
    began.elapsed()
}

pub(crate) fn run(how: &str) {
    let telemetry = match spandrel::init!() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            say("refused", error.is_configuration());
            return say("error", error.to_string().replace('\n', " "));
        }
    };
    match how {
        "once" => {
            headers();
            shown("twenty characters...");
        }
        "many" => (0..400).for_each(|_| one()),
        "unhurried" => {
            one();
            say("recorded", 1);
            // Until the test has seen what it waits for.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            return say_report(&telemetry.report());
        }
        "clock" => {
            let least = Duration::from_millis(2);
            let began = Instant::now();
            let inner = spins(least);
            say("least-nanos", inner.as_nanos());
            say("most-nanos", began.elapsed().as_nanos());
        }
        "briefly" => {
            (0..100).for_each(|_| one());
            return shut_down(telemetry, Duration::from_secs(2));
        }
        other => return say("unknown", other),
    }
    shut_down(telemetry, PATIENCE);
}

/// Says which headers an outgoing request has.
fn headers() {
    let span = Span::start("outgoing");
    let context = span.context().with_baggage(Baggage::parse("tenant=acme"));
    let mut carrier = HashMap::new();
    propagation::inject_context(&context, &mut carrier);
    let mut names: Vec<_> = carrier.keys().cloned().collect();
    names.sort();
    say("headers", names.join(","));
}
