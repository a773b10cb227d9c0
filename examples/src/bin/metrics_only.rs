//! Wants nothing but `/metrics`: no spans, no collector, no async runtime.
//!
//! ```sh
//! cargo run -p spandrel-examples --bin metrics_only    # adds up the numbers that you type
//! curl localhost:9464/metrics                          # in another window, meanwhile
//! ```
//!
//! Look at `function_calls_total`, which tells lines that were numbers from others (`outcome`,
//! `error_type`), at `function_duration_seconds`, and at `numbers_total`, the program's own. All it
//! depends on is `spandrel = { default-features = false, features = ["macros", "prometheus"] }`.

use std::{env, io, num::ParseIntError};

use spandrel::{metrics::Counter, timed};

static NUMBERS: Counter = Counter::new("numbers", "Numbers that were added up");

#[timed]
fn add_up(line: &str) -> Result<i64, ParseIntError> {
    line.split_whitespace().inspect(|_| NUMBERS.add(1)).map(str::parse::<i64>).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:9464".to_owned());
    let _telemetry = spandrel::builder!().prometheus(&address).init()?;
    for line in io::stdin().lines() {
        println!("{:?}", add_up(&line?));
    }
    Ok(())
}
