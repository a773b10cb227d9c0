//! Log records of the SDK.

use std::sync::{Arc, Mutex};

use opentelemetry::{
    Context, InstrumentationScope, global,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _},
    trace::{TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider},
};
use spandrel::{Span, opentelemetry_0_33::logs::Correlated};

use crate::{captured, find};

/// Notes which span each record names.
#[derive(Clone, Debug, Default)]
struct Notes(Arc<Mutex<Vec<[u8; 8]>>>);

impl LogProcessor for Notes {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        let span = record.trace_context().map(|context| context.span_id.to_bytes());
        self.0.lock().unwrap().push(span.unwrap_or_default());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn a_record_names_the_span_that_is_nearest() {
    let notes = Notes::default();
    let provider =
        SdkLoggerProvider::builder().with_log_processor(Correlated::new(notes.clone())).build();
    let logger = provider.logger("library");
    let log = || {
        let mut record = logger.create_log_record();
        record.set_body(AnyValue::from("text"));
        logger.emit(record);
    };

    let spans = captured(|| {
        log();
        let _ours = Span::start("ours").enter();
        log();
        let cx = Context::current_with_span(global::tracer("library").start("theirs"));
        let _attached = cx.attach();
        log();
        let _inner = Span::start("inner").enter();
        log();
    });

    let id = |name| find(&spans, name).span_id.to_bytes();
    let expected = [[0; 8], id("ours"), id("theirs"), id("inner")];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}
