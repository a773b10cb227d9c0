//! Prints the CPU time of all threads per span, with a sink that discards and with each encoding.
//!
//! `cpu` lists the subjects that record; `cpu SUBJECT discard|encode|json|zipkin` measures one, in a process of
//! its own because a sink can be chosen only once. Spans come in bursts with pauses, as in a
//! program that is not doing nothing else; sleeping costs no CPU time.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{env, thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use spandrel_benches::{
    Case, Kind, Sink, Subject,
    harness::{self, Tally},
    subjects,
};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let recording = subjects().into_iter().filter_map(|subject| {
        let recorded = |case: &&Case| case.kind == Kind::Attributes && case.records;
        subject.cases().iter().find(recorded).map(|case| (subject, case))
    });
    for (subject, case) in recording {
        match &arguments[..] {
            [] => println!("{}", subject.name()),
            [name, sink] if name == subject.name() => measure(subject, case, sink),
            _ => {}
        }
    }
}

fn measure(subject: &'static dyn Subject, case: &'static Case, sink: &str) {
    const BURST: u64 = 20;
    const BURSTS: u64 = 300;
    let Some((_, chosen)) = Sink::ALL.into_iter().find(|(name, _)| *name == sink) else { return };
    if !subject.sinks().contains(&chosen) {
        return;
    }
    subject.install(chosen);
    harness::verify(subject, case);

    let tally = Tally::start(subject, case);
    let start = process_time();
    for _ in 0..BURSTS {
        tally.run_burst(BURST);
        thread::sleep(Duration::from_millis(3));
    }
    let seen = tally.seen();
    let spent = process_time().saturating_sub(start);

    assert_eq!(seen.spans, tally.produced(), "a lost span would flatter");
    let per_span = spent.as_nanos() as f64 / seen.spans as f64;
    println!("cpu\t{sink}\t{}\t{per_span:.1}", subject.name());
    let attributes = seen.attributes as f64 / seen.spans as f64;
    println!("attributes-per-span\t{sink}\t{}\t{attributes:.2}", subject.name());
    if seen.bytes > 0 {
        let bytes = seen.bytes as f64 / seen.spans as f64;
        println!("bytes-per-span\t{sink}\t{}\t{bytes:.1}", subject.name());
    }
}

fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}
