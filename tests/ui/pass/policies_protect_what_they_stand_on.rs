use std::time::Duration;

use spandrel::{
    Rejected, bulkhead, chaos, circuit_breaker, fallback, hedge, policy, rate_limit,
    resilience::{Backoff, Policy, Rate},
    resilient, retry, timeout,
};

const RATE: Rate = Rate::per_second(1_000);
const LIMIT: Duration = Duration::from_secs(5);
const WAITS: Backoff = Backoff::constant(LIMIT);

static PROVIDER: Policy = policy! {
    name = "provider",
    timeout(LIMIT),
    retry(max_attempts = 3, backoff = WAITS),
    chaos(fault = 0.000_001, seed = 7),
};

#[rate_limit(RATE, wait = LIMIT)]
#[bulkhead(max_concurrent = 1 + 1, queue = 3, wait = LIMIT, adaptive(gradient, min = 1, max = 9))]
#[retry(jitter = "±0.2", max_elapsed = LIMIT, budget(reserve = 0, window = LIMIT))]
#[timeout(LIMIT)]
#[circuit_breaker(window = 10, consecutive = 3, on_cancel = ignore, observe, shared = "lookup")]
#[hedge(delay = LIMIT, idempotent = true, with_retry)]
#[fallback(value = 0, on(circuit_open))]
async fn look_up(id: u64) -> Result<u64, Rejected> {
    Ok(id)
}

#[chaos(latency = "1ms..2ms", latency_rate = 0.5)]
#[timeout(attempt = "1s", sync = cooperative)]
fn wait(id: u64) -> Result<u64, Rejected> {
    Ok(id)
}

#[resilient(PROVIDER, retry_if = |result| result.is_err(), failure_if = |_| false, clone(name))]
async fn provide(name: String) -> Result<String, Rejected> {
    Ok(name)
}

#[resilient(retry(max_attempts = 2), rate_limit(super::RATE, key = "all"))]
mod mails {
    pub fn send(text: &str) -> Result<usize, super::Rejected> {
        Ok(text.len())
    }
}

fn main() {
    let _ = (look_up(1), provide(String::new()));
    assert_eq!(wait(1), Ok(1));
    assert_eq!(mails::send("abc"), Ok(3));

    let functions = spandrel::functions();
    let of = |name| functions.iter().find(|function| function.name() == name).unwrap();
    assert!(of("wait").policies().eq(["timeout", "chaos"]));
}
