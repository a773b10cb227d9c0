use spandrel::metrics::{LabelValue, Labels};

#[derive(Labels)]
struct Sale {
    price: f64,
}

#[derive(LabelValue)]
enum Region {
    Named(String),
}

fn main() {}
