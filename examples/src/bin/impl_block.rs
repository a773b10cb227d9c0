//! One annotated `impl` block covers a service; a method adds to it, or opts out.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin impl_block
//! ```

use std::fmt;

use spandrel::{Error, traced};
use spandrel_examples::Lines;

struct Orders {
    next: u64,
}

#[derive(Debug)]
struct EmptyOrder;

#[traced(kind = server, fields(shop = "north"))]
impl Orders {
    fn place(
        &mut self,
        #[field] items: usize,
        #[field(redact)] email: &str,
    ) -> Result<u64, EmptyOrder> {
        if items == 0 || email.is_empty() {
            return Err(EmptyOrder);
        }
        Ok(self.next_id())
    }

    #[traced(name = "find order {id}", kind = internal)]
    fn find(&self, #[field(name = "order.id")] id: u64) -> Option<u64> {
        (id < self.next).then_some(id)
    }

    /// Too small to be worth a span.
    #[traced(skip)]
    fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

fn main() -> Result<(), Error> {
    let telemetry = spandrel::builder!().exporter(Lines).init()?;

    let mut orders = Orders { next: 7 };
    let placed = orders.place(2, "ann@example.org");
    let refused = orders.place(0, "bob@example.org");
    println!("placed {placed:?}, refused {refused:?}, found {:?}", orders.find(7));

    drop(telemetry);
    Ok(())
}

impl fmt::Display for EmptyOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order is empty")
    }
}

impl std::error::Error for EmptyOrder {}
