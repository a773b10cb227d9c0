//! A log record as JSON, by the mapping of the OTLP specification.

use super::{
    super::json::{Members, attribute, count, text},
    each_surrounding, severity,
};
use crate::{
    export::json_text::{Text as _, decimal, hex, string},
    logs::LogView,
};

/// Writes a record.
pub(super) fn record(out: &mut Vec<u8>, record: &LogView<'_>, names_target: bool) {
    out.put("{\"timeUnixNano\":\"");
    decimal(out, record.unix_nanos());
    out.put("\",\"observedTimeUnixNano\":\"");
    decimal(out, record.unix_nanos());
    let (number, name) = severity(record.level());
    out.put("\",\"severityNumber\":");
    decimal(out, number.into());
    text(out, ",\"severityText\":", name);
    out.put(",\"body\":{\"stringValue\":");
    string(out, record.message());
    out.put("}");

    let mut comma = Members::new(",\"attributes\":[");
    record.attributes().for_each(|pair| {
        comma.next(out);
        attribute(out, pair);
    });
    each_surrounding(record, names_target, |key, value| {
        comma.next(out);
        attribute(out, (key, value));
    });
    comma.end(out);
    count(out, ",\"droppedAttributesCount\":", record.dropped_attributes());

    if let Some(trace) = record.trace_id() {
        out.put(",\"flags\":");
        decimal(out, record.trace_flags().bits().into());
        out.put(",\"traceId\":\"");
        hex(out, &trace.to_bytes());
        out.put("\"");
    }
    if let Some(span) = record.span_id() {
        out.put(",\"spanId\":\"");
        hex(out, &span.to_bytes());
        out.put("\"");
    }
    text(out, ",\"eventName\":", record.event_name().unwrap_or_default());
    out.put("}");
}
