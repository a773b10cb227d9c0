//! The SDK's own exporter for OTLP, fed with our spans, over each of its transports.

use std::{thread, time::Duration};

use opentelemetry_otlp::{SpanExporter as Otlp, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::SpanExporter as TheirExporter;
use spandrel::{
    Resource, Span,
    export::SpanExporter as _,
    opentelemetry_0_33::{Provider, export::Exporter},
    trace::{Context, SpanData},
};
use spandrel_tests::counterparts::Collector;

use crate::{
    captured,
    receiver::{Manner, Receiver},
};

fn spans() -> Vec<SpanData> {
    use opentelemetry::{
        InstrumentationScope,
        trace::{Tracer as _, TracerProvider as _},
    };

    captured(|| {
        let outer = Span::start("outer").enter();
        Span::current().set("amount", 12);
        Span::current().add_link(&Context::current());
        let scope = InstrumentationScope::builder("library").with_version("1.2").build();
        Provider::new().tracer_with_scope(scope).in_span("theirs", |_| {});
        drop(outer);
    })
}

/// Exports on a thread of its own, as the recorder does.
fn export<E: TheirExporter + 'static>(make: impl FnOnce() -> E + Send + 'static) {
    let spans = spans();
    let exported = thread::spawn(move || {
        let mut exporter = Exporter::new(make());
        exporter.set_resource(&Resource::new().with("service.name", "shop"));
        for span in &spans {
            exporter.export(std::slice::from_ref(span)).unwrap();
        }
        exporter.flush().unwrap();
        exporter.shutdown().unwrap();
    });
    exported.join().unwrap();
}

fn assert_received(receiver: &Receiver) {
    assert!(receiver.gets(2, Duration::from_secs(10)), "two requests came");
    let (outer, theirs) = (receiver.only("outer"), receiver.only("theirs"));
    assert_eq!(theirs.parent_span_id, outer.span_id);
    assert_eq!(theirs.trace_id, outer.trace_id);
    assert_eq!((outer.attributes.len(), outer.links.len()), (1, 1));
    for request in receiver.requests() {
        assert_eq!(request.resource("service.name"), "shop");
        for scope in &request.content.resource_spans[0].scope_spans {
            let version = if scope.spans[0].name == "theirs" { "1.2" } else { "" };
            assert_eq!(scope.scope.as_ref().unwrap().version, version);
        }
    }
}

#[test]
fn over_http_by_a_client_that_blocks() {
    let receiver = Receiver::start(Manner::Answers);
    let endpoint = format!("{}/v1/traces", receiver.url());

    export(move || {
        let client = reqwest::blocking::Client::new();
        Otlp::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .build()
            .unwrap()
    });

    assert_received(&receiver);
}

#[test]
fn over_http_by_a_client_that_needs_a_runtime() {
    let receiver = Receiver::start(Manner::Answers);
    let endpoint = format!("{}/v1/traces", receiver.url());

    export(move || {
        let client = reqwest::Client::new();
        Otlp::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .build()
            .unwrap()
    });

    assert_received(&receiver);
}

#[test]
fn over_grpc_to_a_collector_by_a_client_that_lives_on_a_runtime() {
    let Some(mut collector) = Collector::start() else { return };
    let endpoint = collector.grpc_endpoint().to_owned();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let handle = runtime.handle().clone();

    export(move || {
        let _entered = handle.enter();
        Otlp::builder().with_tonic().with_endpoint(endpoint).build().unwrap()
    });

    let spans = collector.spans(2);
    let mut names: Vec<_> = spans.iter().filter_map(|span| span["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["outer", "theirs"]);
}
