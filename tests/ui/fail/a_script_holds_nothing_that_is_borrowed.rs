use spandrel::{scripted, testing};

#[scripted]
fn first(words: &str) -> &str {
    words
}

#[scripted(outcomes = 3)]
fn second() -> u32 {
    2
}

#[scripted]
async fn third(number: u32) -> Result<u32, String> {
    Ok(number)
}

fn main() {
    testing::run(|t| {
        t.script(second, ["two"]);
        t.script_async(third, [Err(3)]);
    });
}
