use spandrel::traced;

#[traced(kind = clint, level = "warning")]
fn charge() {}

#[traced(ret(debug), err(Debug, Display), redact(a = mash))]
fn refund(a: u8) -> u8 {
    a
}

fn main() {
    charge();
    refund(1);
}
