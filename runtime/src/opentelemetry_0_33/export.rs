//! Exporters and processors made for the SDK, fed with our spans.

use std::{
    fmt,
    pin::pin,
    sync::Arc,
    task::{Context as Task, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, SystemTime},
};

use ::opentelemetry::{
    Array, InstrumentationScope, KeyValue, StringValue, Value as TheirValue,
    trace::{
        Event, Link, SpanContext, SpanId, SpanKind as TheirKind, Status as TheirStatus, TraceFlags,
        TraceId,
    },
};
use opentelemetry_sdk::{
    Resource as TheirResource,
    trace::{
        SpanData as TheirData, SpanEvents, SpanExporter as TheirExporter, SpanLinks, SpanProcessor,
    },
};

use super::convert;
use crate::{
    export::{ExportError, SpanExporter},
    resource::Resource,
    site::SpanKind,
    trace::{LinkData, OwnedStatus, OwnedValue, SpanData},
};

/// An exporter of the SDK; see [`Builder::opentelemetry_exporter_0_33`].
///
/// It is called by one thread, one batch after the other, and dropped when telemetry has ended. A
/// future that needs a runtime of its own is not given one: as with the SDK's batch processor, use
/// the blocking variant of such an exporter, or make it within a runtime.
///
/// [`Builder::opentelemetry_exporter_0_33`]: crate::Builder::opentelemetry_exporter_0_33
pub struct Exporter<E>(E);

/// A processor of the SDK, which sees spans when they have ended.
///
/// ```
/// use opentelemetry_sdk::trace::{SimpleSpanProcessor, SpanProcessor};
/// use spandrel::opentelemetry_0_33::export::Processor;
///
/// fn add(builder: spandrel::Builder, processor: impl SpanProcessor + 'static) -> spandrel::Builder {
///     builder.exporter(Processor::new(processor))
/// }
/// ```
pub struct Processor<P>(P);

impl<E: TheirExporter + 'static> Exporter<E> {
    pub(crate) fn new(mut exporter: E, resource: &Resource) -> Self {
        let attributes = resource
            .iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), given(&OwnedValue::from(value))));
        let theirs = TheirResource::builder_empty().with_attributes(attributes).build();
        exporter.set_resource(&theirs);
        Self(exporter)
    }
}

impl<E: TheirExporter + 'static> SpanExporter for Exporter<E> {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        let batch = batch.iter().map(span).collect();
        block_on(self.0.export(batch)).map_err(|error| ExportError::new(error.to_string()))
    }
}

impl<P: SpanProcessor + 'static> Processor<P> {
    /// Feeds this processor.
    pub fn new(processor: P) -> Self {
        Self(processor)
    }
}

impl<P: SpanProcessor + 'static> SpanExporter for Processor<P> {
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        batch.iter().map(span).for_each(|span| self.0.on_end(span));
        Ok(())
    }
}

/// One of our spans as one of theirs.
fn span(span: &SpanData) -> TheirData {
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
        instrumentation_scope: InstrumentationScope::builder(span.target).build(),
    }
}

fn link(link: &LinkData) -> Link {
    let context = SpanContext::new(
        TraceId::from_bytes(link.trace_id.to_bytes()),
        SpanId::from_bytes(link.span_id.to_bytes()),
        TraceFlags::new(link.trace_flags.bits()),
        false,
        convert::trace_state(&link.trace_state),
    );
    Link::new(context, given_all(&link.attributes), link.dropped_attributes)
}

fn given_all(attributes: &[(String, OwnedValue)]) -> Vec<KeyValue> {
    attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), given(value))).collect()
}

fn given(value: &OwnedValue) -> TheirValue {
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

/// Waits for a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut task, mut future) = (Task::from_waker(&waker), pin!(future));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut task) {
            return output;
        }
        thread::park();
    }
}

impl<E> fmt::Debug for Exporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter(..)")
    }
}

impl<P> fmt::Debug for Processor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Processor(..)")
    }
}
