//! Lists of functions as JSON: a manifest, and with live numbers.

use std::{fmt::Write as _, time::Duration};

use super::{Function, Functions, Statistics};
use crate::{outcome::Outcome, site};

const OUTCOMES: [Outcome; 5] =
    [Outcome::Ok, Outcome::Error, Outcome::Rejected, Outcome::Cancelled, Outcome::Panicked];

/// An array with one line for each function, to which `more` adds members.
pub(super) fn list(functions: &Functions, more: impl Fn(Function, &mut String)) -> String {
    let mut json = String::from("[");
    for (index, function) in functions.iter().enumerate() {
        json.push_str(if index == 0 { "\n" } else { ",\n" });
        manifest(function, &mut json);
        more(function, &mut json);
        json.push('}');
    }
    json.push_str("\n]\n");
    json
}

/// All but the closing brace.
fn manifest(function: Function, json: &mut String) {
    let site = function.site();
    json.push_str("  {");
    member(json, "name", function.name());
    json.push(',');
    member(json, "module", function.module_path());
    json.push(',');
    member(json, "file", function.file());
    // Writing to a `String` cannot fail.
    let _ = write!(json, ",\"line\":{}", function.line());
    texts(json, "policies", function.policies());
    if function.policies().any(|policy| policy == "traced") {
        json.push(',');
        member(json, "span", site.span_name());
        json.push(',');
        member(json, "kind", site.kind().as_str());
        json.push(',');
        member(json, "level", site.level().as_str());
        json.push(',');
        member(json, "target", site.target());
        texts(json, "fields", site.fields().iter().map(site::Field::key));
        let redacted = site.fields().iter().filter(|field| field.is_redacted());
        texts(json, "redacted", redacted.map(site::Field::key));
    }
}

/// What is known about the calls, as further members.
pub(super) fn live(function: Function, json: &mut String) {
    let Some(found) = function.statistics() else { return };
    let _ = write!(json, ",\"in_flight\":{},", found.in_flight());
    statistics(json, &found);
    json.push_str(",\"windows\":[");
    for (index, window) in function.windows().iter().enumerate() {
        let (length, covered) = (window.length().as_secs(), window.covered().as_secs_f64());
        json.push_str(if index == 0 { "{" } else { ",{" });
        let rate = window.per_minute();
        let _ = write!(json, "\"seconds\":{length},\"covered\":{covered},\"per_minute\":{rate},");
        statistics(json, window.statistics());
        json.push('}');
    }
    json.push(']');
}

fn statistics(json: &mut String, found: &Statistics) {
    json.push_str("\"calls\":{");
    let calls = OUTCOMES.map(|outcome| (outcome.as_str(), found.calls(outcome)));
    counts(json, calls.into_iter().filter(|(_, count)| *count > 0));
    json.push_str("},\"errors\":{");
    counts(json, found.errors());
    json.push('}');
    let durations = [
        ("total", found.total_time()),
        ("mean", found.mean()),
        ("min", found.min()),
        ("p50", found.p50()),
        ("p90", found.p90()),
        ("p95", found.p95()),
        ("p99", found.p99()),
        ("p999", found.p999()),
        ("max", found.max()),
    ];
    if found.mean().is_some() {
        json.push_str(",\"durations\":{");
        let known = durations.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in known {
            let _ = write!(json, "\"{name}\":{},", seconds(value));
        }
        let _ = write!(json, "\"quantile_error\":{}}}", found.quantile_error());
    }
    if let Some(slow) = found.slow() {
        let _ = write!(json, ",\"slow\":{slow}");
    }
    let objectives: Vec<_> = found.objectives().collect();
    if !objectives.is_empty() {
        json.push_str(",\"objectives\":[");
        for (index, objective) in objectives.iter().enumerate() {
            json.push_str(if index == 0 { "{" } else { ",{" });
            if let Some(latency) = objective.latency() {
                let _ = write!(json, "\"latency\":{},", seconds(latency));
            }
            let (target, good, total) = (objective.target(), objective.good(), objective.total());
            let _ = write!(json, "\"target\":{target},\"good\":{good},\"total\":{total}}}");
        }
        json.push(']');
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn counts<'s>(json: &mut String, counts: impl Iterator<Item = (&'s str, u64)>) {
    for (index, (name, count)) in counts.enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        string(json, name);
        let _ = write!(json, ":{count}");
    }
}

fn texts<'s>(json: &mut String, key: &str, values: impl Iterator<Item = &'s str>) {
    json.push(',');
    string(json, key);
    json.push_str(":[");
    for (index, value) in values.enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        string(json, value);
    }
    json.push(']');
}

pub(crate) fn member(json: &mut String, key: &str, value: &str) {
    string(json, key);
    json.push(':');
    string(json, value);
}

pub(crate) fn string(json: &mut String, text: &str) {
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            char if char < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            char => json.push(char),
        }
    }
    json.push('"');
}
