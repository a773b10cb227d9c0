use spandrel::{Outcome, counted, functions};

#[counted]
fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

fn main() {
    let _ = (parse("1"), parse("x"), parse("2"));

    let functions = functions();
    let parse = functions.iter().find(|function| function.name() == "parse").unwrap();
    assert_eq!(parse.calls(Outcome::Ok), Some(2));
    assert_eq!(parse.calls(Outcome::Error), Some(1));
}
