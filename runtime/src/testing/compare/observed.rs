//! A finished span, whoever recorded it.

use std::collections::BTreeMap;

use crate::{
    site::SpanKind,
    trace::{EventData, OwnedStatus, SpanData},
};

/// What a comparison looks at: everything but ids and times, which serve to find what belongs
/// together.
///
/// Values are text: one library writes `1` where another one writes `"1"`.
///
/// ```
/// use spandrel::testing::compare::Observed;
///
/// let mut span = Observed::new(1, 2, None, "charge", 0);
/// span.attributes.insert("amount".into(), "5".into());
/// # let _ = span;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The trace's id.
    pub trace: u128,
    /// The span's id.
    pub span: u64,
    /// The parent's id.
    pub parent: Option<u64>,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// The name.
    pub name: String,
    /// What the span stands for.
    pub kind: SpanKind,
    /// `unset`, `ok`, or `error` with its description.
    pub status: String,
    /// The attributes.
    pub attributes: BTreeMap<String, String>,
    /// The events, in their order.
    pub events: Vec<ObservedEvent>,
    /// How many links it has.
    pub links: usize,
}

/// Something that happened within a span.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedEvent {
    /// The name.
    pub name: String,
    /// The attributes.
    pub attributes: BTreeMap<String, String>,
}

impl Observed {
    /// A span about which nothing more is known yet.
    #[must_use]
    pub fn new(trace: u128, span: u64, parent: Option<u64>, name: &str, start: u64) -> Self {
        Self {
            trace,
            span,
            parent,
            start,
            name: name.to_owned(),
            kind: SpanKind::Internal,
            status: "unset".to_owned(),
            attributes: BTreeMap::new(),
            events: Vec::new(),
            links: 0,
        }
    }
}

impl From<&SpanData> for Observed {
    fn from(span: &SpanData) -> Self {
        let parent = span.parent_span_id.map(crate::trace::id::SpanId::to_u64);
        let (trace, id) = (span.trace_id.to_u128(), span.span_id.to_u64());
        Self {
            kind: span.kind,
            status: match &span.status {
                OwnedStatus::Unset => "unset".to_owned(),
                OwnedStatus::Ok => "ok".to_owned(),
                OwnedStatus::Error { description } => format!("error {description}"),
            },
            attributes: texts(&span.attributes),
            events: span.events.iter().map(ObservedEvent::from).collect(),
            links: span.links.len(),
            ..Self::new(trace, id, parent, &span.name, span.start_unix_nanos)
        }
    }
}

impl From<&EventData> for ObservedEvent {
    fn from(event: &EventData) -> Self {
        Self { name: event.name.clone(), attributes: texts(&event.attributes) }
    }
}

fn texts<V: ToString>(attributes: &[(String, V)]) -> BTreeMap<String, String> {
    attributes.iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}
