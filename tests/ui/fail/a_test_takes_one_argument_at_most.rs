#[spandrel::test]
fn charges(a: spandrel::testing::Test, b: u8) {}

#[spandrel::test(start = 3)]
fn refunds() {}

fn main() {}
