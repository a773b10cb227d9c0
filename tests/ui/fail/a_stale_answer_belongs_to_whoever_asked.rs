use spandrel::fallback;

#[fallback(stale = "5m")]
fn balance(account: u64) -> Result<u64, ()> {
    Ok(account)
}

#[fallback(value = 0, key = account)]
fn limit(account: u64) -> Result<u64, ()> {
    Ok(account)
}

#[fallback(stale = "5m", on_panic)]
fn rates() -> Result<u64, ()> {
    Ok(1)
}

#[fallback(value = 0, with = cached)]
fn both() -> Result<u64, ()> {
    Ok(1)
}

#[fallback(with = cached)]
fn unnamed((a, _): (u64, u64)) -> Result<u64, ()> {
    Ok(a)
}

fn main() {
    let _ = (balance(1), limit(1), rates(), both(), unnamed((1, 2)));
}
