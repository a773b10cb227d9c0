#[spandrel::traced]
#[counted]
fn charge() {}

fn main() {
    charge();
}
