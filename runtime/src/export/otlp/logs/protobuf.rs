//! A log record as protobuf.

use super::{
    super::{
        encode::attribute,
        wire::{self, fixed64_tag, varint_tag},
    },
    each_surrounding, severity,
};
use crate::logs::LogView;

// opentelemetry.proto.logs.v1.LogRecord
const TIME: u8 = 1;
const SEVERITY_NUMBER: u8 = 2;
const SEVERITY_TEXT: u8 = 3;
const BODY: u8 = 5;
const ATTRIBUTES: u8 = 6;
const DROPPED_ATTRIBUTES: u8 = 7;
/// Field 8, four bytes.
const FLAGS_TAG: u8 = 8 << 3 | 5;
const TRACE_ID: u8 = 9;
const SPAN_ID: u8 = 10;
const OBSERVED_TIME: u8 = 11;
const EVENT_NAME: u8 = 12;

/// Writes the fields of a record.
pub(super) fn record(out: &mut Vec<u8>, record: &LogView<'_>, names_target: bool) {
    let time = record.unix_nanos().to_le_bytes();
    for field in [TIME, OBSERVED_TIME] {
        out.push(fixed64_tag(field));
        out.extend_from_slice(&time);
    }
    let (number, name) = severity(record.level());
    out.extend_from_slice(&[varint_tag(SEVERITY_NUMBER), number]);
    wire::text(out, SEVERITY_TEXT, name);
    // An `AnyValue` whose text is there, also if it is empty.
    wire::message(out, BODY, |out| wire::bytes(out, 1, record.message().as_bytes()));
    record.attributes().for_each(|(key, value)| attribute(out, ATTRIBUTES, key, value));
    each_surrounding(record, names_target, |key, value| attribute(out, ATTRIBUTES, key, value));
    wire::count(out, DROPPED_ATTRIBUTES, record.dropped_attributes());
    if let Some(trace) = record.trace_id() {
        out.push(FLAGS_TAG);
        out.extend_from_slice(&u32::from(record.trace_flags().bits()).to_le_bytes());
        wire::bytes(out, TRACE_ID, &trace.to_bytes());
    }
    if let Some(span) = record.span_id() {
        wire::bytes(out, SPAN_ID, &span.to_bytes());
    }
    wire::text(out, EVENT_NAME, record.event_name().unwrap_or_default());
}
