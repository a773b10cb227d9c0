use spandrel::traced;

struct Order;

#[traced(fields(order))]
fn charge(order: &Order) {
    let _ = order;
}

fn main() {
    charge(&Order);
}
