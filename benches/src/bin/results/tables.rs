//! The tables of the page, one per metric.

use std::fmt::Write;

use crate::measurements::{Measurements, OURS};

/// One table: a row per subject, a column per kind.
struct Table {
    title: &'static str,
    note: &'static str,
    metric: &'static str,
    kinds: &'static [&'static str],
    cell: fn(&Measurements, f64, &str, &str) -> String,
}

const SPANS: &[&str] = &["attributes", "plain", "async", "tree"];
const SPEEDS: &[&str] = &[
    "attributes",
    "plain",
    "async",
    "tree",
    "two-threads",
    "sustained",
    "unsampled",
    "disabled",
    "uninitialised",
    "timed",
    "timed-two-threads",
    "traced-timed",
    "counter-cached",
    "counter-two-threads",
    "counter-labels",
    "clock",
];
const CALLS: &[&str] = &[
    "attributes",
    "plain",
    "async",
    "tree",
    "unsampled",
    "disabled",
    "uninitialised",
    "timed",
    "traced-timed",
    "counter-cached",
    "counter-labels",
];
/// What is guarded: one call at a time, and on two threads.
const GUARDED: &[&str] = &[
    "fallible",
    "fallible-async",
    "retry",
    "retry-unbudgeted",
    "retry-async",
    "breaker",
    "breaker-two-threads",
    "breaker-object",
    "breaker-object-two-threads",
    "breaker-open",
    "limit",
    "limit-two-threads",
    "limit-keyed",
    "limit-keyed-two-threads",
    "timeout",
    "fallback",
    "hedge",
    "bulkhead",
    "bulkhead-async",
    "bulkhead-async-two-threads",
    "stack",
];
const SIZES: &[&str] = &["0 sync", "100 sync", "500 sync", "0 async", "100 async", "500 async"];

static TABLES: &[Table] = &[
    Table {
        title: "Time",
        note: "Nanoseconds per call (per tree), and how many times two clock reads that is.",
        metric: "ns",
        kinds: SPEEDS,
        cell: time,
    },
    Table {
        title: "Time of guarded calls",
        note: "Nanoseconds per call of a function that may fail and does not, around which there is \
               the one thing; `fallible` is that function alone. `breaker-open` is a call that is \
               refused; `stack` is traced, timed, tried again and behind a breaker. In brackets: what \
               it adds to that function, and how many times two clock reads all of it is.",
        metric: "ns",
        kinds: GUARDED,
        cell: guarded,
    },
    Table {
        title: "CPU time of all threads",
        note: "Nanoseconds per span: with a sink that discards, and encoded for a transport that \
               discards, as OTLP protobuf (`encode`), OTLP JSON (`json`) and Zipkin v2 JSON \
               (`zipkin`).",
        metric: "cpu",
        kinds: &["discard", "encode", "json", "zipkin"],
        cell: plain,
    },
    Table {
        title: "CPU time of a whole export",
        note: "Nanoseconds per span on all threads and in the kernel: recorded, encoded, sent over \
               loopback and answered.",
        metric: "export-cpu",
        kinds: &["http/protobuf", "http/protobuf gzip", "http/json", "grpc", "grpc gzip", "zipkin"],
        cell: plain,
    },
    Table {
        title: "A service under load",
        note: "Microseconds for each request to two services with SQLite: that went by (`time`), that \
               16 customers waited (`p50`, `p99`), of CPU time of both (`cpu`).",
        metric: "shop-load",
        kinds: &["time", "p50", "p99", "cpu"],
        cell: plain,
    },
    Table {
        title: "A service that waits for another",
        note: "The same where each payment waits 2 ms for a bank and 4 customers keep the machine half \
               busy.",
        metric: "shop-load-bank",
        kinds: &["time", "p50", "p99", "cpu"],
        cell: plain,
    },
    Table {
        title: "What is exported",
        note: "Attributes per span (the one root in 101 has none).",
        metric: "attributes-per-span",
        kinds: &["discard", "encode"],
        cell: plain,
    },
    Table {
        title: "Size of the export",
        note: "Bytes per span in each encoding, before compression.",
        metric: "bytes-per-span",
        kinds: &["encode", "json", "zipkin"],
        cell: plain,
    },
    Table {
        title: "Allocations",
        note: "Per call (per tree) on the calling thread.",
        metric: "allocations",
        kinds: CALLS,
        cell: plain,
    },
    Table {
        title: "Allocations of guarded calls",
        note: "Per call on the calling thread.",
        metric: "allocations",
        kinds: GUARDED,
        cell: plain,
    },
    Table {
        title: "Allocations on all threads",
        note: "Per call (per tree), with a sink that discards.",
        metric: "allocations-all-threads",
        kinds: SPANS,
        cell: plain,
    },
    Table {
        title: "Instructions",
        note: "Per call (per tree) on the calling thread, counted by callgrind.",
        metric: "instructions",
        kinds: CALLS,
        cell: plain,
    },
    Table {
        title: "Instructions of guarded calls",
        note: "Per call on the calling thread, counted by callgrind.",
        metric: "instructions",
        kinds: GUARDED,
        cell: plain,
    },
    Table {
        title: "A request",
        note: "Nanoseconds per request that a router of axum answers without a network, its body \
               read to the end; ours with a span, the metrics and a correlation id.",
        metric: "request-ns",
        kinds: &["request"],
        cell: plain,
    },
    Table {
        title: "Allocations of a request",
        note: "Per request on the calling thread.",
        metric: "request-allocations",
        kinds: &["request"],
        cell: plain,
    },
    Table {
        title: "A scrape",
        note: "Milliseconds of a `/metrics` with 1,000 histograms of 160 buckets each.",
        metric: "scrape-ms",
        kinds: &["text", "OpenMetrics", "protobuf"],
        cell: plain,
    },
    Table {
        title: "Size of a future",
        note: "Bytes of the future of an annotated async function with two arguments.",
        metric: "future-size",
        kinds: &["async"],
        cell: plain,
    },
    Table {
        title: "Compile time",
        note: "Seconds of `cargo check` for a crate of so many annotated functions, its \
               dependencies already checked, incremental compilation off.",
        metric: "check-seconds",
        kinds: SIZES,
        cell: |_, value, _, _| format!("{value:.2}"),
    },
    Table {
        title: "Binary size",
        note: "KiB of the stripped release binary that calls them all.",
        metric: "binary-bytes",
        kinds: SIZES,
        cell: |_, value, _, _| format!("{:.0}", value / 1024.0),
    },
];

