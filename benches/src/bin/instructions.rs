//! Runs one case for callgrind, which counts the instructions of the calling thread.
//!
//! `instructions` lists the cases as `kind<TAB>subject<TAB>calls`; `instructions KIND SUBJECT` runs
//! one. Under `valgrind --tool=callgrind --toggle-collect='*instructions::measured*'` only the calls are counted,
//! so instructions per call = the total divided by `calls`.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::env;

use spandrel_benches::{Case, Sink, harness, subjects};

/// Callgrind counts exactly, so a few are enough.
const BATCHES: u64 = 50;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let wanted = |kind: &str, subject: &str| match &arguments[..] {
        [wanted_kind, wanted_subject] => wanted_kind == kind && wanted_subject == subject,
        _ => false,
    };
    for subject in subjects() {
        for case in subject.cases() {
            let kind = case.kind.id();
            if arguments.is_empty() {
                println!("{kind}\t{}\t{}", subject.name(), BATCHES * case.kind.calls());
            } else if wanted(kind, subject.name()) {
                subject.install(Sink::Discard);
                harness::verify(subject, case);
                measured(case);
            }
        }
    }
}

#[inline(never)]
fn measured(case: &Case) {
    (case.run)(BATCHES);
}
