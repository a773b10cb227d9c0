//! OTLP as JSON: a span in one pass over its view, and what stands around spans.
//!
//! The mapping is that of the OTLP specification: names in lowerCamelCase, ids in hexadecimal, enums
//! as numbers, integers of 64 bits as strings of digits; what is empty or zero is left out. Numbers
//! that JSON does not have are the strings of the protobuf mapping (`"NaN"`, `"Infinity"`).

use super::{
    batch::{Resource, ScopeSpans},
    fields::{flags, status_code},
    signal::Signal,
};
use crate::{
    export::json_text::{Text as _, decimal, hex, list, string},
    trace::{EventView, LinkView, SpanView, Status},
    value::Value,
};

/// Writes a request, on one line.
pub(super) fn request<'a>(
    out: &mut Vec<u8>,
    bytes: usize,
    resource: &Resource,
    scopes: impl Iterator<Item = ScopeSpans<'a>>,
) {
    out.reserve_exact(bytes);
    out.extend_from_slice(&resource.head);
    for (index, scope) in scopes.enumerate() {
        out.put(if index == 0 { "" } else { "," });
        out.extend_from_slice(scope.head);
        for (index, span) in scope.spans().enumerate() {
            out.put(if index == 0 { "" } else { "," });
            out.extend_from_slice(span);
        }
        out.put("]}");
    }
    out.extend_from_slice(&resource.tail);
}

/// What stands before and behind the scopes of a request.
pub(super) fn resource<'a>(
    signal: Signal,
    attributes: impl Iterator<Item = (&'a str, Value<'a>)>,
    schema_url: &str,
) -> (Vec<u8>, Vec<u8>) {
    let [resources, scopes, _] = signal.lists();
    let mut head = Vec::new();
    write!(head, "{{\"{resources}\":[{{\"resource\":{{\"attributes\":");
    list(&mut head, attributes, attribute);
    write!(head, "}},\"{scopes}\":[");
    let mut tail = b"]".to_vec();
    text(&mut tail, ",\"schemaUrl\":", schema_url);
    tail.put("}]}");
    (head, tail)
}

/// A scope up to its first item.
pub(super) fn scope(signal: Signal, name: &str, version: &str) -> Vec<u8> {
    let [_, _, items] = signal.lists();
    let mut head = b"{\"scope\":{\"name\":".to_vec();
    string(&mut head, name);
    text(&mut head, ",\"version\":", version);
    write!(head, "}},\"{items}\":[");
    head
}

/// Writes a span.
pub(super) fn span(out: &mut Vec<u8>, span: &SpanView<'_>) {
    let (start, end) = span.unix_nanos();
    out.put("{\"traceId\":\"");
    hex(out, &span.trace_id().to_bytes());
    out.put("\",\"spanId\":\"");
    hex(out, &span.span_id().to_bytes());
    if let Some(parent) = span.parent_span_id() {
        out.put("\",\"parentSpanId\":\"");
        hex(out, &parent.to_bytes());
    }
    out.put("\",\"flags\":");
    decimal(out, flags(span.trace_flags(), span.parent_is_remote()).into());
    text(out, ",\"traceState\":", span.trace_state());
    out.put(",\"name\":");
    string(out, span.name());
    out.put(",\"kind\":");
    decimal(out, span.kind() as u64);
    out.put(",\"startTimeUnixNano\":\"");
    decimal(out, start);
    out.put("\",\"endTimeUnixNano\":\"");
    decimal(out, end);
    out.put("\"");

    let mut comma = Members::new(",\"attributes\":[");
    let dropped = span.each_attribute(|key, value| {
        comma.next(out);
        attribute(out, (key, value));
    });
    comma.end(out);
    count(out, ",\"droppedAttributesCount\":", dropped);
    if !span.is_plain() {
        events_and_links(out, span);
    }
    status(out, span.status());
    out.put("}");
}

fn events_and_links(out: &mut Vec<u8>, span: &SpanView<'_>) {
    members(out, ",\"events\":[", span.events(), event);
    count(out, ",\"droppedEventsCount\":", span.dropped_events());
    members(out, ",\"links\":[", span.links(), link);
    count(out, ",\"droppedLinksCount\":", span.dropped_links());
}