/// The columns of the table of features: metric and title.
const FEATURE_COSTS: [(&str, &str); 3] = [
    ("crates", "crates of others"),
    ("clean-check", "`cargo check` from nothing, s"),
    ("feature-bytes", "stripped release binary, KiB"),
];

/// Renders what each feature costs, if that was measured.
pub(crate) fn features(measurements: &Measurements) -> String {
    let features = measurements.subjects("crates");
    if features.is_empty() {
        return String::new();
    }
    let head = FEATURE_COSTS.map(|(_, title)| title).join(" | ");
    let mut text = format!(
        "## What a feature costs\n\nA program with one annotated function that starts telemetry; \
         each feature alone.\n\n| | {head} |\n|---|---:|---:|---:|\n"
    );
    for feature in features {
        let cells = FEATURE_COSTS.map(|(metric, _)| {
            let value = measurements.get(metric, "feature", feature).unwrap_or_default();
            number(if metric == "feature-bytes" { value / 1024.0 } else { value })
        });
        writeln!(text, "| `{feature}` | {} |", cells.join(" | "))
            .expect("writing to a string cannot fail");
    }
    text.push('\n');
    text
}

/// Renders all tables that have a value.
pub(crate) fn all(measurements: &Measurements) -> String {
    TABLES.iter().map(|table| render(table, measurements)).collect()
}

/// Lists every value where a peer does better than we do.
pub(crate) fn losses(measurements: &Measurements) -> String {
    let mut list = String::new();
    for (metric, kind) in measurements.ours_keys() {
        let of_kind = |table: &&Table| table.metric == metric && table.kinds.contains(&kind);
        let Some(table) = TABLES.iter().find(of_kind) else { continue };
        let Some(ours) = measurements.ours(metric, kind) else { continue };
        for peer in measurements.subjects(metric) {
            let floor = peer == "bare" || kind == "clock" || peer.starts_with(OURS);
            let Some(theirs) = measurements.get(metric, kind, peer).filter(|_| !floor) else {
                continue;
            };
            // Less than a part in fifty is noise.
            if theirs < ours * 0.98 {
                let (title, ours, theirs) = (table.title, number(ours), number(theirs));
                writeln!(list, "- {title}, {kind}: {ours}, and {peer} {theirs}.")
                    .expect("writing to a string cannot fail");
            }
        }
    }
    if list.is_empty() { "Nothing that is measured here.\n".to_owned() } else { list }
}

