//! Spandrel beside a program that uses `tracing` already: its subscriber stays, one layer is added,
//! and what is new is annotated with `#[traced]`. All of it is one trace.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin beside_tracing
//! ```

use std::{collections::HashMap, io};

use spandrel::{
    trace::propagation::{self, RemoteContext, TraceParent},
    traced,
    tracing::SpanExt as _,
};
use spandrel_examples::Lines;
use tracing::{Instrument as _, info, info_span, instrument, warn};
use tracing_subscriber::{
    Layer as _, filter::LevelFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// As it was written years ago.
mod warehouse {
    use super::*;

    #[instrument(err)]
    pub(crate) async fn reserve(item: &str, pieces: u32) -> io::Result<u32> {
        if item == "unicorn" {
            return Err(io::Error::other("no such item"));
        }
        info!(left = 40, "reserved");
        // What is called from here may be annotated either way.
        Ok(price(item).await * pieces)
    }
}

/// New code.
#[traced]
async fn price(#[field] item: &str) -> u32 {
    tokio::task::yield_now().await;
    let discount = info_span!("discount", customer.token = "t0p-s3cr3t").in_scope(|| 2);
    warn!(discount, "nobody checked this");
    u32::try_from(item.len()).unwrap_or(u32::MAX) * 10 - discount
}

#[traced(err)]
async fn order(#[field] item: &str) -> io::Result<u32> {
    let total = warehouse::reserve(item, 3).await?;
    // A task of its own, in the span of the library that starts it.
    let receipt = tokio::spawn(receipt(total).instrument(info_span!("print")));
    receipt.await.map_err(io::Error::other)
}

#[traced]
async fn receipt(#[field] total: u32) -> u32 {
    total
}

/// The middleware of the program, as it is written for tracing-opentelemetry.
async fn serve(item: &str, traceparent: &str) -> io::Result<u32> {
    let span = info_span!(
        "request",
        otel.name = format!("POST /orders/{item}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
    );
    let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    if span.set_parent(propagation::extract(&headers)).is_err() {
        warn!("the caller's trace ends here");
    }
    let result = order(item).instrument(span.clone()).await;
    span.record("otel.status_code", if result.is_ok() { "OK" } else { "ERROR" });
    result
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What the program had before, and one line more.
    tracing_subscriber::registry()
        .with(fmt::layer().with_ansi(false).without_time().with_filter(LevelFilter::INFO))
        .with(spandrel::tracing::layer())
        .init();
    let telemetry = spandrel::builder!().exporter(Lines).init()?;

    let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    println!("calling trace {}", RemoteContext::from(TraceParent::parse(caller)?).trace_id());
    for item in ["lamp", "unicorn"] {
        match serve(item, caller).await {
            Ok(total) => println!("{item}: {total}"),
            Err(error) => println!("{item}: {error}"),
        }
    }

    drop(telemetry);
    Ok(())
}
