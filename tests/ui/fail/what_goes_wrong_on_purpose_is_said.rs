use spandrel::{Rejected, chaos, policy, resilience::Policy};

static FLAKY: Policy = policy! { chaos(outcome = Ok(7), when = true) };

#[chaos(scoped)]
fn nothing() -> Result<u8, Rejected> {
    Ok(1)
}

#[chaos(fault = 0.1, outcome_rate = 0.2)]
fn rate() -> Result<u8, Rejected> {
    Ok(1)
}

#[chaos(outcome = 7)]
fn kind() -> Result<u8, Rejected> {
    Ok(1)
}

#[chaos(outcome = Ok(7))]
fn made() -> impl Future<Output = Result<u8, Rejected>> {
    std::future::ready(Ok(1))
}

fn main() {}
