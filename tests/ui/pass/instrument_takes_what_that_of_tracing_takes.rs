#![deny(warnings)]

use std::fmt::Debug;

use spandrel::{counted, instrument};
use tracing::{Level, field, field::Empty};

const NAME: &str = "constant";
const LEVEL: Level = Level::DEBUG;

#[instrument(name = NAME, target = NAME, level = LEVEL, fields({ NAME } = 1, other = Empty))]
fn constants() {}

#[instrument("literal", level = Level::WARN, skip_all, fields(a, b.c = 1, d = field::debug(2)))]
fn literal(_: u8) {}

#[instrument(level = 5, skip(_b), ret(Display, level = 1), err(level = "InFo", Debug))]
fn forms<T: Debug>(a: T, _b: impl Fn()) -> Result<u8, T> {
    Err(a)
}

#[counted]
#[instrument(err, ret)]
async fn together(mut n: u8, (a, [b, ..]): (u8, [u8; 2])) -> Result<impl Debug, String> {
    n += a + b;
    if n > 3 {
        return Err(n.to_string());
    }
    Ok(n)
}

#[instrument]
fn never(text: String) -> ! {
    panic!("{text}")
}

struct Numbers;

trait Stream {}

impl Stream for Numbers {}

// Covered while it is made: that takes no feature.
#[instrument(parent = future, skip_all)]
fn numbers(future: &tracing::Span) -> impl Stream {
    Numbers
}

struct NoDebug;

#[instrument(skip(self))]
impl NoDebug {
    fn method(&self, r#type: &str) -> usize {
        r#type.len()
    }

    #[instrument(skip)]
    fn left_out(&self, _: &NoDebug) {}
}

fn main() {
    constants();
    literal(1);
    let _ = forms("a", || {});
    drop(together(1, (2, [3, 4])));
    let _ = std::panic::catch_unwind(|| never(String::new()));
    let _ = numbers(&tracing::Span::none());
    NoDebug.method("a");
    NoDebug.left_out(&NoDebug);
}
