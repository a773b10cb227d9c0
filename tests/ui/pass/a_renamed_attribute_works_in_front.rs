use spandrel::{counted, traced as again};

#[again]
#[counted]
fn charge() -> u8 {
    1
}

struct Orders;

#[counted]
impl Orders {
    #[again(kind = server)]
    fn place(&self) -> u8 {
        charge()
    }
}

fn main() {
    assert_eq!(Orders.place(), 1);
}
