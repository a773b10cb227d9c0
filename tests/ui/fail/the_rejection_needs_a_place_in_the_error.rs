use spandrel::circuit_breaker;

#[derive(Debug)]
struct Broken;

#[circuit_breaker]
fn charge(cents: u64) -> Result<u64, Broken> {
    Ok(cents)
}

#[circuit_breaker]
async fn charge_later(cents: u64) -> Result<u64, Broken> {
    Ok(cents)
}

fn main() {
    let _ = (charge(1), charge_later(1));
}
