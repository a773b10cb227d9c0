use spandrel::scripted;

#[scripted]
fn first<T>(values: [T; 2]) -> T {
    let [first, _] = values;
    first
}

fn main() {}
