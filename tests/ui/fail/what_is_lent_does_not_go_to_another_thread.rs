use spandrel::{Rejected, timeout};

struct Client(u8);

impl Client {
    #[timeout("1s", sync = thread)]
    fn call(&self, _names: Vec<&str>, _found: Option<&'static str>) -> Result<&u8, Rejected> {
        Ok(&self.0)
    }
}

#[timeout("1s", sync = thread)]
async fn later() -> Result<(), Rejected> {
    Ok(())
}

fn main() {
    let _ = (Client(1).call(Vec::new(), None), later());
}
