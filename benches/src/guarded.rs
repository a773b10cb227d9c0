//! Calls that Spandrel guards, where nothing fails and nothing is refused, and what is refused.

use std::{sync::Once, time::Duration};

use spandrel::{
    bulkhead, circuit_breaker, fallback, hedge, rate_limit,
    resilience::{CircuitBreaker, CircuitState},
    retry, timed, timeout, traced,
};

use crate::{
    ours::{Spandrel, calls, roots},
    subject::{CHILDREN_PER_ROOT, Case, Kind, Seen, Sink, Subject},
    workload::{Failed, POISON, children, fallible_body, key, ready, refused, succeeding},
};

/// Attributes and objects, in an initialised program.
pub(crate) struct Guarded;

impl Subject for Guarded {
    fn name(&self) -> &'static str {
        Spandrel.name()
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::silent(Kind::Retry, |batches| succeeding(batches, retried)),
                Case::silent(Kind::RetryUnbudgeted, |batches| succeeding(batches, unbudgeted)),
                Case::silent(Kind::RetryAsync, |batches| {
                    succeeding(batches, |id, name| ready(retried_async(id, name)));
                }),
                Case::silent(Kind::Breaker, |batches| succeeding(batches, broken)),
                Case::silent(Kind::BreakerObject, |batches| {
                    succeeding(batches, |id, name| BREAKER.call(|| fallible_body(id, name)));
                })
                .counting(|| BREAKER.statistics().successes()),
                Case::silent(Kind::BreakerOpen, |batches| {
                    trip();
                    refused(batches, |id, name| OPEN.call(|| fallible_body(id, name)));
                })
                .counting(|| OPEN.statistics().rejected()),
                Case::silent(Kind::Limit, |batches| succeeding(batches, limited)),
                Case::silent(Kind::LimitKeyed, |batches| {
                    succeeding(batches, |id, name| limited_by_key(id, name, key(id)));
                }),
                Case::silent(Kind::Timeout, |batches| {
                    succeeding(batches, |id, name| ready(cut_off(id, name)));
                }),
                Case::silent(Kind::Fallback, |batches| succeeding(batches, rescued)),
                Case::silent(Kind::Hedge, |batches| {
                    succeeding(batches, |id, name| ready(hedged(id, name)));
                }),
                Case::silent(Kind::Bulkhead, |batches| succeeding(batches, placed)),
                Case::silent(Kind::BulkheadAsync, |batches| {
                    succeeding(batches, |id, name| ready(placed_async(id, name)));
                }),
                Case::recorded(Kind::Stack, |batches| {
                    roots(batches, |batch| {
                        children(batch, CHILDREN_PER_ROOT, |id, name| {
                            ready(stacked(id, name)).unwrap_or_default()
                        });
                    });
                })
                .counting(|| calls("stacked")),
            ]
        }
    }

    fn install(&self, sink: Sink) {
        Spandrel.install(sink);
    }

    fn sinks(&self) -> &'static [Sink] {
        Spandrel.sinks()
    }

    fn settle(&self) {
        Spandrel.settle();
    }

    fn seen(&self) -> Seen {
        Spandrel.seen()
    }
}

static BREAKER: CircuitBreaker = CircuitBreaker::new("benches");
/// Open for longer than anybody measures.
static OPEN: CircuitBreaker =
    CircuitBreaker::new("open").consecutive(1).open_for(Duration::from_secs(86_400));

fn trip() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = OPEN.call(|| fallible_body(POISON, ""));
        assert_eq!(OPEN.state(), CircuitState::Open);
    });
}

#[inline(never)]
#[retry]
fn retried(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[retry(budget = none)]
fn unbudgeted(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[retry]
async fn retried_async(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[circuit_breaker]
fn broken(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[rate_limit("1000000000/s")]
fn limited(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[rate_limit(rate = "1000000000/s", key = key)]
fn limited_by_key(id: u64, name: &str, key: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[timeout("10s")]
async fn cut_off(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[fallback(value = 7)]
fn rescued(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[hedge(delay = "10s", idempotent = true)]
async fn hedged(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[bulkhead(max_concurrent = 100)]
fn placed(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[bulkhead(max_concurrent = 100)]
async fn placed_async(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}

#[inline(never)]
#[traced]
#[timed]
#[retry]
#[circuit_breaker]
async fn stacked(id: u64, name: &str) -> Result<u64, Failed> {
    fallible_body(id, name)
}
