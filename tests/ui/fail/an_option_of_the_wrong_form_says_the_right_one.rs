use spandrel::traced;

#[traced(name, kind, root = true, fields = 3, args = 2, name = 7)]
fn charge() {}

fn main() {
    charge();
}
