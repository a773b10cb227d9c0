use spandrel::{counted, traced};

#[traced(kind = client, kind = server)]
fn charge() {}

#[traced]
#[counted]
#[traced(level = debug)]
fn refund() {}

fn main() {
    charge();
    refund();
}
