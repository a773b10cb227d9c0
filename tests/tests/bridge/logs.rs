//! Log records of the SDK.

use std::sync::{Arc, Mutex};

use opentelemetry::{
    Context, InstrumentationScope, global,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity},
    trace::{TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::{
    Resource,
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

#[test]
fn a_record_that_was_given_a_span_keeps_it() {
    let notes = Notes::default();
    let provider =
        SdkLoggerProvider::builder().with_log_processor(Correlated::new(notes.clone())).build();
    let logger = provider.logger("library");

    captured(|| {
        let _ours = Span::start("ours").enter();
        let mut record = logger.create_log_record();
        record.set_trace_context(7.into(), 8.into(), None);
        logger.emit(record);
    });

    assert_eq!(*notes.0.lock().unwrap(), [[0, 0, 0, 0, 0, 0, 0, 8]]);
}

#[test]
fn the_processor_within_says_what_is_wanted_and_hears_of_the_resource() {
    #[derive(Clone, Debug, Default)]
    struct Picky(Arc<Mutex<bool>>);
    impl LogProcessor for Picky {
        fn emit(&self, _: &mut SdkLogRecord, _: &InstrumentationScope) {}
        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }
        fn event_enabled(&self, level: Severity, _: &str, _: Option<&str>) -> bool {
            level >= Severity::Error
        }
        fn set_resource(&mut self, _: &Resource) {
            *self.0.lock().unwrap() = true;
        }
    }
    let picky = Picky::default();

    let provider =
        SdkLoggerProvider::builder().with_log_processor(Correlated::new(picky.clone())).build();

    let logger = provider.logger("library");
    assert!(*picky.0.lock().unwrap());
    assert!(logger.event_enabled(Severity::Error, "target", None));
    assert!(!logger.event_enabled(Severity::Debug, "target", None));
}
