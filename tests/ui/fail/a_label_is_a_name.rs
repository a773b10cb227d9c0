use spandrel::timed;

#[timed(labels(weight = kilograms, region = "eu"))]
fn charge(kilograms: f64) {}

#[timed(labels(api_key = key))]
fn enter(key: &str) {}

fn main() {
    charge(1.5);
    enter("");
}