fn event(out: &mut Vec<u8>, event: EventView<'_>) {
    out.put("{\"timeUnixNano\":\"");
    decimal(out, event.unix_nanos());
    out.put("\",\"name\":");
    string(out, event.name());
    members(out, ",\"attributes\":[", event.attributes(), attribute);
    count(out, ",\"droppedAttributesCount\":", event.dropped_attributes());
    out.put("}");
}

fn link(out: &mut Vec<u8>, link: LinkView<'_>) {
    out.put("{\"traceId\":\"");
    hex(out, &link.trace_id().to_bytes());
    out.put("\",\"spanId\":\"");
    hex(out, &link.span_id().to_bytes());
    out.put("\"");
    text(out, ",\"traceState\":", link.trace_state());
    members(out, ",\"attributes\":[", link.attributes(), attribute);
    count(out, ",\"droppedAttributesCount\":", link.dropped_attributes());
    out.put(",\"flags\":");
    decimal(out, flags(link.trace_flags(), link.is_remote()).into());
    out.put("}");
}

fn status(out: &mut Vec<u8>, status: Status<'_>) {
    let Some((code, description)) = status_code(status) else { return };
    out.put(",\"status\":{\"code\":");
    decimal(out, code.into());
    text(out, ",\"message\":", description);
    out.put("}");
}

pub(super) fn attribute(out: &mut Vec<u8>, (key, value): (&str, Value<'_>)) {
    out.put("{\"key\":");
    string(out, key);
    out.put(",\"value\":");
    any_value(out, value);
    out.put("}");
}

fn any_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Str(text) => {
            out.put("{\"stringValue\":");
            string(out, text);
            out.put("}");
        }
        Value::Bool(yes) => {
            out.put(if yes { "{\"boolValue\":true}" } else { "{\"boolValue\":false}" });
        }
        Value::I64(number) => {
            out.put(if number < 0 { "{\"intValue\":\"-" } else { "{\"intValue\":\"" });
            decimal(out, number.unsigned_abs());
            out.put("\"}");
        }
        Value::U64(number) => {
            out.put("{\"stringValue\":\"");
            decimal(out, number);
            out.put("\"}");
        }
        Value::F64(number) => {
            out.put("{\"doubleValue\":");
            double(out, number);
            out.put("}");
        }
        Value::Array(values) => {
            out.put("{\"arrayValue\":{\"values\":");
            list(out, values.iter(), any_value);
            out.put("}}");
        }
    }
}

pub(super) fn double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        // By `Debug`: the shortest text that is read back as the same number.
        write!(out, "{number:?}");
        return;
    }
    out.put(match number {
        f64::INFINITY => "\"Infinity\"",
        f64::NEG_INFINITY => "\"-Infinity\"",
        _ => "\"NaN\"",
    });
}

/// A member that is text, unless it is empty.
pub(super) fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    if !value.is_empty() {
        out.put(name);
        string(out, value);
    }
}

/// A member that is a number, unless it is 0.
pub(super) fn count(out: &mut Vec<u8>, name: &str, value: u32) {
    if value != 0 {
        out.put(name);
        decimal(out, value.into());
    }
}

/// A member that is an array, unless it is empty.
pub(super) fn members<T>(
    out: &mut Vec<u8>,
    name: &'static str,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    let mut members = Members::new(name);
    for item in items {
        members.next(out);
        write(out, item);
    }
    members.end(out);
}

/// An array that begins with its first element, if there is one.
pub(super) struct Members {
    /// What stands before the next element.
    before: &'static str,
    any: bool,
}

impl Members {
    pub(super) fn new(name: &'static str) -> Self {
        Self { before: name, any: false }
    }

    #[inline]
    pub(super) fn next(&mut self, out: &mut Vec<u8>) {
        out.put(self.before);
        self.before = ",";
        self.any = true;
    }

    pub(super) fn end(self, out: &mut Vec<u8>) {
        if self.any {
            out.put("]");
        }
    }
}

#[cfg(test)]
mod tests;
