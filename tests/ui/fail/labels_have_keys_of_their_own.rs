use spandrel::metrics::{LabelValue, Labels};

#[derive(Labels)]
struct Pair(u8, u8);

#[derive(Labels)]
struct Twice {
    a: u8,
    #[label("a")]
    b: u8,
    #[label("")]
    c: u8,
    #[label(skipped)]
    d: u8,
}

#[derive(Labels)]
enum Region {}

#[derive(LabelValue)]
struct State {}

fn main() {}
