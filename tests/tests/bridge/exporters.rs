//! Exporters and processors of the SDK, and the comparison of both worlds.

use opentelemetry::{
    KeyValue,
    trace::{Span as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor};
use spandrel::{
    Span,
    export::SpanExporter as _,
    opentelemetry_0_33::export::Processor,
    testing::compare::{Comparison, SideBySide, There},
};

use crate::captured;

#[test]
fn a_processor_of_the_sdk_sees_our_spans_as_its_own() {
    let memory = InMemorySpanExporter::default();
    let mut processor = Processor::new(SimpleSpanProcessor::new(memory.clone()));

    let spans = captured(|| {
        let root = Span::start("root").enter();
        let child = Span::start("child");
        child.set("numbers", vec![1_i64, 2]);
        child.set("big", u64::MAX);
        child.event("happened", &[("how", &"well")]);
        child.end();
        drop(root);
    });
    processor.export(&spans).unwrap();

    let seen = memory.get_finished_spans().unwrap();
    assert_eq!(seen.len(), 2);
    for (theirs, ours) in seen.iter().zip(&spans) {
        assert_eq!(theirs.name, ours.name);
        assert_eq!(theirs.span_context.span_id().to_bytes(), ours.span_id.to_bytes());
        let parent = ours.parent_span_id.map_or([0; 8], spandrel::trace::id::SpanId::to_bytes);
        assert_eq!(theirs.parent_span_id.to_bytes(), parent);
        assert_eq!(theirs.attributes.len(), ours.attributes.len());
        assert_eq!(theirs.events.len(), ours.events.len());
        assert!(theirs.end_time >= theirs.start_time);
    }
}

#[test]
fn the_old_instrumentation_and_ours_are_compared_while_both_run() {
    let both = SideBySide::new();
    let old = SdkTracerProvider::builder().with_simple_exporter(There::new(&both)).build();
    let tracer = old.tracer("old");

    let spans = captured(|| {
        for amount in [1, 2] {
            let mut theirs = tracer.start("charge");
            theirs.set_attribute(KeyValue::new("amount", amount));
            theirs.end();
            let ours = Span::start("charge");
            ours.set("amount", amount);
        }
        Span::start("extra").end();
    });
    both.here().export(&spans).unwrap();

    let report = both.report(&Comparison::new()).to_string();
    assert_eq!(report, "1 difference\n  extra: none there, 1 span here\n");
}
