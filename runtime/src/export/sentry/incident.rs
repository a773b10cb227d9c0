//! What is known of one event in the making.

use std::time::Instant;

use super::crumbs::Crumb;
use crate::{
    outcome::Outcome,
    redact,
    site::{Site, SpanKind},
    trace::{
        EventView, SpanView,
        failure::{self, Failure, Kind, weight_of_pairs},
        id::{SpanId, TraceId},
    },
    value::Value,
};

/// Things that led up to one event, and bytes of the attributes of its span.
const MOST_CRUMBS: usize = 100;
const MOST_ATTRIBUTE_BYTES: usize = 128 * 1024;

/// Why a span is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It has an exception of its own.
    Exception,
    /// It has failed, perhaps because of a span within.
    Outcome,
    /// It has answered so, perhaps because of something that is reported anyway.
    Status,
}

/// An event in the making.
#[derive(Debug)]
pub(super) struct Incident {
    pub(super) kind: Kind,
    pub(super) why: Why,
    pub(super) trace: Option<TraceId>,
    pub(super) span: Option<SpanId>,
    pub(super) parent: Option<SpanId>,
    pub(super) site: Option<&'static Site>,
    pub(super) unix_nanos: u64,
    pub(super) error_type: String,
    pub(super) message: String,
    /// Of the span, as texts.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) failure: Option<Failure>,
    pub(super) crumbs: Vec<Crumb>,
    /// What the local root of the trace is called.
    pub(super) transaction: Option<String>,
    pub(super) since: Instant,
    /// Passes that it has waited.
    pub(super) passes: u32,
}

impl Incident {
    /// What a failed span says, if nobody has said it before.
    pub(super) fn of_span(span: &SpanView<'_>, why: Why, now: Instant) -> Self {
        let exception = span.events().filter(|event| event.name() == "exception").last();
        let of_exception = |key| exception.as_ref().and_then(|event| text_of(event, key));
        let of_span = |key| span.attributes().find(|(own, _)| *own == key).map(|(_, value)| value);
        let error_type = of_exception("exception.type")
            .or_else(|| of_span("error.type").map(|value| value.to_string()));
        let message = of_exception("exception.message").unwrap_or_else(|| match span.status() {
            crate::trace::Status::Error { description } => description.to_owned(),
            _ => String::new(),
        });
        let panicked = span.outcome() == Outcome::Panicked;
        Self {
            kind: if panicked { Kind::Panic } else { Kind::Error },
            why,
            trace: Some(span.trace_id()),
            span: Some(span.span_id()),
            parent: span.parent_span_id(),
            site: Some(span.site()),
            unix_nanos: exception.map_or(span.end_unix_nanos(), |event| event.unix_nanos()),
            error_type: error_type.unwrap_or_else(|| span.name().to_owned()),
            message,
            attributes: attributes(span),
            failure: None,
            crumbs: Vec::new(),
            transaction: None,
            since: now,
            passes: 0,
        }
    }

    /// What is known without a span.
    pub(super) fn of_failure(failure: Failure, now: Instant) -> Self {
        let mut incident = Self {
            kind: failure.kind,
            why: Why::Exception,
            trace: failure.trace,
            span: SpanId::from_u64(failure.span),
            parent: None,
            site: None,
            unix_nanos: failure.unix_nanos,
            error_type: String::new(),
            message: String::new(),
            attributes: Vec::new(),
            failure: None,
            crumbs: Vec::new(),
            transaction: None,
            since: now,
            passes: 0,
        };
        incident.add(failure);
        incident
    }

    /// The memory that it holds.
    pub(super) fn weight(&self) -> usize {
        let crumb = |crumb: &Crumb| size_of::<Crumb>() + crumb.category.len() + crumb.message.len();
        size_of::<Self>()
            + self.error_type.len()
            + self.message.len()
            + weight_of_pairs(&self.attributes)
            + self.failure.as_ref().map_or(0, Failure::weight)
            + self.crumbs.iter().map(crumb).sum::<usize>()
            + self.transaction.as_ref().map_or(0, String::len)
    }

    /// One of the latest things before it.
    pub(super) fn lead_up(&mut self, crumb: Crumb) {
        if self.crumbs.len() == MOST_CRUMBS {
            let oldest = self.crumbs.iter().enumerate().min_by_key(|(_, crumb)| crumb.unix_nanos);
            let oldest = oldest.map_or(0, |(at, _)| at);
            if self.crumbs[oldest].unix_nanos > crumb.unix_nanos {
                return;
            }
            self.crumbs.swap_remove(oldest);
        }
        self.crumbs.push(crumb);
    }

    /// With what the thread knew that failed; what it says has not been redacted yet.
    pub(super) fn add(&mut self, mut failure: Failure) {
        self.error_type = std::mem::take(&mut failure.error_type);
        self.message = redact::text(&failure.message).into_owned();
        self.unix_nanos = failure.unix_nanos;
        for source in &mut failure.sources {
            *source = redact::text(source).into_owned();
        }
        for (key, value) in &mut failure.fields {
            *value = shown(key, value);
        }
        self.kind = failure.kind;
        self.failure = Some(failure);
    }
}

/// The attributes of a span as texts, as many as an event has room for.
fn attributes(span: &SpanView<'_>) -> Vec<(String, String)> {
    let mut bytes = 0_usize;
    let texts = span.attributes().map(|(key, value)| (key.to_owned(), failure::text(&value)));
    let fits = |(key, value): &(String, String)| {
        bytes += key.len() + value.len();
        bytes <= MOST_ATTRIBUTE_BYTES
    };
    texts.take_while(fits).collect()
}

/// A value as it may be shown under this key.
pub(super) fn shown(key: &str, value: &str) -> String {
    if redact::hides(key) { redact::REDACTED.to_owned() } else { redact::text(value).into_owned() }
}

fn text_of(event: &EventView<'_>, key: &str) -> Option<String> {
    event.attributes().find(|(own, _)| *own == key).map(|(_, value)| value.to_string())
}

/// The status that a server has answered with.
pub(super) fn answered(span: &SpanView<'_>) -> Option<i64> {
    if span.kind() != SpanKind::Server {
        return None;
    }
    let mut attributes = span.attributes();
    attributes.find_map(|(key, value)| match value {
        Value::I64(status) if key == "http.response.status_code" => Some(status),
        _ => None,
    })
}
