//! OTLP as protobuf: a span in one pass over its view, and what stands around spans.
//!
//! What has a fixed size (ids, times, kind, flags) is one block that is copied at once. An attribute
//! knows its length before it is written, because only arrays nest; events, links and arrays are
//! written behind a byte that is set aside for their length ([`wire::message`]). The length of the
//! span itself is written by [`super::batch::Batch`], which copies the span to its place anyway.

use super::{
    batch::{Resource, ScopeSpans},
    fields::{flags, status_code},
    wire::{self, bytes_tag, field_len, fixed64_tag, varint_tag},
};
use crate::{
    trace::{EventView, LinkView, SpanView, Status},
    value::Value,
};

// opentelemetry.proto.trace.v1.Span
const TRACE_ID: u8 = 1;
const SPAN_ID: u8 = 2;
const TRACE_STATE: u8 = 3;
const PARENT_SPAN_ID: u8 = 4;
const NAME: u8 = 5;
const KIND: u8 = 6;
const START_TIME: u8 = 7;
const END_TIME: u8 = 8;
const ATTRIBUTES: u8 = 9;
const DROPPED_ATTRIBUTES: u8 = 10;
const EVENTS: u8 = 11;
const DROPPED_EVENTS: u8 = 12;
const LINKS: u8 = 13;
const DROPPED_LINKS: u8 = 14;
const STATUS: u8 = 15;
/// Field 16, four bytes: the only tag of two bytes.
const FLAGS_TAG: [u8; 2] = [0x85, 0x01];

/// Bytes of the block of a span that has a parent, and of one that has none.
const BLOCK: usize = 64;
const ROOT_BLOCK: usize = BLOCK - 10;

/// Field of `ExportTraceServiceRequest`, and of its parts.
const RESOURCE_SPANS: u8 = 1;
const RESOURCE: u8 = 1;
const SCOPE_SPANS: u8 = 2;
const SCOPE: u8 = 1;
const SPANS: u8 = 2;
const SCHEMA_URL: u8 = 3;

/// Writes a request.
pub(super) fn request<'a>(
    out: &mut Vec<u8>,
    resource: &Resource,
    scopes: impl Iterator<Item = ScopeSpans<'a>> + Clone,
) {
    let scope_bytes: usize = scopes.clone().map(|scope| field_len(scope.bytes)).sum();
    let len = resource.head.len() + scope_bytes + resource.tail.len();
    out.reserve_exact(field_len(len));
    out.push(bytes_tag(RESOURCE_SPANS));
    wire::varint(out, len as u64);
    out.extend_from_slice(&resource.head);
    for scope in scopes {
        out.push(bytes_tag(SCOPE_SPANS));
        wire::varint(out, scope.bytes as u64);
        out.extend_from_slice(scope.head);
        for span in scope.spans() {
            wire::bytes(out, SPANS, span);
        }
    }
    out.extend_from_slice(&resource.tail);
}

/// The fields `resource` and `schema_url` of a `ResourceSpans`.
pub(super) fn resource<'a>(
    attributes: impl Iterator<Item = (&'a str, Value<'a>)>,
    schema_url: &str,
) -> (Vec<u8>, Vec<u8>) {
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    wire::message(&mut head, RESOURCE, |head| {
        attributes.for_each(|(key, value)| attribute(head, 1, key, value));
    });
    wire::text(&mut tail, SCHEMA_URL, schema_url);
    (head, tail)
}

/// The field `scope` of a `ScopeSpans`.
pub(super) fn scope(name: &str, version: &str) -> Vec<u8> {
    let mut head = Vec::new();
    wire::message(&mut head, SCOPE, |head| {
        wire::text(head, 1, name);
        wire::text(head, 2, version);
    });
    head
}

/// Writes the fields of a span.
pub(super) fn span(out: &mut Vec<u8>, span: &SpanView<'_>) {
    block(out, span);
    wire::text(out, TRACE_STATE, span.trace_state());
    wire::text(out, NAME, span.name());
    let dropped = span.each_attribute(|key, value| attribute(out, ATTRIBUTES, key, value));
    wire::count(out, DROPPED_ATTRIBUTES, dropped);
    if !span.is_plain() {
        events_and_links(out, span);
    }
    status(out, span.status());
}

fn events_and_links(out: &mut Vec<u8>, span: &SpanView<'_>) {
    for seen in span.events() {
        event(out, &seen);
    }
    wire::count(out, DROPPED_EVENTS, span.dropped_events());
    for linked in span.links() {
        link(out, &linked);
    }
    wire::count(out, DROPPED_LINKS, span.dropped_links());
}

