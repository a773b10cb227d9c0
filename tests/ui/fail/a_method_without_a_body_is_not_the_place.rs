use spandrel::traced;

trait Store {
    #[traced]
    fn get(&self) -> u8;
}

impl Store for u8 {
    fn get(&self) -> u8 {
        *self
    }
}

fn main() {
    1.get();
}
