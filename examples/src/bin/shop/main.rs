//! Two services that talk to each other, and customers who keep them busy.
//!
//! ```sh
//! cargo run --release -p spandrel-examples --bin shop              # ten seconds of load
//! cargo run --release -p spandrel-examples --bin shop -- --stay    # and then wait for Ctrl-C
//! cargo run --release -p spandrel-examples --bin shop -- outage    # policies: see `outage`
//! ```
//!
//! `orders` keeps orders in SQLite and has them paid by `payments`, over HTTP. Each is a process of
//! its own, started by this one, and both are what you would write anyway: axum, sqlx, reqwest. All
//! that is Spandrel's is
//!
//! - one line when the program starts, and one at its end (`service::run`);
//! - a layer around the routes: a span, metrics and a correlation id for each request, and
//!   `/metrics` beside them (`service::serve`);
//! - a middleware for requests that go out: that makes it one trace (`Orders::open`);
//! - attributes on what is worth a look (`orders`, `payments`, `store`), and two metrics that know
//!   of the business (`SOLD`, `VALUE`).
//!
//! Look at what it prints at its end: how often which function and which route failed or was
//! cancelled, as Prometheus would read it; a folder with the spans and the log lines of both
//! services; and a visit to search there by its correlation id, which all of them bear. With
//! `OTEL_EXPORTER_OTLP_ENDPOINT` set, all three go to that collector instead.

mod load;
mod orders;
mod outage;
mod payments;
mod service;
mod store;

use std::{error::Error, time::Duration};

use service::Child;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["payments"] => payments::main(),
        ["orders", payments] => orders::main(payments),
        ["provider"] => outage::provider::main(),
        ["outage"] => outage::compare(),
        ["outage", "with"] => outage::show(outage::Mode::With),
        ["outage", "without"] => outage::show(outage::Mode::Without),
        [] => show(Duration::from_secs(10), false),
        ["--stay"] => show(Duration::from_secs(10), true),
        ["--seconds", seconds] => show(Duration::from_secs(seconds.parse()?), false),
        _ => Err("usage: shop [--seconds N | --stay | outage [with | without]]".into()),
    }
}

/// Starts both services, sends customers, and says where to look.
#[tokio::main(flavor = "current_thread")]
async fn show(length: Duration, stay: bool) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("spandrel-shop-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let payments = Child::start("payments", &[], &folder).await?;
    let orders = Child::start("orders", &[payments.url()], &folder).await?;

    println!("customers come for {length:?}…");
    let seen = load::run(orders.url(), length).await?;
    println!("\nwhat the customers saw:\n{seen}");

    println!("what the services counted:\n");
    for service in [&orders, &payments] {
        println!("{}", load::metrics_of(service.url()).await?);
    }
    println!("where to look:");
    if stay {
        for service in [&orders, &payments] {
            println!("  {0:<9}  {1}/metrics  {1}/functions", service.name(), service.url());
        }
    }
    println!("  traces     {}", service::traces(&folder));
    println!("  log lines  {}", folder.join("*.log.jsonl").display());
    println!("  one visit  grep -hw visit-1 {}", folder.join("*").display());
    if stay {
        println!("\nCtrl-C ends it.");
        tokio::signal::ctrl_c().await?;
    }
    orders.stop().await?;
    payments.stop().await
}
