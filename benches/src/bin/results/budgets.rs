//! The budgets, and whether they are met.

mod guarded;

use std::fmt::Write;

use crate::measurements::Measurements;

/// What a value must not exceed, or must reach; then what we aim at.
enum Rule {
    AtMost(f64, f64),
    AtLeast(f64, f64),
}

struct Budget {
    what: &'static str,
    unit: &'static str,
    value: fn(&Measurements) -> Option<f64>,
    rule: Rule,
}

/// Renders every budget with what was measured.
pub(crate) fn table(measurements: &Measurements) -> String {
    let mut table = String::from("| what | measured | budget | aim | |\n|---|---|---|---|---|\n");
    for Budget { what, unit, value, rule } in BUDGETS.iter().chain(guarded::BUDGETS) {
        let value = value(measurements);
        let measured = value.map_or("not measured".to_owned(), |value| format!("{value:.2}{unit}"));
        let (sign, budget, aim) = match rule {
            Rule::AtMost(budget, aim) => ("≤", budget, aim),
            Rule::AtLeast(budget, aim) => ("≥", budget, aim),
        };
        let verdict = value.map_or("", |value| verdict(rule, value));
        writeln!(
            table,
            "| {what} | {measured} | {sign} {budget}{unit} | {aim}{unit} | {verdict} |"
        )
        .expect("writing to a string cannot fail");
    }
    table
}

fn verdict(rule: &Rule, value: f64) -> &'static str {
    let (met, aim_met) = match *rule {
        Rule::AtMost(budget, aim) => (value <= budget, value <= aim),
        Rule::AtLeast(budget, aim) => (value >= budget, value >= aim),
    };
    match (met, aim_met) {
        (true, true) => "met, aim reached",
        (true, false) => "met",
        (false, _) => "**missed**",
    }
}

fn in_clock_reads(measurements: &Measurements, kind: &str) -> Option<f64> {
    Some(measurements.ours("ns", kind)? / measurements.two_clock_reads()?)
}

fn over_bare(measurements: &Measurements, kind: &str) -> Option<f64> {
    Some(measurements.ours("ns", kind)? - measurements.get("ns", "attributes", "bare")?)
}

fn under_load(measurements: &Measurements, metric: &str, kind: &str) -> Option<f64> {
    Some(measurements.ours(metric, kind)? / measurements.get(metric, kind, "bare")?)
}

fn check_seconds(measurements: &Measurements, ours: &str, peer: &str, kind: &str) -> Option<f64> {
    let metric = "check-seconds";
    Some(measurements.get(metric, kind, ours)? / measurements.get(metric, kind, peer)?)
}

/// What our layer adds to a request.
fn over_axum(measurements: &Measurements, metric: &str) -> Option<f64> {
    Some(measurements.ours(metric, "request")? - measurements.get(metric, "request", "bare axum")?)
}

// The attributes of resilience will make it four.
const MOST: &str = "spandrel, 2 attributes";

