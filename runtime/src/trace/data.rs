//! A finished span that owns its data: for tests and for exporters that keep spans.

use std::time::Duration;

use super::{
    id::{SpanId, TraceFlags, TraceId},
    record::view::{EventView, LinkView, SpanView, Status},
};
use crate::{outcome::Outcome, site::SpanKind, value::Value};

/// A finished span.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let capture = testing::capture();
/// capture.run(|| Span::start("work").end());
/// assert_eq!(capture.spans()[0].name, "work");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpanData {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// The span that this one is a part of.
    pub parent_span_id: Option<SpanId>,
    /// Whether the parent is in another process.
    pub parent_is_remote: bool,
    /// The trace flags of W3C Trace Context.
    pub trace_flags: TraceFlags,
    /// The `tracestate` of the trace.
    pub trace_state: String,
    /// The name.
    pub name: String,
    /// What the span stands for.
    pub kind: SpanKind,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start_unix_nanos: u64,
    /// When it ended, in nanoseconds since the Unix epoch.
    pub end_unix_nanos: u64,
    /// The attributes, each key once.
    pub attributes: Vec<(String, OwnedValue)>,
    /// How many attributes were left out.
    pub dropped_attributes: u32,
    /// The events.
    pub events: Vec<EventData>,
    /// How many events were left out.
    pub dropped_events: u32,
    /// The links.
    pub links: Vec<LinkData>,
    /// How many links were left out.
    pub dropped_links: u32,
    /// Whether it failed.
    pub status: OwnedStatus,
    /// How the call ended.
    pub outcome: Outcome,
    /// The instrumentation scope.
    pub target: &'static str,
    /// The version of the instrumentation scope, where somebody said one.
    pub scope_version: Option<&'static str>,
}

/// An attribute value that owns its data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// A truth value.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// An unsigned integer above `i64::MAX`.
    U64(u64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(String),
    /// Several values of one type.
    Array(Vec<OwnedValue>),
}

/// Something that happened within a span.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventData {
    /// The name.
    pub name: String,
    /// When, in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// The attributes.
    pub attributes: Vec<(String, OwnedValue)>,
    /// How many attributes were left out.
    pub dropped_attributes: u32,
}

/// A reference to another span.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinkData {
    /// The linked trace.
    pub trace_id: TraceId,
    /// The linked span.
    pub span_id: SpanId,
    /// The flags of the linked span.
    pub trace_flags: TraceFlags,
    /// Whether the linked span is in another process.
    pub is_remote: bool,
    /// The `tracestate` of the linked span.
    pub trace_state: String,
    /// The attributes.
    pub attributes: Vec<(String, OwnedValue)>,
    /// How many attributes were left out.
    pub dropped_attributes: u32,
}

/// Whether a span failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnedStatus {
    /// Nobody said.
    #[default]
    Unset,
    /// It went well.
    Ok,
    /// It failed.
    Error {
        /// What happened, for people.
        description: String,
    },
}

impl SpanData {
    /// How long the span took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.end_unix_nanos.saturating_sub(self.start_unix_nanos))
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&OwnedValue> {
        find(&self.attributes, key)
    }

    /// The memory that it holds, about; twice its own, for lists grow by doubling.
    pub(crate) fn bytes(&self) -> usize {
        let own = 2 * size_of::<Self>() + text_bytes(&self.name) + text_bytes(&self.trace_state);
        let status = match &self.status {
            OwnedStatus::Error { description } => text_bytes(description),
            OwnedStatus::Ok | OwnedStatus::Unset => 0,
        };
        let event = |event: &EventData| {
            2 * size_of::<EventData>() + text_bytes(&event.name) + list_bytes(&event.attributes)
        };
        let link = |link: &LinkData| {
            let texts = text_bytes(&link.trace_state) + list_bytes(&link.attributes);
            2 * size_of::<LinkData>() + texts
        };
        let parts = self.events.iter().map(event).chain(self.links.iter().map(link));
        own + status + list_bytes(&self.attributes) + parts.sum::<usize>()
    }
}

/// What an allocation costs beyond its bytes.
const ALLOCATION: usize = 24;

fn text_bytes(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + ALLOCATION }
}

fn list_bytes(attributes: &[(String, OwnedValue)]) -> usize {
    let one = |(key, value): &(String, OwnedValue)| {
        2 * size_of::<(String, OwnedValue)>() + text_bytes(key) + value.heap_bytes()
    };
    attributes.iter().map(one).sum()
}

impl OwnedValue {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Str(text) => text_bytes(text),
            Self::Array(values) => {
                values.iter().map(|value| 2 * size_of::<Self>() + value.heap_bytes()).sum()
            }
            Self::Bool(_) | Self::I64(_) | Self::U64(_) | Self::F64(_) => 0,
        }
    }
}

impl EventData {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&OwnedValue> {
        find(&self.attributes, key)
    }
}

fn find<'a>(attributes: &'a [(String, OwnedValue)], key: &str) -> Option<&'a OwnedValue> {
    attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

impl From<&SpanView<'_>> for SpanData {
    fn from(span: &SpanView<'_>) -> Self {
        Self {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            parent_span_id: span.parent_span_id(),
            parent_is_remote: span.parent_is_remote(),
            trace_flags: span.trace_flags(),
            trace_state: span.trace_state().to_owned(),
            name: span.name().to_owned(),
            kind: span.kind(),
            start_unix_nanos: span.start_unix_nanos(),
            end_unix_nanos: span.end_unix_nanos(),
            attributes: owned(span.attributes()),
            dropped_attributes: span.dropped_attributes(),
            events: span.events().map(EventData::from).collect(),
            dropped_events: span.dropped_events(),
            links: span.links().map(LinkData::from).collect(),
            dropped_links: span.dropped_links(),
            status: span.status().into(),
            outcome: span.outcome(),
            target: span.target(),
            scope_version: span.scope_version(),
        }
    }
}

impl From<Status<'_>> for OwnedStatus {
    fn from(status: Status<'_>) -> Self {
        match status {
            Status::Unset => Self::Unset,
            Status::Ok => Self::Ok,
            Status::Error { description } => Self::Error { description: description.to_owned() },
        }
    }
}

impl From<EventView<'_>> for EventData {
    fn from(event: EventView<'_>) -> Self {
        Self {
            name: event.name().to_owned(),
            unix_nanos: event.unix_nanos(),
            attributes: owned(event.attributes()),
            dropped_attributes: event.dropped_attributes(),
        }
    }
}

impl From<LinkView<'_>> for LinkData {
    fn from(link: LinkView<'_>) -> Self {
        Self {
            trace_id: link.trace_id(),
            span_id: link.span_id(),
            trace_flags: link.trace_flags(),
            is_remote: link.is_remote(),
            trace_state: link.trace_state().to_owned(),
            attributes: owned(link.attributes()),
            dropped_attributes: link.dropped_attributes(),
        }
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::I64(value) => Self::I64(value),
            Value::U64(value) => Self::U64(value),
            Value::F64(value) => Self::F64(value),
            Value::Str(value) => Self::Str(value.to_owned()),
            Value::Array(array) => Self::Array(array.iter().map(Self::from).collect()),
        }
    }
}

impl std::fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
            Self::Array(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

fn owned<'a>(attributes: impl Iterator<Item = (&'a str, Value<'a>)>) -> Vec<(String, OwnedValue)> {
    attributes.map(|(key, value)| (key.to_owned(), value.into())).collect()
}
