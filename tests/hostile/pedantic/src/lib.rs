//! Every lint there is for users.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    rust_2018_idioms,
    let_underscore,
    missing_debug_implementations,
    trivial_casts,
    trivial_numeric_casts,
    unused_qualifications,
    unused_lifetimes,
    unused_results
)]

use spandrel::{
    bulkhead, circuit_breaker, counted, fallback, hedge, instrument, policy, rate_limit, resilient, retry,
    span, timed, timeout, traced,
};

/// A sum.
///
/// # Errors
///
/// None.
#[traced(kind = client, fields(a, sum = a + 1, shown = %a, debugged = ?a), ret)]
#[counted]
pub fn sync(a: u8) -> Result<u8, std::fmt::Error> {
    Ok(a)
}

/// Later.
#[counted]
#[traced(args, root, name = "later {text}", error_if = |n| *n > 3)]
pub async fn later(text: &str) -> usize {
    text.len()
}

/// Measured.
#[timed(
    name = "measured.duration",
    labels(region, of = "orders"),
    max_label_sets = 9,
    slo(latency = "250ms", target = 0.99),
    slo(errors, target = 0.999),
    slow = "1s"
)]
#[must_use]
pub fn measured(region: &str) -> usize {
    region.len()
}

/// Measured, later.
#[traced]
#[timed(labels(region), slow = ::core::time::Duration::from_millis(1))]
pub async fn measured_later(region: &str) -> usize {
    region.len()
}

/// Orders.
#[derive(Debug)]
pub struct Orders;

#[traced(level = debug)]
impl Orders {
    /// Places one.
    #[must_use]
    pub fn place(&self, #[field(redact = len)] id: &str) -> usize {
        let _span = span!("inner", id);
        id.len()
    }
}

/// As `tracing` does it.
///
/// # Errors
///
/// None.
#[instrument("named", level = 2, skip(b), fields(c.d = a, later, e = ?b), ret, err(level = 1))]
pub fn instrumented(a: u8, b: &str) -> Result<usize, std::fmt::Error> {
    Ok(b.len() + usize::from(a))
}

/// As `tracing` does it, later.
#[instrument(parent = parent, follows_from = parent, skip_all)]
pub async fn instrumented_later(parent: &::spandrel::trace::Context) {
    let _ = parent;
}

static POLICY: ::spandrel::resilience::Policy = policy! {
    retry(max_attempts = 2),
    circuit_breaker(window = "60s")
};

/// Guarded.
///
/// # Errors
///
/// None.
#[retry(
    max_attempts = 2,
    backoff = "1ms..1s",
    factor = 1.5,
    jitter = equal,
    retry_on(circuit_open),
    budget(share = 0.1),
    retry_if = Result::is_err,
    clone(a)
)]
#[circuit_breaker(slow_call = "2s", half_open(rate = 0.5), ignore_if = Result::is_ok)]
#[rate_limit("5/s", key = "all")]
#[bulkhead(max_concurrent = 3)]
#[traced]
pub fn guarded(a: u8) -> Result<u8, ::spandrel::Rejected> {
    Ok(a)
}

/// Guarded, later.
///
/// # Errors
///
/// None.
#[fallback(with = instead, on(timeout, circuit_open), when = |_| true)]
#[timeout(attempt = "1s", total = "5s")]
#[hedge(delay = p95, idempotent = true)]
pub async fn guarded_later(text: &str) -> Result<usize, ::spandrel::Rejected> {
    Ok(text.len())
}

fn instead(
    text: &str,
    why: ::spandrel::resilience::Failure<::spandrel::Rejected>,
) -> Result<usize, ::spandrel::Rejected> {
    match why {
        ::spandrel::resilience::Failure::Error(error) if text.is_empty() => Err(error),
        _ => Ok(text.len()),
    }
}

/// Bundled.
#[must_use]
#[resilient(POLICY, reject = 0)]
pub fn bundled() -> usize {
    1
}

/// Answered.
#[fallback(value = 0, stale = "5m", key = text, on_panic)]
pub async fn answered(text: &str) -> usize {
    text.len()
}
