use spandrel::{Rejected, policy, rate_limit, redis_1::Link, resilience::Policy};

static BUNDLE: Policy = policy! { rate_limit("1/s", redis = LINK) };

#[rate_limit("100/s", redis = _link)]
fn sync(_link: &Link) -> Result<(), Rejected> {
    Ok(())
}

#[rate_limit("100/s", redis = _link, max_keys = 7, key = "a")]
async fn keys(_link: &Link) -> Result<(), Rejected> {
    Ok(())
}

#[rate_limit("100/s", away = nobody)]
async fn word() -> Result<(), Rejected> {
    Ok(())
}

#[rate_limit("100/s", away = open)]
async fn away() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
