use spandrel::{instrument, traced};

#[instrument(skip_all)]
#[traced]
fn charge() {}

fn main() {
    charge();
}
