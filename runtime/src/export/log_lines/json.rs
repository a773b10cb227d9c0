//! One flat object of JSON for each record.
//!
//! The names are a promise: the documentation of [`LogLines`](super::LogLines) lists them, and
//! `examples/log-pipeline` reads them.

use std::fmt::Write as _;

use crate::{
    export::json_text::{string, timestamp, value},
    logs::LogView,
    site::Level,
};

/// Names that a line gives a meaning of its own.
const RESERVED: [&str; 11] = [
    "timestamp",
    "level",
    "message",
    "target",
    "trace_id",
    "span_id",
    "correlation_id",
    "method",
    "route",
    "event",
    "dropped_fields",
];

/// Appends the line of a record.
pub(super) fn line(text: &mut String, record: &LogView<'_>) {
    text.push_str("{\"timestamp\":");
    timestamp(text, record.unix_nanos());
    member(text, "level", level(record.level()));
    member(text, "message", record.message());
    member(text, "target", record.target());
    if let Some(trace) = record.trace_id() {
        let _ = write!(text, ",\"trace_id\":\"{trace}\"");
    }
    if let Some(span) = record.span_id() {
        let _ = write!(text, ",\"span_id\":\"{span}\"");
    }
    record.request().for_each(|(key, value)| member(text, key, value));
    if let Some(event) = record.event_name() {
        member(text, "event", event);
    }
    for (key, attribute) in record.attributes() {
        text.push_str(",\"");
        if RESERVED.contains(&key) {
            text.push_str("field.");
        }
        // The opening quote stands already, before a prefix that needs no escape.
        let quoted = text.len();
        string(text, key);
        text.remove(quoted);
        text.push(':');
        value(text, attribute);
    }
    let dropped = record.dropped_attributes();
    if dropped > 0 {
        let _ = write!(text, ",\"dropped_fields\":{dropped}");
    }
    text.push_str("}\n");
}

/// As log pipelines know levels.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Trace => "TRACE",
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}

fn member(text: &mut String, key: &str, value: &str) {
    let _ = write!(text, ",\"{key}\":");
    string(text, value);
}
