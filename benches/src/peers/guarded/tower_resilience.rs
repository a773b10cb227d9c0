//! `tower-resilience`: a layer for each, around a service that is ready at once.

use std::{
    cell::RefCell,
    future::{Ready, ready as now},
    sync::LazyLock,
    time::Duration,
};

use tower::{Layer, Service, ServiceExt, service_fn, util::ServiceFn};
use tower_resilience_bulkhead::BulkheadLayer;
use tower_resilience_circuitbreaker::{CircuitBreakerLayer, DefaultClassifier};
use tower_resilience_fallback::FallbackLayer;
use tower_resilience_hedge::HedgeLayer;
use tower_resilience_ratelimiter::RateLimiterLayer;
use tower_resilience_retry::RetryLayer;
use tower_resilience_timelimiter::TimeLimiterLayer;

use super::{Library, limits::RUNTIME};
use crate::{
    subject::{Case, Kind},
    workload::{Failed, NAME, POISON, fallible_body, ready, refused, succeeding},
};

pub(super) const ALL: &[&Library] = &[&Library {
    name: "tower-resilience",
    cases: &[
        Case::silent(Kind::RetryAsync, |batches| {
            let service = RefCell::new(RetryLayer::builder().build().layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::BreakerObject, |batches| {
            let service = RefCell::new(BREAKER.layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::BreakerOpen, |batches| {
            let service = RefCell::new(OPEN.layer(inner()));
            refused(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::Limit, |batches| {
            let _entered = RUNTIME.enter();
            let service = RefCell::new(LIMIT.layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::Timeout, |batches| {
            let _entered = RUNTIME.enter();
            let layer = TimeLimiterLayer::builder().timeout_duration(Duration::from_secs(10));
            let service = RefCell::new(layer.build().layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::Fallback, |batches| {
            let service = RefCell::new(FallbackLayer::value(7).layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::Hedge, |batches| {
            let _entered = RUNTIME.enter();
            let service = RefCell::new(HedgeLayer::new(Duration::from_secs(10)).layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
        Case::silent(Kind::BulkheadAsync, |batches| {
            let _entered = RUNTIME.enter();
            let service = RefCell::new(BULKHEAD.layer(inner()));
            succeeding(batches, |id, _| call(&service, id));
        }),
    ],
}];

type Inner = ServiceFn<fn(u64) -> Ready<Result<u64, Failed>>>;

/// For longer than anybody measures.
const DAY: Duration = Duration::from_secs(86_400);

static BREAKER: LazyLock<CircuitBreakerLayer<DefaultClassifier>> = LazyLock::new(|| {
    CircuitBreakerLayer::builder().build_with_handle().expect("numbers that go together").0
});
static OPEN: LazyLock<CircuitBreakerLayer<DefaultClassifier>> = LazyLock::new(|| {
    let builder = CircuitBreakerLayer::builder().consecutive_failures(1);
    let built = builder.wait_duration_in_open(DAY).build_with_handle();
    let layer = built.expect("numbers that go together").0;
    let _ = call(&RefCell::new(layer.layer(inner())), POISON);
    layer
});
static LIMIT: LazyLock<RateLimiterLayer> = LazyLock::new(|| {
    let builder = RateLimiterLayer::builder().limit_for_period(1_000_000_000);
    builder.build_with_handle().expect("numbers that go together").0
});
static BULKHEAD: LazyLock<BulkheadLayer> = LazyLock::new(|| {
    let builder = BulkheadLayer::builder().max_concurrent_calls(100).reject_when_full();
    builder.build_with_handle().expect("numbers that go together").0
});

fn inner() -> Inner {
    service_fn(|id| now(fallible_body(id, NAME)))
}

/// Asks a service whether it is ready, and calls it.
#[inline(always)]
fn call<S: Service<u64, Response = u64>>(service: &RefCell<S>, id: u64) -> Result<u64, Failed> {
    let mut service = service.borrow_mut();
    let service = ready(ServiceExt::ready(&mut *service)).map_err(|_| Failed::Refused)?;
    ready(service.call(id)).map_err(|_| Failed::Refused)
}
