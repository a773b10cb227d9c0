//! Runs cases: checked first, timed afterwards.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::subject::{Case, Seen, Subject};

/// Runs a case a little and proves that its sink saw each span, or none where none is due, and that
/// each call was counted.
///
/// # Panics
///
/// Panics if it did not: a number for a span that got lost would flatter.
pub fn verify(subject: &dyn Subject, case: &Case) {
    // Few enough for the smallest queue of a peer, so that losing one is a mistake of ours.
    const BATCHES: u64 = 10;
    subject.settle();
    let before = subject.seen();
    let counted_before = case.counted.map(|counted| counted());

    (case.run)(BATCHES);

    subject.settle();
    let seen = since(before, subject.seen());
    let what = format!("{} / {}", subject.name(), case.kind.id());
    assert_eq!(seen.spans, case.spans(BATCHES), "{what}: spans in the sink");
    if let (Some(counted), Some(before)) = (case.counted, counted_before) {
        assert_eq!(counted() - before, case.kind.calls() * BATCHES, "{what}: calls counted");
    }
    if case.records {
        let asked = case.kind.attributes() * BATCHES;
        assert!(seen.attributes >= asked, "{what}: {} of {asked} attributes", seen.attributes);
    }
}

/// Counts what a case produced against what its sink saw.
pub struct Tally {
    subject: &'static dyn Subject,
    case: &'static Case,
    before: Seen,
    batches: AtomicU64,
}

impl Tally {
    /// Starts to count.
    pub fn start(subject: &'static dyn Subject, case: &'static Case) -> Self {
        subject.settle();
        Self { subject, case, before: subject.seen(), batches: AtomicU64::new(0) }
    }

    /// Runs so many batches on this thread at one go.
    pub fn run_burst(&self, batches: u64) -> Duration {
        let start = Instant::now();
        (self.case.run)(batches);
        let elapsed = start.elapsed();
        self.batches.fetch_add(batches, Relaxed);
        elapsed
    }

    /// Runs so many batches on this thread, pausing after each burst; returns the time of the bursts.
    pub fn run(&self, batches: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        for burst in bursts(self.case, batches) {
            elapsed += self.run_burst(burst);
            self.pause();
        }
        elapsed
    }

    /// Runs so many batches on each of two threads at once; returns the mean of their times.
    pub fn run_on_two_threads(&self, batches: u64) -> Duration {
        let barrier = Barrier::new(2);
        let one = || {
            // Whatever a thread pays once is not a cost per span.
            self.run_burst(1);
            let mut elapsed = Duration::ZERO;
            for burst in bursts(self.case, batches) {
                barrier.wait();
                elapsed += self.run_burst(burst);
                if barrier.wait().is_leader() {
                    self.pause();
                }
            }
            elapsed
        };
        let [other, mine] = thread::scope(|scope| {
            [scope.spawn(one), scope.spawn(one)].map(|thread| thread.join().expect("cases return"))
        });
        (other + mine) / 2
    }

    /// Runs so many batches on a thread of its own without ever pausing.
    ///
    /// A library whose background work is dearer than its foreground work falls behind here, and
    /// then it must lose spans or grow.
    pub fn run_sustained(&self, batches: u64) -> Duration {
        thread::scope(|scope| scope.spawn(|| self.run_burst(batches)).join().expect("cases return"))
    }

    /// Returns how many spans should have reached the sink by now.
    pub fn produced(&self) -> u64 {
        self.case.spans(self.batches.load(Relaxed))
    }

    /// Returns what did reach it, waiting until no more comes.
    pub fn seen(&self) -> Seen {
        self.subject.settle();
        since(self.before, self.subject.seen())
    }

    /// Returns the share of spans, in percent, that never reached the sink.
    pub fn dropped_percent(&self) -> f64 {
        match self.produced() {
            0 => 0.0,
            produced => 100.0 * (1.0 - self.seen().spans as f64 / produced as f64),
        }
    }

    /// Lets the background work catch up, off the clock.
    fn pause(&self) {
        if self.case.records {
            self.subject.settle();
        }
    }
}

/// Cuts a number of batches into bursts that fit the queues of every subject.
///
/// Without pauses `fastrace` and the OpenTelemetry SDK fall behind at once, and what is timed is
/// how they grow or drop; [`Tally::run_sustained`] shows that on purpose.
fn bursts(case: &Case, batches: u64) -> impl Iterator<Item = u64> {
    const SPANS: u64 = 4_000;
    let burst = match case.spans(1) {
        0 => batches,
        spans => SPANS / spans,
    };
    (0..batches).step_by(burst.max(1) as usize).map(move |done| burst.min(batches - done))
}

fn since(before: Seen, now: Seen) -> Seen {
    Seen {
        spans: now.spans - before.spans,
        attributes: now.attributes - before.attributes,
        bytes: now.bytes - before.bytes,
    }
}