fn render(table: &Table, measurements: &Measurements) -> String {
    let Table { title, note, metric, kinds, cell } = table;
    let subjects = measurements.subjects(metric);
    if subjects.is_empty() {
        return String::new();
    }
    let any = |kind: &&&str| {
        subjects.iter().any(|subject| measurements.get(metric, kind, subject).is_some())
    };
    let kinds: Vec<&str> = kinds.iter().filter(any).copied().collect();

    let head = kinds.join(" | ");
    let rule = "---:|".repeat(kinds.len());
    let mut text = format!("## {title}\n\n{note}\n\n| | {head} |\n|---|{rule}\n");
    for subject in subjects {
        let cells: Vec<String> = kinds
            .iter()
            .map(|kind| {
                let value = measurements.get(metric, kind, subject);
                value.map_or_else(String::new, |value| cell(measurements, value, kind, subject))
            })
            .collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let name =
                if subject.starts_with(OURS) { format!("**{subject}**") } else { subject.into() };
            writeln!(text, "| {name} | {} |", cells.join(" | "))
                .expect("writing to a string cannot fail");
        }
    }
    text.push('\n');
    text
}

fn time(measurements: &Measurements, nanos: f64, kind: &str, subject: &str) -> String {
    let mut cell = number(nanos);
    if let Some(clock) = measurements.two_clock_reads()
        && matches!(kind, "attributes" | "plain" | "async" | "two-threads" | "sustained")
        && subject != "bare"
    {
        write!(cell, " ({:.1} ×)", nanos / clock).expect("writing to a string cannot fail");
    }
    if let Some(dropped) = measurements.get("dropped", kind, subject) {
        write!(cell, ", {dropped:.1} % lost").expect("writing to a string cannot fail");
    }
    cell
}

fn guarded(measurements: &Measurements, nanos: f64, kind: &str, subject: &str) -> String {
    let bare = match kind {
        "retry-async" | "timeout" | "hedge" | "stack" => "fallible-async",
        kind if kind.starts_with("bulkhead-async") => "fallible-async",
        _ => "fallible",
    };
    let bare = measurements.get("ns", bare, "bare");
    match (bare, measurements.two_clock_reads()) {
        (Some(bare), Some(clock)) if subject != "bare" => {
            format!("{} ({:+.1}, {:.1} ×)", number(nanos), nanos - bare, nanos / clock)
        }
        _ => number(nanos),
    }
}

fn plain(_: &Measurements, value: f64, _kind: &str, _subject: &str) -> String {
    number(value)
}

/// Writes a number with the digits that mean something, and thousands separated.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value < 0.01 {
        return format!("{value:.3}");
    }
    if value < 100.0 {
        return format!("{value:.*}", if value < 10.0 { 2 } else { 1 });
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_mean_something() {
        let cases = [
            (0.0, "0"),
            (0.004, "0.004"),
            (0.026, "0.03"),
            (7.04, "7.04"),
            (20.94, "20.9"),
            (1_055.4, "1,055"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_guarded_call_says_what_it_adds_and_how_many_clock_reads_it_is() {
        let mut measurements = Measurements::default();
        measurements.add("ns", "fallible", "bare", 2.0);
        measurements.add("ns", "clock", OURS, 20.0);

        assert_eq!(guarded(&measurements, 30.0, "breaker", OURS), "30.0 (+28.0, 1.5 ×)");
        assert_eq!(guarded(&measurements, 2.0, "fallible", "bare"), "2.00");
    }

    #[test]
    fn a_peer_that_does_better_is_named_as_a_loss() {
        let mut measurements = Measurements::default();
        measurements.add("ns", "plain", OURS, 50.0);
        measurements.add("ns", "plain", "peer", 40.0);
        measurements.add("ns", "async", OURS, 40.0);
        measurements.add("ns", "async", "peer", 50.0);

        assert_eq!(losses(&measurements), "- Time, plain: 50.0, and peer 40.0.\n");
    }
}
