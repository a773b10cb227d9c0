use std::rc::Rc;

use spandrel::{Rejected, timeout};

struct Client;

impl Client {
    #[timeout("1s", sync = thread)]
    fn call(&self, name: &str, found: Option<&'static str>) -> Result<&str, Rejected> {
        Ok(name)
    }
}

#[timeout("1s", sync = thread)]
fn count(words: Rc<str>) -> Result<usize, Rejected> {
    Ok(words.len())
}

#[timeout("1s", sync = thread)]
async fn later() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
