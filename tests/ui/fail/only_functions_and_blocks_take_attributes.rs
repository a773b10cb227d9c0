use spandrel::{counted, traced};

#[traced]
struct Order;

#[counted]
use std::fmt;

fn main() {
    let _: (Order, fmt::Error);
}
