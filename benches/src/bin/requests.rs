//! Prints what the layer of a server adds to a request, and how long a scrape takes.
//!
//! Requests are handed to the router itself: what is measured is the layer, not the network.
//! `requests COUNT SUBJECT` answers so many and prints nothing, for a tool that counts instructions.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::Path, routing::get};
use http::Request;
use http_body_util::BodyExt as _;
use spandrel::metrics::Histogram;
use spandrel_benches::{
    Sink, Subject,
    allocator::{self, Counting},
    subjects,
};
use tower_layer::Identity;
use tower_service::Service as _;

/// Fewer than any queue holds.
const BURST: u64 = 1_000;
const BURSTS: usize = 60;
const SCRAPES: usize = 15;

/// As many as a large program has functions, each with as many buckets as one can have.
const SERIES: u64 = 1_000;
const BUCKETS: u64 = 160;
static LATENCY: Histogram = Histogram::new("benches.latency", "Latency").unit("s");

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let ours = subjects().into_iter().find(|subject| subject.sinks().len() == 4);
    let ours = ours.expect("the recorder itself");
    ours.install(Sink::Discard);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    runtime.block_on(async {
        match arguments[..] {
            [count, subject] => {
                let router = match subject {
                    "bare" => bare(),
                    "empty" => empty(),
                    _ => layered(),
                };
                let count = count.parse().expect("a number of requests");
                measured(&router, count).await;
            }
            _ => {
                requests(ours).await;
                scrapes().await;
            }
        }
    });
}

fn bare() -> Router {
    let answer = async |Path(id): Path<u64>| if black_box(id) > 0 { "an order" } else { "none" };
    Router::new().route("/orders/{id}", get(answer))
}

/// What axum itself does for any layer.
fn empty() -> Router {
    bare().layer(Identity::new())
}

fn layered() -> Router {
    bare().layer(spandrel::http::server())
}

/// One after the other, in turns, so that what disturbs the machine disturbs both.
async fn requests(ours: &'static dyn Subject) {
    let routers =
        [("bare axum", bare()), ("axum, an empty layer", empty()), ("spandrel", layered())];
    let mut times = [const { Vec::new() }; 3];
    let mut allocations = [0; 3];
    for burst in 0..=BURSTS {
        for (index, (_, router)) in routers.iter().enumerate() {
            let (before, began) = (allocator::here(), Instant::now());
            measured(router, BURST).await;
            let took = began.elapsed();
            // The first is for all memory at its size.
            if burst > 0 {
                times[index].push(took);
                allocations[index] += allocator::here() - before;
            }
            ours.settle();
        }
    }
    for (index, (name, _)) in routers.iter().enumerate() {
        let each = median(&mut times[index]).as_nanos() as f64 / BURST as f64;
        println!("request-ns\trequest\t{name}\t{each:.1}");
        let each = allocations[index] as f64 / (BURST as f64 * BURSTS as f64);
        println!("request-allocations\trequest\t{name}\t{each:.2}");
    }
}

/// Answers so many requests, each read to its end.
#[inline(never)]
async fn measured(router: &Router, count: u64) {
    for _ in 0..count {
        let request = Request::get("/orders/17").header("host", "localhost").body(Body::empty());
        let response = router.clone().call(request.expect("a request")).await.expect("infallible");
        assert_eq!(response.status(), 200);
        black_box(response.into_body().collect().await.expect("a body"));
    }
}

async fn scrapes() {
    for series in 0..SERIES {
        let series = series.to_string();
        let handle = LATENCY.with(&[("function", series.as_str())]);
        for bucket in 0..BUCKETS {
            // Eight buckets double the value.
            handle.record(1e-6 * (bucket as f64 / 8.0).exp2());
        }
    }
    let mut pages = spandrel::admin::router();
    for (form, accept) in [
        ("text", "text/plain"),
        ("OpenMetrics", "application/openmetrics-text"),
        ("protobuf", "application/vnd.google.protobuf"),
    ] {
        let mut times = Vec::new();
        for _ in 0..SCRAPES {
            let request = Request::get("/metrics").header("accept", accept).body(Body::empty());
            let began = Instant::now();
            let page = pages.call(request.expect("a request")).await.expect("infallible");
            let page = page.into_body().collect().await.expect("a body").to_bytes();
            times.push(began.elapsed());
            assert!(page.len() > 100_000, "{form}: {} bytes", page.len());
        }
        println!("scrape-ms\t{form}\tspandrel\t{:.2}", median(&mut times).as_secs_f64() * 1e3);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[global_allocator]
static COUNTING: Counting = Counting;
