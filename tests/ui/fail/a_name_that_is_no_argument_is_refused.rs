use spandrel::traced;

#[traced(fields(ordr.id, order), skip(oder), redact(emial))]
fn charge(order: u8, email: &str) -> usize {
    usize::from(order) + email.len()
}

#[traced(name = "refund {ordr}")]
fn refund(order: u8) -> u8 {
    order
}

fn main() {
    charge(1, "");
    refund(1);
}
