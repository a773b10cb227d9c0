use spandrel::{bulkhead, chaos, circuit_breaker, hedge, rate_limit, retry, timeout};

#[retry(max_attempts = 0, backoff = "10s..1s", factor = 0.5, jitter = 2.0)]
async fn retries() -> Result<(), ()> {
    Ok(())
}

#[retry(max_retries = 3, budget = 0.2, retry_on(open))]
async fn counted_otherwise() -> Result<(), ()> {
    Ok(())
}

#[circuit_breaker(failure_rate = 50, window = 0, open_for = 30, probes = 1, max_failures = 2)]
fn breaks() -> Result<(), ()> {
    Ok(())
}

#[circuit_breaker(slow_rate = 0.5, on_cancel = failure_if_slow, half_open(rate = 1.5))]
fn breaks_when_slow() -> Result<(), ()> {
    Ok(())
}

#[rate_limit("100 per second", burst = 0)]
fn limited() -> Result<(), ()> {
    Ok(())
}

#[bulkhead(max_concurrent = -1, wait = "1s", adaptive(aimd, min = 9, max = 3))]
fn bounded() -> Result<(), ()> {
    Ok(())
}

#[timeout(attempt = "9s", total = "2s")]
#[hedge(delay = p99, max_attempts = 1, idempotent = true)]
async fn ends() -> Result<(), ()> {
    Ok(())
}

#[chaos(fault = 2.0, latency_rate = 0.5)]
fn fails() -> Result<(), ()> {
    Ok(())
}

#[retry(3, attempts = 3)]
fn nameless() -> Result<(), ()> {
    Ok(())
}

fn main() {
    let _ = (retries(), counted_otherwise(), breaks(), breaks_when_slow(), limited(), bounded());
    let _ = (ends(), fails(), nameless());
}
