//! Time per span of every subject, in one criterion run.
//!
//! The cost of a root is included in that of its children, as a real program pays it. Each figure
//! is per call, so criterion's iteration is one call of the hundred in a batch.
#![expect(clippy::print_stderr, reason = "what was dropped belongs beside the times")]

use std::time::Duration;

use criterion::Criterion;
use spandrel_benches::{
    Case, Kind, Sink, Subject,
    harness::{self, Tally},
    subjects,
};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .configure_from_args();
    for subject in subjects() {
        subject.install(Sink::Discard);
        for case in subject.cases() {
            harness::verify(subject, case);
            bench(&mut criterion, subject, case, case.kind.id(), |tally, batches| {
                tally.run(batches)
            });
            if let Some(two) = case.kind.on_two_threads() {
                bench(&mut criterion, subject, case, two, Tally::run_on_two_threads);
            }
            if case.kind == Kind::Attributes {
                bench(&mut criterion, subject, case, "sustained", Tally::run_sustained);
            }
        }
    }
    criterion.final_summary();
}

fn bench(
    criterion: &mut Criterion,
    subject: &'static dyn Subject,
    case: &'static Case,
    group: &str,
    run: fn(&Tally, u64) -> Duration,
) {
    let tally = Tally::start(subject, case);
    let calls = case.kind.calls();
    criterion.benchmark_group(group).bench_function(subject.name(), |bencher| {
        bencher.iter_custom(|batches| run(&tally, batches).div_f64(calls as f64));
    });
    let dropped = tally.dropped_percent();
    if dropped > 0.0 {
        eprintln!("dropped\t{group}\t{}\t{dropped:.2}", subject.name());
    }
}
