//! Prints allocations per call, on the calling thread and on all threads.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use spandrel_benches::{
    Kind, Sink,
    allocator::{self, Counting},
    harness::{self, Tally},
    subjects,
};

/// Many enough that what a library allocates now and then shows up at its true share.
const BURSTS: u64 = 20;

/// Few enough for the queue of every subject.
const BATCHES: u64 = 20;

fn main() {
    for subject in subjects() {
        subject.install(Sink::Discard);
        for case in subject.cases().iter().filter(|case| case.kind != Kind::Clock) {
            harness::verify(subject, case);
            // Queues and pools reach their size before anything is counted.
            Tally::start(subject, case).run(BURSTS * BATCHES);

            let everywhere = allocator::everywhere();
            let mut here = 0;
            for _ in 0..BURSTS {
                let before = allocator::here();
                (case.run)(BATCHES);
                here += allocator::here() - before;
                subject.settle();
            }
            let everywhere = allocator::everywhere() - everywhere;

            let calls = BURSTS * BATCHES * case.kind.calls();
            for (metric, count) in [("allocations", here), ("allocations-all-threads", everywhere)]
            {
                let per_call = count as f64 / calls as f64;
                println!("{metric}\t{}\t{}\t{per_call:.3}", case.kind.id(), subject.name());
            }
        }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
