use spandrel::metrics::{Counter, Histogram};

static ORDERS: Counter = Counter::new("orders created", "Orders created");
static WAIT: Histogram = Histogram::new("wait", "Waiting").bounds(&[2.0, 1.0]);

fn main() {
    ORDERS.with(&["region"]);
    spandrel::counter!("1st");
}
