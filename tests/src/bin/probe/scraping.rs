//! A program that is scraped, and one that sends its metrics itself.

use std::{io::Read as _, net::TcpListener, panic};

use spandrel::{
    AsOutcome, Outcome, Rejected, bulkhead, circuit_breaker, fallback,
    metrics::{Counter, Gauge, Histogram},
    rate_limit,
    resilience::RejectedKind,
    retry, timed,
    trace::Context,
    traced,
};

use crate::{
    exporters::Counting,
    output::{PATIENCE, say, say_report},
};

static ORDERS: Counter = Counter::new("shop.orders.created", "Orders created").unit("{order}");
static DEPTH: Gauge = Gauge::new("shop.queue.utilization", "How full the queue is").unit("1");
static VALUE: Histogram = Histogram::new("shop.order.size", "Sizes of orders").unit("By");
static ODD: Counter = Counter::new("shop.odd", "A label with \"quotes\", \\ and\nlines");

// Names that leave no room for their unit.
static BYTES: Counter = Counter::new("bytes", "Bytes sent").unit("By");
static WAITING: Gauge = Gauge::new("shop.queue.size", "Orders that wait").unit("count");
/// The name is that of what says whose the metrics are.
static TAKEN: Gauge = Gauge::new("target.info", "Something else");

#[timed(slo(latency = "300ms", target = 0.99))]
#[traced]
fn charge(cents: u64) -> Result<u64, std::num::TryFromIntError> {
    u8::try_from(cents).map(u64::from)
}

/// Fails until its breaker opens.
#[circuit_breaker(consecutive = 3, open_for = "1h")]
#[retry(max_attempts = 2, backoff = "1ms..2ms")]
#[timed]
fn pay() -> Result<(), Rejected> {
    Err(Rejected::new(RejectedKind::Chaos, "the provider"))
}

#[fallback(value = 0)]
#[bulkhead(max_concurrent = 3)]
#[rate_limit(rate = "2/h", key = region, label_key)]
fn price(region: &str) -> Result<usize, Rejected> {
    Ok(region.len())
}

/// Ended in every way, with more types of errors than are told apart.
#[timed(slow = "2s", slo(latency = "300ms", target = 0.99), slo(errors, target = 0.999))]
fn worst<R: AsOutcome>(end: impl FnOnce() -> R) -> R {
    end()
}

/// The same without objectives.
#[timed]
fn plain<R: AsOutcome>(end: impl FnOnce() -> R) -> R {
    end()
}

struct Ended<const TYPE: usize>(Outcome);

impl<const TYPE: usize> AsOutcome for Ended<TYPE> {
    fn as_outcome(&self) -> Outcome {
        self.0
    }
}

pub(crate) fn run(how: &str) {
    let mut builder = spandrel::builder!().exporter(Counting::default());
    // The port is in use, or whoever asks is never answered.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken_address = taken.local_addr().expect("it is bound").to_string();
    builder = match how {
        "admin" => {
            TAKEN.set(2.0);
            builder.admin("127.0.0.1:0")
        }
        "metrics" => builder.prometheus("127.0.0.1:0"),
        "taken" => builder.admin(&taken_address),
        _ => builder,
    };
    let telemetry = match builder.init() {
        Ok(telemetry) => telemetry,
        Err(error) => return say("error", error),
    };
    count();
    end_in_every_way();
    if let Some(address) = telemetry.admin_address() {
        say("address", address);
    }
    say("ready", "");
    let _ = std::io::stdin().read(&mut [0]);
    let stopped = telemetry.shutdown(PATIENCE).wait();
    say("stopped", stopped.is_ok());
    if let Ok(report) = stopped {
        say_report(&report);
        for exporter in &report.metrics {
            say(&format!("{}.delivered", exporter.name), exporter.delivered);
            say(&format!("{}.dropped", exporter.name), exporter.dropped.len());
        }
    }
}

fn end_in_every_way() {
    for outcome in [Outcome::Ok, Outcome::Rejected, Outcome::Cancelled] {
        worst(|| Ended::<0>(outcome));
        plain(|| Ended::<0>(outcome));
    }
    let panics = || -> Ended<0> { panic::resume_unwind(Box::new(())) };
    let _ = (panic::catch_unwind(|| worst(panics)), panic::catch_unwind(|| plain(panics)));
    fail::<0>();
    fail::<1>();
    fail::<2>();
    fail::<3>();
    fail::<4>();
    fail::<5>();
    fail::<6>();
    fail::<7>();
    fail::<8>();
    fail::<9>();
}

fn fail<const TYPE: usize>() {
    worst(|| Ended::<TYPE>(Outcome::Error));
    plain(|| Ended::<TYPE>(Outcome::Error));
}

/// Counts what the test expects.
#[traced]
fn count() {
    say("trace", Context::current().trace_id().map_or_else(String::new, |id| id.to_string()));
    for cents in 0..100 {
        let _ = charge(cents);
    }
    for cents in 1_000..1_007 {
        let _ = charge(cents);
    }
    ORDERS.with(&[("region", "eu")]).add(41);
    ORDERS.with(&[("region", "us")]).add(1);
    DEPTH.set(0.25);
    BYTES.add(512);
    WAITING.set(3.0);
    // 1 to 1,000: half of them are at most 500.
    (1_u32..=1_000).for_each(|size| VALUE.record(size));
    for _ in 0..3 {
        let _ = (pay(), price("eu"));
    }
    ODD.with(&[("text", "\"a\\b\"\n{c}")]).add(1);
}
