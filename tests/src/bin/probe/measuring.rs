//! Metrics of every kind that a receiver is to get.

use spandrel::{
    export::Metrics,
    metrics::{self, Counter, Gauge, Histogram, PoolState, UpDownCounter},
    timed,
    trace::Context,
    traced,
};

use crate::output::{PATIENCE, say, shut_down};

static ORDERS: Counter = Counter::new("business.orders.created", "Orders created");
static OPEN: UpDownCounter = UpDownCounter::new("business.orders.open", "Orders that wait");
static LOAD: Gauge = Gauge::new("business.load", "Load of the shop");
static VALUE: Histogram = Histogram::new("business.order.value", "Value of an order").unit("EUR");

#[traced]
#[timed]
fn charge(fails: bool) -> Result<(), std::fmt::Error> {
    // Within a sampled span: an example for whoever looks at the distribution.
    let trace = Context::current().trace_id();
    say(&format!("trace.{}", trace.map_or_else(String::new, |id| id.to_string())), 1);
    VALUE.record(49.9);
    if fails { Err(std::fmt::Error) } else { Ok(()) }
}

fn work() {
    ORDERS.with(&[("region", "eu")]).add(12);
    ORDERS.with(&[("region", "us")]).add(3);
    OPEN.add(2);
    OPEN.add(-1);
    LOAD.set(0.75);
    [0.5, 2.0, 2.0].into_iter().for_each(|value| VALUE.record(value));
    for fails in [false, false, true] {
        let _ = charge(fails);
    }
    metrics::pool("orders", || PoolState::new(7, 3).with_max(10));
}

pub(crate) fn run(how: &str) {
    let builder = spandrel::builder!();
    let builder = if how == "summary" { builder.metrics(Metrics::summary()) } else { builder };
    let telemetry = match builder.init() {
        Ok(telemetry) => telemetry,
        Err(error) => return say("error", error.to_string().replace('\n', " ")),
    };
    work();
    match how {
        "once" | "summary" => {}
        "twice" => {
            say("flushed", telemetry.flush(PATIENCE).is_ok());
            ORDERS.with(&[("region", "eu")]).add(5);
        }
        // Reads, and fails, until the test has seen enough.
        "often" => {
            while telemetry.report().metrics.iter().all(|exporter| exporter.dropped.is_empty()) {
                let _ = telemetry.flush(PATIENCE);
            }
            say("fails", 1);
            let _ = std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new());
        }
        other => return say("unknown", other),
    }
    shut_down(telemetry, PATIENCE);
}
