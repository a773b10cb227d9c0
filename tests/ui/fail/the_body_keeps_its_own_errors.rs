use spandrel::traced;

#[traced]
fn charge(id: u64) -> Result<u64, std::fmt::Error> {
    let text: &str = id;
    Ok(text)
}

#[traced]
async fn refund() -> u8 {
    "three"
}

fn main() {
    let _ = charge(1);
    drop(refund());
}
