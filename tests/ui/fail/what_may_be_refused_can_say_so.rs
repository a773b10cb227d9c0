use spandrel::{circuit_breaker, fallback, rate_limit, retry};

#[circuit_breaker]
fn count() -> u64 {
    1
}

#[retry]
fn greet() -> String {
    String::new()
}

#[rate_limit("5/s", map_err = drop, reject = 0)]
fn limit() -> Result<u64, ()> {
    Ok(1)
}

#[rate_limit("5/s")]
#[fallback(value = 0, on(circuit_open))]
fn partly() -> u64 {
    1
}

fn main() {
    let _ = (count(), greet(), limit(), partly());
}
