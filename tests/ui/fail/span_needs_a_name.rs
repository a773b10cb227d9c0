use spandrel::span;

fn main() {
    let _span = span!(id = 3);
    let _span = span!("work", 3);
    let _span = span!("work", id);
}
