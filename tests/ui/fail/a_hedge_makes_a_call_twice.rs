use spandrel::{hedge, retry};

struct Orders(u64);

impl Orders {
    #[hedge(delay = "50ms", idempotent = true)]
    async fn place(&mut self, _lines: &mut Vec<u64>) -> Result<(), ()> {
        self.0 += 1;
        Ok(())
    }

    #[hedge(delay = "50ms", idempotent = false)]
    async fn cancel(&self) -> Result<(), ()> {
        Ok(())
    }

    #[hedge(delay = "50ms", idempotent = true)]
    #[retry]
    async fn find(&self) -> Result<u64, ()> {
        Ok(self.0)
    }

    #[hedge(delay = "50ms", idempotent = true)]
    fn look(&self) -> Result<u64, ()> {
        Ok(self.0)
    }
}

fn main() {
    let mut orders = Orders(0);
    let _ = orders.look();
    drop(orders.place(&mut Vec::new()));
    let _ = (orders.cancel(), orders.find());
}
