use spandrel::{
    resilience::Policy,
    policy, resilient, retry, timeout,
};

static PROVIDER: Policy = policy! { retry(max_attempts = 3), retry(max_attempts = 4) };
static OTHER: Policy = policy! { fallback(value = 1), traced, timeout("2s", map_err = drop) };
static THIRD: Policy = policy! { retry(retry_if = |_| true), rate_limit("5/s", key = host) };

#[resilient(PROVIDER)]
#[retry]
fn find() -> Result<u64, ()> {
    Ok(1)
}

#[resilient(PROVIDER, timeout("2s"))]
async fn load() -> Result<u64, ()> {
    Ok(1)
}

#[resilient(retry(max_attempts = 3))]
#[retry(max_attempts = 4)]
fn twice() -> Result<u64, ()> {
    Ok(1)
}

#[resilient(rety(max_attempts = 3))]
fn slip() -> Result<u64, ()> {
    Ok(1)
}

#[timeout("2s", total = "3s")]
async fn two_totals() -> Result<u64, ()> {
    Ok(1)
}

fn main() {
    let _ = (find(), load(), twice(), slip(), two_totals());
}
