//! Fat link-time optimisation, stripped, with a library of which nothing is called.

use hostile_edition_2018 as _;
use spandrel::traced;

#[traced]
fn never_called<T: Default>() -> T {
    T::default()
}

struct Orders;

#[traced]
impl Orders {
    fn place(&self) -> fn() -> u8 {
        never_called
    }
}

fn list() {
    let functions = spandrel::functions();
    let names: Vec<_> = functions.iter().map(|function| function.name()).collect();
    println!("{}", names.join(" "));
}

fn main() {
    list();
    std::hint::black_box(Orders.place());
    list();
}
