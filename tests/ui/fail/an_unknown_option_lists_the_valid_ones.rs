use spandrel::traced;

#[traced(knd = client)]
fn charge() {}

#[traced(sampling = 3, lvel = info)]
fn both_are_reported() {}

fn main() {
    charge();
    both_are_reported();
}
