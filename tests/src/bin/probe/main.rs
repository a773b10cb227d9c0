//! One program that starts, records, forks and ends in every way there is.
//!
//! What telemetry does to a process cannot be seen within a test: it has one recorder, one
//! environment and one end. The tests in `tests/processes` run this program for each case, look at
//! what it says on stdout (`key=value`, line by line) and at how it ended.

mod bridging;
mod configuring;
#[cfg(unix)]
mod ending;
mod exporters;
#[cfg(unix)]
mod flight;
mod flood;
#[cfg(unix)]
mod forking;
mod limiting;
#[cfg(unix)]
mod logging;
mod measuring;
mod output;
mod propagating;
mod routing;
mod scraping;
mod secrets;
mod showing;
mod spooling;
mod starting;
mod subscribing;
mod tail;
mod tracking;

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["bridging", how] => bridging::run(how),
        ["configuring", how] => configuring::run(how),
        #[cfg(unix)]
        ["ending", how] => ending::run(how),
        #[cfg(unix)]
        ["forking", how] => forking::run(how),
        #[cfg(unix)]
        ["flight", how] => flight::run(how),
        ["flood", how] => flood::run(how),
        ["limiting", how] => limiting::run(how),
        #[cfg(unix)]
        ["logging", how] => logging::run(how),
        ["measuring", how] => measuring::run(how),
        ["propagating", how] => propagating::run(how),
        ["routing", how] => routing::run(how),
        ["scraping", how] => scraping::run(how),
        ["showing", how] => showing::run(how),
        ["spooling", how] => spooling::run(how),
        ["starting", how] => starting::run(how),
        ["subscribing", how] => subscribing::run(how),
        ["secrets", how] => secrets::run(how),
        ["tracking", how] => tracking::run(how),
        ["tail", how] => tail::run(how),
        _ => return ExitCode::from(64),
    }
    ExitCode::SUCCESS
}
