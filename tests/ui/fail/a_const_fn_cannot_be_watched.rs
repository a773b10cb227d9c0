use spandrel::traced;

#[traced]
const fn limit() -> u8 {
    3
}

fn main() {
    limit();
}