fn block(out: &mut Vec<u8>, span: &SpanView<'_>) {
    let (start, end) = span.unix_nanos();
    let mut block = [0; BLOCK];
    block[0] = bytes_tag(TRACE_ID);
    block[1] = 16;
    block[2..18].copy_from_slice(&span.trace_id().to_bytes());
    block[18] = bytes_tag(SPAN_ID);
    block[19] = 8;
    block[20..28].copy_from_slice(&span.span_id().to_bytes());
    block[28] = varint_tag(KIND);
    block[29] = span.kind() as u8;
    block[30] = fixed64_tag(START_TIME);
    block[31..39].copy_from_slice(&start.to_le_bytes());
    block[39] = fixed64_tag(END_TIME);
    block[40..48].copy_from_slice(&end.to_le_bytes());
    block[48..50].copy_from_slice(&FLAGS_TAG);
    block[50..54]
        .copy_from_slice(&flags(span.trace_flags(), span.parent_is_remote()).to_le_bytes());
    let mut used = ROOT_BLOCK;
    if let Some(parent) = span.parent_span_id() {
        block[54] = bytes_tag(PARENT_SPAN_ID);
        block[55] = 8;
        block[56..64].copy_from_slice(&parent.to_bytes());
        used = BLOCK;
    }
    out.extend_from_slice(&block[..used]);
}

fn event(out: &mut Vec<u8>, event: &EventView<'_>) {
    wire::message(out, EVENTS, |out| {
        out.push(fixed64_tag(1));
        out.extend_from_slice(&event.unix_nanos().to_le_bytes());
        wire::text(out, 2, event.name());
        for (key, value) in event.attributes() {
            attribute(out, 3, key, value);
        }
        wire::count(out, 4, event.dropped_attributes());
    });
}

fn link(out: &mut Vec<u8>, link: &LinkView<'_>) {
    wire::message(out, LINKS, |out| {
        wire::bytes(out, 1, &link.trace_id().to_bytes());
        wire::bytes(out, 2, &link.span_id().to_bytes());
        wire::text(out, 3, link.trace_state());
        for (key, value) in link.attributes() {
            attribute(out, 4, key, value);
        }
        wire::count(out, 5, link.dropped_attributes());
        // Field 6, four bytes.
        out.push(6 << 3 | 5);
        out.extend_from_slice(&flags(link.trace_flags(), link.is_remote()).to_le_bytes());
    });
}

fn status(out: &mut Vec<u8>, status: Status<'_>) {
    let Some((code, description)) = status_code(status) else { return };
    wire::message(out, STATUS, |out| {
        wire::text(out, 2, description);
        out.extend_from_slice(&[varint_tag(3), code]);
    });
}

/// Writes a `KeyValue` field.
pub(super) fn attribute(out: &mut Vec<u8>, field: u8, key: &str, value: Value<'_>) {
    match value {
        Value::Array(_) => wire::message(out, field, |out| {
            // A key may be empty, and is written all the same: what it belongs to is there.
            wire::bytes(out, 1, key.as_bytes());
            wire::message(out, 2, |out| any_value(out, value));
        }),
        Value::U64(number) => text_attribute(out, field, key, &number.to_string()),
        Value::Str(text) => text_attribute(out, field, key, text),
        Value::Bool(yes) => short_attribute(out, field, key, &[varint_tag(2), yes.into()]),
        Value::I64(number) => {
            let mut bytes = [varint_tag(3); 11];
            let mut used = 1;
            let mut rest = number.cast_unsigned();
            while rest >= 0x80 {
                bytes[used] = rest as u8 | 0x80;
                rest >>= 7;
                used += 1;
            }
            bytes[used] = rest as u8;
            short_attribute(out, field, key, &bytes[..=used]);
        }
        Value::F64(number) => {
            let mut bytes = [fixed64_tag(4); 9];
            bytes[1..].copy_from_slice(&number.to_le_bytes());
            short_attribute(out, field, key, &bytes);
        }
    }
}

/// A value that fits a few bytes, already written as `AnyValue`.
#[inline]
fn short_attribute(out: &mut Vec<u8>, field: u8, key: &str, value: &[u8]) {
    key_value(out, field, key, value.len());
    out.extend_from_slice(value);
}

#[inline]
fn text_attribute(out: &mut Vec<u8>, field: u8, key: &str, value: &str) {
    key_value(out, field, key, field_len(value.len()));
    wire::bytes(out, 1, value.as_bytes());
}

/// Writes a `KeyValue` field up to the content of its value, which has this length.
#[inline]
fn key_value(out: &mut Vec<u8>, field: u8, key: &str, value: usize) {
    let len = field_len(key.len()) + field_len(value);
    if let Ok(len @ 0..0x80) = u8::try_from(len) {
        // Every length within is shorter still: one byte each.
        out.extend_from_slice(&[bytes_tag(field), len, bytes_tag(1), key.len() as u8]);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&[bytes_tag(2), value as u8]);
        return;
    }
    out.push(bytes_tag(field));
    wire::varint(out, len as u64);
    wire::bytes(out, 1, key.as_bytes());
    out.push(bytes_tag(2));
    wire::varint(out, value as u64);
}

/// Writes the one field of an `AnyValue`, also where it is the default of its type.
fn any_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Str(text) => wire::bytes(out, 1, text.as_bytes()),
        Value::U64(number) => wire::bytes(out, 1, number.to_string().as_bytes()),
        Value::Bool(yes) => out.extend_from_slice(&[varint_tag(2), yes.into()]),
        Value::I64(number) => {
            out.push(varint_tag(3));
            wire::varint(out, number.cast_unsigned());
        }
        Value::F64(number) => {
            out.push(fixed64_tag(4));
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Array(values) => wire::message(out, 5, |out| {
            for value in values.iter() {
                wire::message(out, 1, |out| any_value(out, value));
            }
        }),
    }
}
