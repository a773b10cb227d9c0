use spandrel::traced;

#[traced]
fn charge(#[cfg_attr(unix, field)] id: u64) -> u64 {
    id
}

#[traced]
fn pair(#[field] (a, b): (u8, u8)) -> u8 {
    a + b
}

fn main() {
    charge(1);
    pair((1, 2));
}
