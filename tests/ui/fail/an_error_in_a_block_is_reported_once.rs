use spandrel::traced;

struct Orders;

#[traced(knd = server)]
impl Orders {
    fn place(&self) {}
    fn find(&self) {}
}

fn main() {
    Orders.place();
    Orders.find();
}
