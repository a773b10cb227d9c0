//! A program that logs: within a request, in every form, and too much of it.

use std::{fmt, io::Write as _, thread};

use axum::{Router, body::Body, routing::get};
use http::Request;
use spandrel::{Telemetry, export::LogLines, traced};
use tower_service::Service as _;

use crate::{
    forking::{fork, wait},
    output::{PATIENCE, say},
};

/// Everything that was said about logs is on stderr, where no line of a log goes.
fn report(telemetry: Telemetry) {
    let report = telemetry.shutdown(PATIENCE).wait().expect("there is time enough");
    let logs = report.logs.expect("records go somewhere");
    let sum = |dropped: &[(_, u64)]| dropped.iter().map(|(_, count)| count).sum::<u64>();
    let lines = &logs.exporters[0];
    let numbers = [
        ("produced", logs.produced),
        ("unsampled", logs.unsampled),
        ("delivered", lines.delivered),
        ("dropped", sum(&logs.dropped) + sum(&lines.dropped)),
    ];
    for (name, number) in numbers {
        writeln!(std::io::stderr(), "{name}={number}").expect("the test listens");
    }
}

pub(crate) fn run(how: &str) {
    match how {
        "request" => {
            let telemetry = spandrel::init!().expect("it starts");
            tracing::info!("outside of everything");
            request();
            log::warn!(target: "old::crate", attempt = 3; "by the log crate");
            report(telemetry);
        }
        "hostile" => {
            let telemetry = spandrel::init!().expect("it starts");
            hostile();
            report(telemetry);
        }
        "threads" => {
            let telemetry = spandrel::init!().expect("it starts");
            threads();
            report(telemetry);
        }
        "exit" => {
            let _telemetry = spandrel::init!().expect("it starts");
            tracing::info!("the last thing");
            std::process::exit(0);
        }
        "after" => {
            drop(spandrel::init!().expect("it starts"));
            tracing::info!("after the end");
        }
        "panic" => {
            let telemetry = spandrel::init!().expect("it starts");
            tracing::info!("before the panic");
            let _telemetry = telemetry;
            panic!("on the main thread");
        }
        "own" => {
            // A subscriber of the program's own, in which our layer writes what it is told to.
            use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
            tracing_subscriber::registry().with(spandrel::tracing::layer()).init();
            let lines = LogLines::json().to_stdout();
            let builder = spandrel::builder!().log_lines(lines).log_filter("warn,probe=debug");
            let telemetry = builder.init().expect("it starts");
            tracing::debug!("by a layer of the program's own");
            tracing::info!(target: "elsewhere", "not wanted");
            report(telemetry);
        }
        "exception" => {
            let telemetry = spandrel::init!().expect("it starts");
            let _ = outermost();
            report(telemetry);
        }
        "exported" => {
            let telemetry = spandrel::init!().expect("it starts");
            for number in 0..3 {
                tracing::info!(number, "said once");
                // Each is an export, of which its own libraries have a lot to say.
                telemetry.flush(PATIENCE).expect("there is time enough");
            }
            telemetry.flush(PATIENCE).expect("there is time enough");
            report(telemetry);
        }
        "unsampled" => {
            let telemetry = spandrel::init!().expect("it starts");
            unsampled();
            report(telemetry);
        }
        "forked" => forked(),
        other => say("unknown", other),
    }
}

fn request() {
    let app = Router::new().route("/orders/{id}", get(|| async { handle() }));
    let mut app = app.layer(spandrel::http::server());
    let request = Request::builder().uri("/orders/12").header("x-correlation-id", "order-7");
    let request = request.body(Body::empty()).expect("it is a request");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let response = runtime.block_on(async { app.call(request).await });
    assert_eq!(response.map(|response| response.status().as_u16()), Ok(200));
}

#[traced]
fn handle() {
    tracing::info!(order.id = 12, paid = true, total = 49.5, "order taken");
    tracing::error!(error = %"card declined", password = "hunter2", "payment failed");
    tracing::event!(name: "cache.miss", tracing::Level::WARN, key = "cart", "not there");
}

/// Ends lines, moves the cursor, and pretends to be another record.
fn hostile() {
    tracing::info!(
        text = "two\nlines\r\n{\"level\":\"ERROR\"}",
        level = "FATAL",
        trace_id = "forged",
        "\u{1b}[2J\u{0}\u{7f}\u{2028} \"quoted\" \\ and 世界",
    );
    tracing::info!(text = "x".repeat(1 << 20), "enormous");
    tracing::info!(value = %Panics, "a value that panics");
    tracing::info!(value = %Logs(3), "a value that logs");
    tracing::info!("and whole again");
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("shown"))
    }
}

struct Logs(u32);

impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 {
            tracing::info!(value = %Logs(self.0 - 1), "within a value");
        }
        f.write_str("shown")
    }
}

fn threads() {
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for at in 0..500 {
                    tracing::info!(thread, at, padding = "x".repeat(at % 97), "one of many");
                }
            });
        }
    });
}

fn unsampled() {
    handle();
    tracing::info!("in no trace");
}

#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card declined")
    }
}

impl std::error::Error for Declined {}

macro_rules! pass_on {
    ($($name:ident => $callee:ident;)*) => {$(
        #[traced]
        fn $name() -> Result<(), Declined> {
            $callee()
        }
    )*};
}

pass_on! {
    outermost => third;
    third => second;
    second => first;
    first => innermost;
}

#[traced]
fn innermost() -> Result<(), Declined> {
    Err(Declined)
}

/// The parent's lines are its own, the child's too.
fn forked() {
    let telemetry = spandrel::init!().expect("it starts");
    tracing::info!("of the parent");
    telemetry.flush(PATIENCE).expect("there is time enough");
    let child = fork(|| {
        tracing::info!("of the child");
        0
    });
    assert_eq!(wait(child), 0);
    report(telemetry);
}
