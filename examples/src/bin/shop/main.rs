//! Two services that talk to each other, and customers who keep them busy.
//!
//! ```sh
//! cargo run --release -p spandrel-examples --bin shop              # ten seconds of load
//! cargo run --release -p spandrel-examples --bin shop -- --stay    # and then wait for Ctrl-C
//! ```
//!
//! `orders` keeps orders in SQLite and has them paid by `payments`, over HTTP. Each is a process of
//! its own, started by this one, and both are what you would write anyway: axum, sqlx, reqwest. All
//! that is Spandrel's is one line in `main`, one layer for each router, one for the client, and the
//! attributes. Without configuration spans go to files that this program names at its end; with
//! `OTEL_EXPORTER_OTLP_ENDPOINT` they go to your collector, metrics and logs with them.

mod load;
mod orders;
mod payments;
mod service;

use std::{error::Error, time::Duration};

use service::Child;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["payments"] => payments::main(),
        ["orders", payments] => orders::main(payments),
        [] => show(Duration::from_secs(10), false),
        ["--stay"] => show(Duration::from_secs(10), true),
        ["--seconds", seconds] => show(Duration::from_secs(seconds.parse()?), false),
        _ => Err("usage: shop [--seconds N | --stay]".into()),
    }
}

/// Starts both services, sends customers, and says where to look.
#[tokio::main(flavor = "current_thread")]
async fn show(length: Duration, stay: bool) -> Result<()> {
    let payments = Child::start("payments", &[]).await?;
    let orders = Child::start("orders", &[payments.url()]).await?;

    println!("customers come for {length:?}…");
    let seen = load::run(orders.url(), length).await?;
    println!("\nwhat the customers saw:\n{seen}");

    println!("what the services counted:\n");
    for service in [&orders, &payments] {
        println!("{}", load::metrics_of(service.url()).await?);
    }
    println!("where to look:");
    for service in [&orders, &payments] {
        service.say_where();
    }
    if stay {
        println!("\nCtrl-C ends it.");
        tokio::signal::ctrl_c().await?;
    }
    orders.stop().await?;
    payments.stop().await
}
