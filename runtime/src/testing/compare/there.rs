//! The old instrumentation's side, where that exports through the SDK of OpenTelemetry 0.33.

use ::opentelemetry::{
    KeyValue,
    trace::{SpanId, Status},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

use super::{Observed, ObservedEvent, SideBySide};
use crate::opentelemetry_0_33::convert;

/// The old side of a comparison, as an exporter of the SDK.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use spandrel::testing::compare::{SideBySide, There};
///
/// let both = SideBySide::new();
/// let old = SdkTracerProvider::builder().with_simple_exporter(There::new(&both)).build();
/// # drop(old);
/// ```
#[derive(Clone, Debug)]
pub struct There(SideBySide);

impl There {
    /// What is exported here is the old side.
    #[must_use]
    pub fn new(both: &SideBySide) -> Self {
        Self(both.clone())
    }
}

impl SpanExporter for There {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter().for_each(|span| self.0.add_there(observed(span)));
        Ok(())
    }
}

fn observed(span: &SpanData) -> Observed {
    let id = |id: SpanId| u64::from_be_bytes(id.to_bytes());
    let trace = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
    let parent = Some(id(span.parent_span_id)).filter(|parent| *parent != 0);
    let start = convert::unix_nanos(span.start_time);
    let texts = |attributes: &[KeyValue]| {
        let text = |one: &KeyValue| (one.key.to_string(), one.value.to_string());
        attributes.iter().map(text).collect()
    };
    let mut observed =
        Observed::new(trace, id(span.span_context.span_id()), parent, &span.name, start);
    observed.kind = convert::kind(Some(&span.span_kind));
    observed.status = match &span.status {
        Status::Unset => "unset".to_owned(),
        Status::Ok => "ok".to_owned(),
        Status::Error { description } => format!("error {description}"),
    };
    observed.attributes = texts(&span.attributes);
    let events = span.events.iter();
    observed.events = events
        .map(|event| ObservedEvent {
            name: event.name.to_string(),
            attributes: texts(&event.attributes),
        })
        .collect();
    observed.links = span.links.iter().count();
    observed
}
