//! Prints allocations per call, on the calling thread and on all threads.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use spandrel_benches::{
    Kind, Sink,
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

            let everywhere = EVERYWHERE.load(Relaxed);
            let mut here = 0;
            for _ in 0..BURSTS {
                let before = HERE.get();
                (case.run)(BATCHES);
                here += HERE.get() - before;
                subject.settle();
            }
            let everywhere = EVERYWHERE.load(Relaxed) - everywhere;

            let calls = BURSTS * BATCHES * case.kind.calls();
            for (metric, count) in [("allocations", here), ("allocations-all-threads", everywhere)]
            {
                let per_call = count as f64 / calls as f64;
                println!("{metric}\t{}\t{}\t{per_call:.3}", case.kind.id(), subject.name());
            }
        }
    }
}

/// The system's allocator, counted.
struct Counting;

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: every method passes its arguments unchanged to `System`, which upholds the contract.
// Counting allocates nothing: the thread-local is const-initialised and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

fn count() {
    HERE.set(HERE.get() + 1);
    EVERYWHERE.fetch_add(1, Relaxed);
}

#[global_allocator]
static COUNTING: Counting = Counting;

static EVERYWHERE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static HERE: Cell<u64> = const { Cell::new(0) };
}
