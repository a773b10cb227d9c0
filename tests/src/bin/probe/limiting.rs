//! One of several processes that share a limit.

use std::time::{Duration, Instant};

use spandrel::{
    redis_1::{Link, SharedRateLimiter, WhileAway},
    resilience::{Rate, RateLimiter},
};

use crate::output::say;

/// `port,milliseconds,patient|closed`: takes as much as it can get for so long.
pub(crate) fn run(how: &str) {
    let mut parts = how.split(',');
    let mut next = || parts.next().expect("there are three parts");
    let (port, millis, mode) = (next(), next().parse().expect("a number"), next());
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).expect("an address");
    let link = match mode {
        // So that nobody decides alone because the machine is busy.
        "patient" => Link::new(client).patience(Duration::from_secs(10)),
        _ => Link::new(client).pause(Duration::from_millis(50)),
    };
    let limiter = RateLimiter::new("shared", Rate::per_second(200)).burst(20);
    let limiter = SharedRateLimiter::new(&link, limiter).away(WhileAway::Closed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let end = Instant::now() + Duration::from_millis(millis);
    let admitted = runtime.expect("it starts").block_on(async {
        let mut admitted = 0;
        while Instant::now() < end {
            match limiter.check().await {
                Ok(()) => admitted += 1,
                Err(rejected) => {
                    let after = rejected.retry_after().unwrap_or(Duration::from_millis(5));
                    tokio::time::sleep(after).await;
                }
            }
        }
        admitted
    });
    say("admitted", admitted);
    say("away", limiter.statistics().away());
}
