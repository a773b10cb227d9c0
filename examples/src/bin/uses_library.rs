//! A program that uses an annotated library and starts telemetry: the library's spans are parts of
//! the program's trace. With `--quiet` it starts none, and the library runs as if it were plain.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin uses_library
//! ```

use spandrel::{Error, traced};
use spandrel_examples::{
    Lines,
    inventory::{Inventory, OutOfStock},
};

fn main() -> Result<(), Error> {
    let quiet = std::env::args().any(|argument| argument == "--quiet");
    let telemetry = if quiet { None } else { Some(spandrel::builder!().exporter(Lines).init()?) };

    match sell() {
        Ok(left) => println!("sold, {left} left"),
        Err(error) => println!("not sold: {error}"),
    }

    // Dropped, the guard sends what was recorded.
    drop(telemetry);
    Ok(())
}

#[traced]
fn sell() -> Result<u32, OutOfStock> {
    let mut inventory = Inventory::default();
    inventory.put("lamp", 3);
    inventory.take("lamp", 2)?;
    inventory.take("lamp", 2)
}
