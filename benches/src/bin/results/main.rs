//! Writes `RESULTS.md` from what the measuring programs printed and what criterion saved.
//!
//! `results RAW CRITERION` reads `metric<TAB>kind<TAB>subject<TAB>value` lines from the files of the
//! directory `RAW` and criterion's estimates from the directory `CRITERION`, and prints the page.
//! A value that was measured several times counts as its median.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

mod budgets;
mod machine;
mod measurements;
mod tables;

use std::{env, fs, io, path::Path};

use crate::measurements::Measurements;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [raw, criterion] = &arguments[..] else {
        return Err(io::Error::other("usage: results RAW CRITERION"));
    };
    let mut measurements = Measurements::default();
    measurements.read_lines(Path::new(raw))?;
    measurements.read_criterion(Path::new(criterion))?;

    println!("{HEAD}");
    println!("{}", machine::describe()?);
    println!("## Against the budgets\n\n{}", budgets::table(&measurements));
    println!("{}", tables::all(&measurements));
    print!("{}", tables::features(&measurements));
    print!("{}", conformance()?);
    println!("## What we lose\n\n{}", tables::losses(&measurements));
    println!("{READING}");
    Ok(())
}

/// The section that a test of the table of cases keeps in the page, as it stands there.
fn conformance() -> io::Result<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");
    let page = fs::read_to_string(page)?;
    let sections = page.split("\n## ").filter(|section| section.starts_with("Conformance\n"));
    Ok(sections.map(|section| format!("## {}\n", section.trim_end_matches('\n')) + "\n").collect())
}

const HEAD: &str = "\
# Results

Written by `benches/run`; do not edit. Absolute values belong to the machine, ratios within one run
travel better.
";

const READING: &str = "\
## How to read this

- Every case proves before it is timed that its sink saw each span with its attributes. A share of
  spans that was lost while timing is noted beside the time.
- One root per 100 children, its cost included in theirs. `tree` is one root with ten children, per
  tree.
- Spans are recorded in bursts of 4,000, and every library catches up between bursts, off the
  clock: what `fastrace` and the OpenTelemetry SDK do in the background is dearer than what they do
  in the foreground, so in a tight loop they fall behind. `sustained` is that loop, without pauses.
- The OpenTelemetry SDK is driven by hand and does not make its spans current, in its favour. Its
  queue is 32,768 spans instead of 2,048, so that it loses none; `fastrace` reports every 10 ms
  instead of every second, because that halves its CPU time.
- `tracing-opentelemetry, lean` exports the two attributes asked for and nothing else; the default
  layer adds eight. Both peers export an unsigned integer as a string.
- The subscribers of `tracing` are called through a switch, so that several fit in one process: one
  indirect call, about a nanosecond per callback, not in its favour.
- What is guarded ends well, and each case proves that before it is timed: nothing is refused, but
  by the breakers that are open, and these let nothing through. `failsafe` is its default policy,
  `failsafe, consecutive` that of failures in a row; ours is the window of 100 calls. A service of
  `tower` is kept from call to call and asked whether it is ready, as it has to be. `backon` and
  `tokio-retry` have no budget, and stand beside ours without one. `stack` is `backon` around
  `failsafe`, with a histogram of `prometheus`, under the span of the library in the row; ours, an
  attribute for each.
- `off` and `fastrace` outside of any root stand in the column `unsampled`.";
