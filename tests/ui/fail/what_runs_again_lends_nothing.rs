use spandrel::retry;

struct Orders(Vec<u64>);

impl Orders {
    #[retry]
    fn first(&mut self) -> Result<&mut u64, ()> {
        self.0.first_mut().ok_or(())
    }

    #[retry(clone(other, self))]
    fn take(self, order: String) -> Result<String, ()> {
        Ok(order)
    }
}

fn main() {
    let mut orders = Orders(Vec::new());
    let _ = orders.first();
    let _ = orders.take(String::new());
}