static BUDGETS: &[Budget] = &[
    Budget {
        what: "recorded span, sync, 2 attributes, over two clock reads",
        unit: " ×",
        value: |all| in_clock_reads(all, "attributes"),
        rule: Rule::AtMost(2.0, 1.4),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| all.ours("allocations", "attributes"),
        rule: Rule::AtMost(0.0, 0.0),
    },
    Budget {
        what: "recorded span, no attributes, over two clock reads",
        unit: " ×",
        value: |all| in_clock_reads(all, "plain"),
        rule: Rule::AtMost(1.6, 1.2),
    },
    Budget {
        what: "recorded span, async ready at once, 2 attributes, over two clock reads",
        unit: " ×",
        value: |all| in_clock_reads(all, "async"),
        rule: Rule::AtMost(2.5, 1.7),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| all.ours("allocations", "async"),
        rule: Rule::AtMost(0.0, 0.0),
    },
    Budget {
        what: "growth of its future",
        unit: " bytes",
        value: |all| {
            let bare = all.get("future-size", "async", "bare")?;
            Some(all.ours("future-size", "async")? - bare)
        },
        rule: Rule::AtMost(64.0, 64.0),
    },
    Budget {
        what: "tree of 1 root and 10 children, faster than fastrace",
        unit: " ×",
        value: |all| Some(all.get("ns", "tree", "fastrace")? / all.ours("ns", "tree")?),
        rule: Rule::AtLeast(5.0, 7.0),
    },
    Budget {
        what: "a span of `tracing` through our layer: faster than lean tracing-opentelemetry",
        unit: " ×",
        value: |all| {
            let theirs = all.get("ns", "attributes", "tracing-opentelemetry, lean")?;
            Some(theirs / all.get("ns", "attributes", "spandrel, tracing layer")?)
        },
        rule: Rule::AtLeast(3.0, 5.0),
    },
    Budget {
        what: "two threads at once, over one thread",
        unit: " ×",
        value: |all| Some(all.ours("ns", "two-threads")? / all.ours("ns", "attributes")?),
        rule: Rule::AtMost(1.2, 1.05),
    },
    Budget {
        what: "unsampled, over the bare function",
        unit: " ns",
        value: |all| over_bare(all, "unsampled"),
        rule: Rule::AtMost(3.0, 1.5),
    },
    Budget {
        what: "tail bias on, trace finally dropped, over a recorded span",
        unit: " ×",
        value: |all| {
            let dropped = all.get("ns", "attributes", "spandrel, tail bias")?;
            Some(dropped / all.ours("ns", "attributes")?)
        },
        rule: Rule::AtMost(1.0, 1.0),
    },
    Budget {
        what: "CPU of all threads for it, over that for a recorded span to OTLP bytes",
        unit: " ×",
        value: |all| {
            let dropped = all.get("cpu", "discard", "spandrel, tail bias")?;
            Some(dropped / all.ours("cpu", "encode")?)
        },
        rule: Rule::AtMost(1.0, 0.5),
    },
    Budget {
        what: "disabled, over the bare function",
        unit: " ns",
        value: |all| over_bare(all, "disabled"),
        rule: Rule::AtMost(1.0, 0.3),
    },
    Budget {
        what: "never initialised, over the bare function",
        unit: " ns",
        value: |all| over_bare(all, "uninitialised"),
        rule: Rule::AtMost(1.0, 0.3),
    },
    Budget {
        what: "`#[timed]`, sync, over two clock reads",
        unit: " ×",
        value: |all| in_clock_reads(all, "timed"),
        rule: Rule::AtMost(1.4, 1.2),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| all.ours("allocations", "timed"),
        rule: Rule::AtMost(0.0, 0.0),
    },
    Budget {
        what: "`#[timed]`, two threads at once, over one thread",
        unit: " ×",
        value: |all| Some(all.ours("ns", "timed-two-threads")? / all.ours("ns", "timed")?),
        rule: Rule::AtMost(1.15, 1.05),
    },
    Budget {
        what: "`#[traced]` and `#[timed]`, over `#[traced]` alone",
        unit: " ns",
        value: |all| Some(all.ours("ns", "traced-timed")? - all.ours("ns", "plain")?),
        rule: Rule::AtMost(6.0, 4.0),
    },
    Budget {
        what: "one more in a counter of the program's own, by a handle, over the bare function",
        unit: " ns",
        value: |all| over_bare(all, "counter-cached"),
        rule: Rule::AtMost(2.5, 1.5),
    },
    Budget {
        what: "the same with two static labels that are looked up",
        unit: " ns",
        value: |all| over_bare(all, "counter-labels"),
        rule: Rule::AtMost(12.0, 8.0),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| all.ours("allocations", "counter-labels"),
        rule: Rule::AtMost(0.0, 0.0),
    },
    Budget {
        what: "a request through the server layer, over bare axum",
        unit: " ns",
        value: |all| over_axum(all, "request-ns"),
        rule: Rule::AtMost(1_000.0, 1_000.0),
    },
    Budget {
        what: "its allocations",
        unit: "",
        value: |all| over_axum(all, "request-allocations"),
        rule: Rule::AtMost(5.0, 5.0),
    },
    Budget {
        what: "`/metrics` with 1,000 functions of 160 buckets",
        unit: " ms",
        value: |all| all.ours("scrape-ms", "text"),
        rule: Rule::AtMost(20.0, 20.0),
    },
    Budget {
        what: "CPU of all threads per span to OTLP bytes, less than fastrace",
        unit: " ×",
        value: |all| Some(all.get("cpu", "encode", "fastrace")? / all.ours("cpu", "encode")?),
        rule: Rule::AtLeast(6.0, 10.0),
    },
    Budget {
        what: "a span of ours where the OpenTelemetry API is bridged and nobody uses it, over one without",
        unit: " ns",
        value: |all| {
            Some(all.get("ns", "attributes", "spandrel, bridged")? - all.ours("ns", "attributes")?)
        },
        rule: Rule::AtMost(1.5, 0.5),
    },
    Budget {
        what: "a service under load with all of it on: time for each request, over the bare one",
        unit: " ×",
        value: |all| under_load(all, "shop-load", "time"),
        rule: Rule::AtMost(1.03, 1.01),
    },
    Budget {
        what: "its 99th percentile, likewise",
        unit: " ×",
        value: |all| under_load(all, "shop-load", "p99"),
        rule: Rule::AtMost(1.05, 1.02),
    },
    Budget {
        what: "a service that waits for another, with all of it on: time for each request, over the bare one",
        unit: " ×",
        value: |all| under_load(all, "shop-load-bank", "time"),
        rule: Rule::AtMost(1.03, 1.01),
    },
    Budget {
        what: "the 99th percentile of that service, likewise",
        unit: " ×",
        value: |all| under_load(all, "shop-load-bank", "p99"),
        rule: Rule::AtMost(1.05, 1.02),
    },
    // The aim is 1.5 × fastrace, which the table of compile costs shows; here it is in the same
    // unit as the budget.
    Budget {
        what: "`cargo check` of 500 sync functions with 2 fields, over `#[tracing::instrument]`",
        unit: " ×",
        value: |all| check_seconds(all, "spandrel, 2 fields", "tracing, 2 fields", "500 sync"),
        rule: Rule::AtMost(1.0, 0.5),
    },
    Budget {
        what: "`cargo check` of 500 async functions with 2 fields, over `#[tracing::instrument]`",
        unit: " ×",
        value: |all| check_seconds(all, "spandrel, 2 fields", "tracing, 2 fields", "500 async"),
        rule: Rule::AtMost(1.0, 0.7),
    },
    Budget {
        what: "`cargo check` of 500 sync functions with two attributes, over `#[tracing::instrument]`",
        unit: " ×",
        value: |all| check_seconds(all, MOST, "tracing, 2 fields", "500 sync"),
        rule: Rule::AtMost(1.0, 0.5),
    },
    Budget {
        what: "`cargo check` of 500 async functions with two attributes, over `#[tracing::instrument]`",
        unit: " ×",
        value: |all| check_seconds(all, MOST, "tracing, 2 fields", "500 async"),
        rule: Rule::AtMost(1.0, 0.7),
    },
];
