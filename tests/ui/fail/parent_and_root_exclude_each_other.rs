use spandrel::{traced, trace::Context};

#[traced(root, parent = context)]
fn charge(context: &Context) {
    let _ = context;
}

fn main() {
    charge(&Context::default());
}
