//! Our finished spans as the SDK has them.

use std::time::{Duration, SystemTime};

use ::opentelemetry::{
    Array, InstrumentationScope, KeyValue, StringValue, Value as TheirValue,
    trace::{
        Event, Link, SpanContext, SpanId, SpanKind as TheirKind, Status as TheirStatus, TraceFlags,
        TraceId,
    },
};
use opentelemetry_sdk::trace::{SpanData as TheirData, SpanEvents, SpanLinks};

use super::convert;
use crate::{
    site::SpanKind,
    trace::{LinkData, OwnedStatus, OwnedValue, SpanData},
};

/// One of our spans as one of theirs.
pub(super) fn span(span: &SpanData) -> TheirData {
    let mut events = SpanEvents::default();
    events.dropped_count = span.dropped_events;
    events.events = span
        .events
        .iter()
        .map(|event| {
            let attributes = given_all(&event.attributes);
            let (name, at) = (event.name.clone(), time(event.unix_nanos));
            Event::new(name, at, attributes, event.dropped_attributes)
        })
        .collect();
    let mut links = SpanLinks::default();
    links.dropped_count = span.dropped_links;
    links.links = span.links.iter().map(link).collect();
    TheirData {
        span_context: SpanContext::new(
            TraceId::from_bytes(span.trace_id.to_bytes()),
            SpanId::from_bytes(span.span_id.to_bytes()),
            TraceFlags::new(span.trace_flags.bits()),
            false,
            convert::trace_state(&span.trace_state),
        ),
        parent_span_id: span
            .parent_span_id
            .map_or(SpanId::INVALID, |parent| SpanId::from_bytes(parent.to_bytes())),
        parent_span_is_remote: span.parent_is_remote,
        span_kind: match span.kind {
            SpanKind::Internal => TheirKind::Internal,
            SpanKind::Server => TheirKind::Server,
            SpanKind::Client => TheirKind::Client,
            SpanKind::Producer => TheirKind::Producer,
            SpanKind::Consumer => TheirKind::Consumer,
        },
        name: span.name.clone().into(),
        start_time: time(span.start_unix_nanos),
        end_time: time(span.end_unix_nanos),
        attributes: given_all(&span.attributes),
        dropped_attributes_count: span.dropped_attributes,
        events,
        links,
        status: match &span.status {
            OwnedStatus::Unset => TheirStatus::Unset,
            OwnedStatus::Ok => TheirStatus::Ok,
            OwnedStatus::Error { description } => TheirStatus::error(description.clone()),
        },
        instrumentation_scope: scope(span),
    }
}

fn scope(span: &SpanData) -> InstrumentationScope {
    let scope = InstrumentationScope::builder(span.target);
    match span.scope_version {
        Some(version) => scope.with_version(version).build(),
        None => scope.build(),
    }
}

fn link(link: &LinkData) -> Link {
    let context = SpanContext::new(
        TraceId::from_bytes(link.trace_id.to_bytes()),
        SpanId::from_bytes(link.span_id.to_bytes()),
        TraceFlags::new(link.trace_flags.bits()),
        link.is_remote,
        convert::trace_state(&link.trace_state),
    );
    Link::new(context, given_all(&link.attributes), link.dropped_attributes)
}

fn given_all(attributes: &[(String, OwnedValue)]) -> Vec<KeyValue> {
    attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), given(value))).collect()
}

pub(super) fn given(value: &OwnedValue) -> TheirValue {
    match value {
        OwnedValue::Bool(value) => TheirValue::Bool(*value),
        OwnedValue::I64(value) => TheirValue::I64(*value),
        OwnedValue::F64(value) => TheirValue::F64(*value),
        OwnedValue::Str(value) => TheirValue::String(value.clone().into()),
        // They have no such number.
        OwnedValue::U64(value) => TheirValue::String(value.to_string().into()),
        OwnedValue::Array(values) => TheirValue::Array(array(values)),
    }
}

/// An array of one type; of several, which we never record, an array of text.
fn array(values: &[OwnedValue]) -> Array {
    fn all<T>(values: &[OwnedValue], one: impl Fn(&OwnedValue) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(one).collect()
    }
    let bools =
        || all(values, |value| if let OwnedValue::Bool(one) = value { Some(*one) } else { None });
    let integers =
        || all(values, |value| if let OwnedValue::I64(one) = value { Some(*one) } else { None });
    let floats =
        || all(values, |value| if let OwnedValue::F64(one) = value { Some(*one) } else { None });
    let texts = || values.iter().map(|value| StringValue::from(value.to_string())).collect();
    (bools().map(Array::Bool))
        .or_else(|| integers().map(Array::I64))
        .or_else(|| floats().map(Array::F64))
        .unwrap_or_else(|| Array::String(texts()))
}

fn time(unix_nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}
