#[spandrel::test(start_pause = true)]
fn charges() {}

#[spandrel::test(start_paused = "yes")]
fn refunds() {}

#[spandrel::test(start_paused)]
fn settles() {}

#[spandrel::test(seed = 7, seed = 8)]
fn draws_twice() {}

fn main() {}
