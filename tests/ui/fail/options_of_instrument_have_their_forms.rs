use spandrel::instrument;

#[instrument(level = "loud", err(pretty), ret = Debug)]
fn charge() {}

#[instrument(level = 6, fields(a = ), sampling)]
fn refund() {}

fn main() {
    charge();
    refund();
}
