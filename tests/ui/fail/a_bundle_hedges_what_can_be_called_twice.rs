use spandrel::{Rejected, policy, resilience::Policy, resilient};

static REPLICAS: Policy = policy! { hedge(delay = "50ms") };

struct Client(u32);

impl Client {
    #[resilient(REPLICAS, idempotent = true)]
    async fn call(&mut self) -> Result<u32, Rejected> {
        Ok(self.0)
    }
}

#[resilient(REPLICAS, idempotent = true)]
fn find(id: u64) -> Result<u64, Rejected> {
    Ok(id)
}

#[resilient(retry(max_attempts = 2), idempotent = true)]
async fn look(id: u64) -> Result<u64, Rejected> {
    Ok(id)
}

fn main() {}
