//! Users of the OpenTelemetry API and ours, in one trace.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod chains;
mod exporters;
mod logs;
mod otlp;
mod parents;
mod propagation;
#[path = "../processes/receiver.rs"]
#[allow(dead_code, reason = "others need more of it")]
mod receiver;
mod spans;

use spandrel::{testing, trace::SpanData};

/// The spans of what runs, with the bridge installed.
fn captured(run: impl FnOnce()) -> Vec<SpanData> {
    spandrel::opentelemetry_0_33::install();
    let capture = testing::capture();
    capture.run(run);
    capture.spans()
}

fn find<'s>(spans: &'s [SpanData], name: &str) -> &'s SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

/// Whose child each of these is; all of them in one trace.
fn assert_tree(spans: &[SpanData], tree: &[(&str, &str)]) {
    for (name, parent) in tree {
        let span = find(spans, name);
        let found = spans.iter().find(|other| Some(other.span_id) == span.parent_span_id);
        let found = found.map_or("", |parent| &parent.name);
        assert_eq!(found, *parent, "the parent of {name}");
        assert_eq!(span.trace_id, spans[0].trace_id, "the trace of {name}");
    }
}
