use spandrel::instrument;

#[instrument(skip(card, amount, amount))]
fn charge(amount: u32) {
    let _ = amount;
}

#[instrument(skip(amount), skip_all)]
fn refund(amount: u32) {
    let _ = amount;
}

fn main() {
    charge(1);
    refund(1);
}
