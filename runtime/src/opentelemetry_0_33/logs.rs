//! Log records of the SDK, in the trace that they belong to.

use std::time::Duration;

use ::opentelemetry::{
    InstrumentationScope,
    logs::{LogRecord as _, Severity},
    trace::{SpanId, TraceContextExt as _, TraceFlags, TraceId},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
};

use super::foreign;

/// A log processor whose records name the span that is nearest, there or here.
///
/// The SDK looks into `opentelemetry::Context` alone. A record that was given another span keeps it.
///
/// ```
/// # use opentelemetry_sdk::{error::OTelSdkResult, logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider}};
/// # #[derive(Debug)]
/// # struct Mine;
/// # impl LogProcessor for Mine {
/// #     fn emit(&self, _: &mut SdkLogRecord, _: &opentelemetry::InstrumentationScope) {}
/// #     fn force_flush(&self) -> OTelSdkResult { Ok(()) }
/// # }
/// use spandrel::opentelemetry_0_33::logs::Correlated;
///
/// let provider =
///     SdkLoggerProvider::builder().with_log_processor(Correlated::new(Mine)).build();
/// # drop(provider);
/// ```
#[derive(Debug)]
pub struct Correlated<P> {
    inner: P,
}

impl<P: LogProcessor> Correlated<P> {
    /// Hands records on to this processor.
    pub fn new(inner: P) -> Self {
        Self { inner }
    }
}

impl<P: LogProcessor> LogProcessor for Correlated<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        name_nearest(record);
        self.inner.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.inner.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Names the nearest span in a record that does not name another one by itself.
fn name_nearest(record: &mut SdkLogRecord) {
    if let Some(named) = record.trace_context() {
        // The logger has put there what it found in the context, or somebody has what they chose.
        let found = foreign::current(|context| context.span().span_context().span_id());
        if found != Some(named.span_id) {
            return;
        }
    }
    let nearest = foreign::parent();
    if let (Some(trace), Some(span)) = (nearest.trace_id(), nearest.span_id()) {
        record.set_trace_context(
            TraceId::from_bytes(trace.to_bytes()),
            SpanId::from_bytes(span.to_bytes()),
            Some(TraceFlags::new(nearest.trace_flags().bits())),
        );
    }
}
