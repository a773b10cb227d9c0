use spandrel::counted;

#[counted]
fn charge(#[field] id: u64) -> u64 {
    id
}

fn main() {
    charge(1);
}
