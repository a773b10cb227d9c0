//! Log records of the SDK, in the trace that they belong to.

use std::time::Duration;

use ::opentelemetry::{
    Context as Theirs, InstrumentationScope,
    logs::LogRecord as _,
    trace::{SpanId, TraceFlags, TraceId},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
};

use super::foreign;

/// A log processor whose records name the span that is nearest, there or here.
///
/// The SDK looks into `opentelemetry::Context` alone.
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
        let nearest = Theirs::map_current(foreign::parent_in);
        if let (Some(trace), Some(span)) = (nearest.trace_id(), nearest.span_id()) {
            record.set_trace_context(
                TraceId::from_bytes(trace.to_bytes()),
                SpanId::from_bytes(span.to_bytes()),
                Some(TraceFlags::new(nearest.trace_flags().bits())),
            );
        }
        self.inner.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }
}
