use spandrel::{bulkhead, fallback, hedge, rate_limit, resilient, timeout};

#[timeout]
async fn ends() -> Result<(), ()> {
    Ok(())
}

#[bulkhead]
#[rate_limit]
fn limited() -> Result<(), ()> {
    Ok(())
}

#[hedge]
async fn hedged() -> Result<(), ()> {
    Ok(())
}

#[fallback(on(circuit_open))]
fn falls() -> Result<(), ()> {
    Ok(())
}

#[resilient]
fn resilient() -> Result<(), ()> {
    Ok(())
}

fn main() {
    let _ = (ends(), limited(), hedged(), falls(), resilient());
}
