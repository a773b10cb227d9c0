use spandrel::{circuit_breaker, rate_limit, resilience::CircuitBreaker};

static BREAKER: CircuitBreaker = CircuitBreaker::new("payments");

#[circuit_breaker(instance = BREAKER, shared = "payments", failure_rate = 0.5)]
fn owned() -> Result<(), ()> {
    Ok(())
}

#[rate_limit("5/s", max_keys = 9, label_key)]
fn keyed() -> Result<(), ()> {
    Ok(())
}

#[rate_limit("5/s", key = "a", shared = "")]
fn shared() -> Result<(), ()> {
    Ok(())
}

#[rate_limit("5/s", key = "a", shared = "mails")]
fn both() -> Result<(), ()> {
    Ok(())
}

fn main() {
    let _ = (owned(), keyed(), shared(), both());
}
