use spandrel::{counted as again, traced};

#[traced]
#[again]
fn charge() {}

fn main() {
    charge();
}
