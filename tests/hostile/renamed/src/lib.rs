//! Spandrel under another name.

#![deny(warnings)]

use bridge::{
    bulkhead, circuit_breaker, fallback, hedge, instrument, policy, rate_limit, resilient, retry,
    span, timeout, traced,
};

/// A sum.
#[traced(kind = client, fields(a, sum = a + 1, shown = %a, debugged = ?a), ret, crate = ::bridge)]
#[bridge::counted(crate = ::bridge)]
pub fn sync(a: u8) -> Result<u8, std::fmt::Error> {
    Ok(a)
}

/// Later.
#[bridge::counted(crate = ::bridge)]
#[traced(args, root, name = "later {text}", error_if = |n| *n > 3, crate = ::bridge)]
pub async fn later(text: &str) -> usize {
    text.len()
}

/// Orders.
#[derive(Debug)]
pub struct Orders;

#[traced(level = debug, crate = ::bridge)]
impl Orders {
    /// Places one.
    pub fn place(&self, #[field(redact = len)] id: &str) -> usize {
        let _span = span!(crate = ::bridge, "inner", id);
        id.len()
    }
}

/// As `tracing` does it.
#[instrument("named", level = 2, skip(b), fields(c.d = a, later, e = ?b), ret, err(level = 1), crate = ::bridge)]
pub fn instrumented(a: u8, b: &str) -> Result<usize, std::fmt::Error> {
    Ok(b.len() + usize::from(a))
}

/// As `tracing` does it, later.
#[instrument(parent = parent, follows_from = parent, skip_all, crate = ::bridge)]
pub async fn instrumented_later(parent: &::bridge::trace::Context) {
    let _ = parent;
}

static POLICY: ::bridge::resilience::Policy = policy! {
    crate = ::bridge, retry(max_attempts = 2),
    circuit_breaker(window = "60s")
};

/// Guarded.
#[retry(
    max_attempts = 2,
    backoff = "1ms..1s",
    factor = 1.5,
    jitter = equal,
    retry_on(circuit_open),
    budget(share = 0.1),
    retry_if = |result| result.is_err(),
    clone(a), crate = ::bridge
)]
#[circuit_breaker(slow_call = "2s", half_open(rate = 0.5), ignore_if = |result| result.is_ok(), crate = ::bridge)]
#[rate_limit("5/s", key = "all", crate = ::bridge)]
#[bulkhead(max_concurrent = 3, crate = ::bridge)]
#[traced(crate = ::bridge)]
pub fn guarded(a: u8) -> Result<u8, ::bridge::Rejected> {
    Ok(a)
}

/// Guarded, later.
#[fallback(with = instead, on(timeout, circuit_open), when = |_| true, crate = ::bridge)]
#[timeout(attempt = "1s", total = "5s", crate = ::bridge)]
#[hedge(delay = p95, idempotent = true, crate = ::bridge)]
pub async fn guarded_later(text: &str) -> Result<usize, ::bridge::Rejected> {
    Ok(text.len())
}

async fn instead(
    text: &str,
    _: ::bridge::resilience::Failure<::bridge::Rejected>,
) -> Result<usize, ::bridge::Rejected> {
    Ok(text.len())
}

/// Bundled.
#[resilient(POLICY, reject = 0, crate = ::bridge)]
pub fn bundled() -> usize {
    1
}

/// Answered.
#[fallback(value = 0, stale = "5m", key = text, on_panic, crate = ::bridge)]
pub async fn answered(text: &str) -> usize {
    text.len()
}
