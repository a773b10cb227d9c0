use spandrel::traced;

struct Orders;

#[traced(name = "orders")]
impl Orders {
    fn place(&self) {}
}

fn main() {
    Orders.place();
}
