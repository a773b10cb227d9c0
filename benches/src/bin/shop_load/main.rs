//! Prints what a service costs with all of Spandrel on, with nothing, and with `tracing-opentelemetry`.
//!
//! `shop_load` measures the variants in turn, each as two processes that talk to each other: `orders`,
//! which keeps its orders in SQLite, and `payments`. Twice: without the bank that `payments` of the
//! example `shop` waits for and with customers for all of the machine, so that everything that costs
//! time shows (`shop-load`); and with the bank and customers for half of it, as services are run
//! (`shop-load-bank`). `shop_load --seconds 5 --rounds 3` says how long.
//!
//! `time` is the time that went by for each request, the inverse of the throughput; `p50` and `p99`
//! are how long customers waited, `cpu` is the CPU time of both services for each request; all in
//! microseconds.
//!
//! Spans, metrics and log records go to the collector of `OTEL_EXPORTER_OTLP_ENDPOINT`; without one,
//! to a receiver that discards them. Every trace is sampled.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

mod bare;
mod child;
mod load;
mod ours;
mod peer;
mod receiver;
mod service;
mod store;

use std::{env, error::Error, time::Duration};

use child::Child;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

struct Scene {
    metric: &'static str,
    /// At a time.
    customers: usize,
    /// How long the bank takes, in milliseconds.
    bank: &'static str,
}

const SCENES: [Scene; 2] = [
    Scene { metric: "shop-load", customers: 16, bank: "0" },
    Scene { metric: "shop-load-bank", customers: 4, bank: "2" },
];

/// Until connections, pools and caches are as they stay.
const WARM_UP: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["orders", variant, payments] => service::variant(variant)?.orders(payments),
        ["payments", variant, bank] => {
            service::wait_for_bank(bank.parse()?);
            service::variant(variant)?.payments()
        }
        [] => measure(Duration::from_secs(5), 3),
        ["--seconds", seconds, "--rounds", rounds] => {
            measure(Duration::from_secs(seconds.parse()?), rounds.parse()?)
        }
        _ => Err("usage: shop_load [--seconds N --rounds N]".into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn measure(length: Duration, rounds: usize) -> Result<()> {
    let endpoint = match env::var("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Ok(endpoint) => endpoint,
        Err(_) => receiver::start()?,
    };
    // In turn, so that whatever else the machine does meets all of them.
    for _ in 0..rounds {
        for scene in &SCENES {
            for variant in service::VARIANTS {
                let name = variant.name;
                let payments = Child::start(&["payments", name, scene.bank], &endpoint).await?;
                let orders = Child::start(&["orders", name, &payments.url], &endpoint).await?;
                round(scene, name, orders, payments, length).await?;
            }
        }
    }
    Ok(())
}

async fn round(
    scene: &Scene,
    name: &str,
    mut orders: Child,
    mut payments: Child,
    length: Duration,
) -> Result<()> {
    load::run(&orders.url, scene.customers, WARM_UP).await?;
    let before = orders.cpu_time().await? + payments.cpu_time().await?;
    let seen = load::run(&orders.url, scene.customers, length).await?;
    let spent = orders.cpu_time().await? + payments.cpu_time().await? - before;
    // Orders first: they would miss the payments.
    orders.stop().await?;
    payments.stop().await?;

    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let count = seen.count() as f64;
    for (kind, value) in [
        ("time", micros(seen.length) / count),
        ("p50", micros(seen.within(0.5))),
        ("p99", micros(seen.within(0.99))),
        ("cpu", micros(spent) / count),
    ] {
        println!("{}\t{kind}\t{name}\t{value:.1}", scene.metric);
    }
    Ok(())
}
