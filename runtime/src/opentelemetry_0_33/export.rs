//! Exporters and processors made for the SDK, fed with our spans.
//!
//! All their methods are called by the exporter's own thread, one after the other. Whatever they do
//! there, hang or panic, costs the program nothing but the spans, which are counted.

use std::{
    fmt,
    pin::pin,
    task::{Context as Task, Poll, Waker},
};

use ::opentelemetry::{Context as Theirs, KeyValue};
use opentelemetry_sdk::{
    Resource as TheirResource,
    error::OTelSdkError,
    trace::{SpanExporter as TheirExporter, SpanProcessor},
};

use super::finished;
use crate::{
    export::{ExportError, SpanExporter},
    resource::Resource,
    trace::{OwnedValue, SpanData},
};

/// An exporter of the SDK.
///
/// It is told the resource, then called by a thread of its own, one batch after the other; flushed
/// and shut down with telemetry, and dropped then. A future of its that needs tokio finds a runtime
/// there. An exporter that leaves tasks on the runtime it was made on, as that for OTLP over `tonic`
/// does, needs that runtime to have threads of its own and to live.
///
/// ```
/// use opentelemetry_sdk::{error::OTelSdkResult, trace::{SpanData, SpanExporter}};
/// use spandrel::opentelemetry_0_33::export::Exporter;
///
/// #[derive(Debug)]
/// struct Names;
///
/// impl SpanExporter for Names {
///     async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
///         batch.iter().for_each(|span| println!("{}", span.name));
///         Ok(())
///     }
/// }
///
/// let builder = spandrel::builder!().exporter(Exporter::new(Names));
/// # drop(builder);
/// ```
pub struct Exporter<E>(Driven<E>);

/// A processor of the SDK, which sees spans when they have ended.
///
/// Its `on_start` is not called: that would take a span of the SDK, and ours are none. Otherwise it
/// is treated as an [`Exporter`] is.
///
/// ```
/// use opentelemetry_sdk::trace::{SimpleSpanProcessor, SpanProcessor};
/// use spandrel::opentelemetry_0_33::export::Processor;
///
/// fn add(builder: spandrel::Builder, processor: impl SpanProcessor + 'static) -> spandrel::Builder {
///     builder.exporter(Processor::new(processor))
/// }
/// ```
pub struct Processor<P>(Driven<P>);

impl<E: TheirExporter + 'static> Exporter<E> {
    /// Feeds this exporter.
    pub fn new(exporter: E) -> Self {
        Self(Driven::new(exporter))
    }
}

impl<P: SpanProcessor + 'static> Processor<P> {
    /// Feeds this processor.
    pub fn new(processor: P) -> Self {
        Self(Driven::new(processor))
    }
}

impl<E: TheirExporter + 'static> SpanExporter for Exporter<E> {
    fn set_resource(&mut self, resource: &Resource) {
        self.0.resource = Some(their_resource(resource));
    }

    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        let batch = batch.iter().map(finished::span).collect();
        self.0.tell_resource(E::set_resource)?;
        self.0.run(|exporter| exporter.export(batch))?.map_err(error)
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        self.0.call(|exporter| exporter.force_flush())?.map_err(error)
    }

    fn shutdown(&mut self) -> Result<(), ExportError> {
        self.0.call(|exporter| exporter.shutdown())?.map_err(error)
    }
}

impl<P: SpanProcessor + 'static> SpanExporter for Processor<P> {
    fn set_resource(&mut self, resource: &Resource) {
        self.0.resource = Some(their_resource(resource));
    }

    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
        self.0.tell_resource(P::set_resource)?;
        self.0.call(|processor| {
            batch.iter().map(finished::span).for_each(|span| processor.on_end(span));
        })
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        self.0.call(|processor| processor.force_flush())?.map_err(error)
    }

    fn shutdown(&mut self) -> Result<(), ExportError> {
        self.0.call(|processor| processor.shutdown())?.map_err(error)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn error(error: OTelSdkError) -> ExportError {
    ExportError::new(error.to_string())
}

fn their_resource(resource: &Resource) -> TheirResource {
    let attributes = resource.iter().map(|(key, value)| {
        KeyValue::new(key.to_owned(), finished::given(&OwnedValue::from(value)))
    });
    let builder = TheirResource::builder_empty();
    match resource.schema_url() {
        "" => builder.with_attributes(attributes),
        schema_url => builder.with_schema_url(attributes, schema_url.to_owned()),
    }
    .build()
}

/// Somebody else's exporter or processor, and what it needs to run.
struct Driven<T> {
    theirs: T,
    /// What it has not been told yet: it shall hear it where a panic of its is contained.
    resource: Option<TheirResource>,
    /// Dropped last, for what is on it may need it to the end.
    runtime: Option<tokio::runtime::Runtime>,
}

impl<T> Driven<T> {
    fn new(theirs: T) -> Self {
        Self { theirs, resource: None, runtime: None }
    }

    fn tell_resource(&mut self, tell: fn(&mut T, &TheirResource)) -> Result<(), ExportError> {
        match self.resource.take() {
            Some(resource) => self.call(|theirs| tell(theirs, &resource)),
            None => Ok(()),
        }
    }

    /// Calls something of theirs.
    fn call<R>(&mut self, call: impl FnOnce(&mut T) -> R) -> Result<R, ExportError> {
        let Self { theirs, runtime, .. } = self;
        let _entered = started(runtime)?.enter();
        let _unobserved = Theirs::enter_telemetry_suppressed_scope();
        Ok(call(theirs))
    }

    /// Calls something of theirs that takes its time.
    ///
    /// The futures of most exporters are ready at their first poll, having blocked in it, and some
    /// refuse to be polled by a runtime for that reason (`reqwest::blocking`). So the first poll is
    /// outside of the runtime, though within its reach.
    fn run<'t, F>(&'t mut self, call: impl FnOnce(&'t T) -> F) -> Result<F::Output, ExportError>
    where
        F: Future,
    {
        let Self { theirs, runtime, .. } = self;
        let runtime = started(runtime)?;
        let _unobserved = Theirs::enter_telemetry_suppressed_scope();
        let entered = runtime.enter();
        let mut future = pin!(call(theirs));
        let first = future.as_mut().poll(&mut Task::from_waker(Waker::noop()));
        drop(entered);
        Ok(match first {
            Poll::Ready(output) => output,
            Poll::Pending => runtime.block_on(future),
        })
    }
}

fn started(
    runtime: &mut Option<tokio::runtime::Runtime>,
) -> Result<&tokio::runtime::Runtime, ExportError> {
    match runtime {
        Some(runtime) => Ok(runtime),
        none => {
            let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
            Ok(none.insert(built.map_err(|error| ExportError::new(error.to_string()))?))
        }
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
