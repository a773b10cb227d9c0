use spandrel::{counted, traced};

#[counted]
#[inline]
#[traced(kind = client)]
#[must_use]
fn one() -> u8 {
    1
}

#[traced(kind = client)]
#[spandrel::counted]
fn two() -> u8 {
    2
}

fn main() {
    assert_eq!(one() + two(), 3);
}
