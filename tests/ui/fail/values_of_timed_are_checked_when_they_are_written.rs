use spandrel::{counted, timed};

#[timed(slow = "1 day", name = "7 calls", max_label_sets = 0)]
fn durations() {}

#[timed(slow = 250, slo(latency = "0ms", target = 0.9), slo(errors, target = 99))]
fn numbers() {}

#[timed(slo(latency = "1s"), slo(target = 0.9), slo(errors, latency = "1s", target = 0.9), slo = 1)]
fn objectives() {}

#[timed(slo(errors, target = 0.9), slo(errors, target = 0.99), labels(a = ?b, c = 1, c = 2))]
fn twice() {}

#[timed]
#[counted(slo(latency = "1s", target = 0.9))]
fn both() {}

fn main() {
    durations();
    numbers();
    objectives();
    twice();
    both();
}
