//! The services with all that Spandrel sees: spans, metrics, log records, queries, correlation.

use std::{future::Future, time::Duration};

use reqwest_middleware::ClientBuilder;
use spandrel::{
    http,
    metrics::{Counter, Histogram},
    timed, traced,
};
use tokio::runtime::Runtime;

use super::service::services;

services!(
    "spandrel",
    each: [traced, timed],
    store: [traced, timed],
    of_order(order): [traced(fields(order.id = order)), timed]
);

static SOLD: Counter = Counter::new("shop.orders.sold", "Orders that were paid");
static VALUE: Histogram =
    Histogram::new("shop.order.value", "What was paid for an order").unit("EUR");

fn run(serve: impl Future<Output = Result<()>>) -> Result<()> {
    Runtime::new()?.block_on(async {
        let telemetry = spandrel::init!()?;
        serve.await?;
        let report = telemetry.shutdown(Duration::from_secs(10)).await?;
        // A lost span would flatter.
        let lost: u64 = report.dropped.iter().map(|(_, count)| count).sum();
        if lost == 0 { Ok(()) } else { Err(report.to_string().into()) }
    })
}

fn around(routes: Router) -> Router {
    routes.layer(http::server())
}

fn middleware(client: reqwest::Client) -> ClientWithMiddleware {
    ClientBuilder::new(client).with(http::client()).build()
}

fn sold(item: &str, euros: f64) {
    SOLD.with(&[("item", item)]).add(1);
    VALUE.record(euros);
}
