//! The OpenTelemetry SDK through its builder API, and the exporters that the other peers share.

use std::{
    future::Future,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use opentelemetry::{
    Context, ContextGuard, KeyValue,
    trace::{TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData,
        SpanExporter,
    },
};

use crate::{
    subject::{Case, Kind, Seen, Sink, Subject},
    workload::{body, trees, under_roots},
};

struct Sdk;

impl Subject for Sdk {
    fn name(&self) -> &'static str {
        "opentelemetry SDK"
    }

    fn cases(&self) -> &'static [Case] {
        const {
            &[
                Case::recorded(Kind::Attributes, |batches| {
                    let tracer = tracer();
                    under_roots(batches, || root(tracer), |id, name| work(tracer, id, name));
                }),
                Case::recorded(Kind::Plain, |batches| {
                    let tracer = tracer();
                    under_roots(batches, || root(tracer), |id, _| plain(tracer, id));
                }),
                Case::recorded(Kind::Tree, |batches| {
                    let tracer = tracer();
                    trees(batches, || root(tracer), |id, name| work(tracer, id, name));
                }),
            ]
        }
    }

    fn install(&self, sink: Sink) {
        PIPELINE.get_or_init(|| Pipeline::new(sink, Sampler::AlwaysOn, &SEEN));
    }

    fn settle(&self) {
        pipeline().settle();
    }

    fn seen(&self) -> Seen {
        SEEN.read()
    }
}

/// A provider with a batch processor, and a tracer of it.
pub(super) struct Pipeline {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Pipeline {
    /// Builds one that counts into `seen`.
    pub(super) fn new(sink: Sink, sampler: Sampler, seen: &'static Counters) -> Self {
        // The default queue of 2,048 loses spans in a tight loop, and a lost span is cheap.
        let config = BatchConfigBuilder::default().with_max_queue_size(32_768).build();
        let processor = match sink {
            Sink::Discard => BatchSpanProcessor::builder(Discard { seen }),
            // The type of the builder differs, so each arm builds its own.
            // It has one encoding, and is asked for no other.
            Sink::Encode | Sink::Json | Sink::Zipkin => {
                let exporter = Counted { exporter: otlp_exporter(seen), seen };
                let processor =
                    BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
                return Self::with_processor(processor, sampler);
            }
        };
        Self::with_processor(processor.with_batch_config(config).build(), sampler)
    }

    fn with_processor(processor: BatchSpanProcessor, sampler: Sampler) -> Self {
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_span_processor(processor)
            .build();
        let tracer = provider.tracer("benches");
        Self { provider, tracer }
    }

    /// Blocks until everything recorded has reached the exporter.
    pub(super) fn settle(&self) {
        self.provider.force_flush().expect("the exporter never fails");
    }

    /// Returns a tracer of this pipeline.
    pub(super) fn tracer(&self) -> &SdkTracer {
        &self.tracer
    }
}

/// What an exporter has seen.
#[derive(Debug)]
pub(super) struct Counters {
    spans: AtomicU64,
    attributes: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    /// Starts at nothing.
    pub(super) const fn new() -> Self {
        Self { spans: AtomicU64::new(0), attributes: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// Counts a batch.
    pub(super) fn add(&self, spans: usize, attributes: usize) {
        self.spans.fetch_add(spans as u64, Relaxed);
        self.attributes.fetch_add(attributes as u64, Relaxed);
    }

    /// Returns the counts so far.
    pub(super) fn read(&self) -> Seen {
        Seen {
            spans: self.spans.load(Relaxed),
            attributes: self.attributes.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    fn add_batch(&self, batch: &[SpanData]) {
        self.add(batch.len(), batch.iter().map(|span| span.attributes.len()).sum());
    }
}

/// Counts what passes through to another exporter.
#[derive(Debug)]
pub(super) struct Counted<E> {
    pub(super) exporter: E,
    pub(super) seen: &'static Counters,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.seen.add_batch(&batch);
        self.exporter.export(batch)
    }
}

#[derive(Debug)]
struct Discard {
    seen: &'static Counters,
}

impl SpanExporter for Discard {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.seen.add_batch(&batch);
        Ok(())
    }
}

/// Answers every request at once, without a network.
#[derive(Debug)]
struct NullTransport {
    seen: &'static Counters,
}

#[async_trait::async_trait]
impl HttpClient for NullTransport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.seen.bytes.fetch_add(request.body().len() as u64, Relaxed);
        Ok(Response::new(Bytes::new()))
    }
}

/// Lists the only subject of this file.
pub(super) fn all() -> Vec<&'static dyn Subject> {
    vec![&Sdk]
}

/// Builds the real OTLP exporter over a transport that goes nowhere.
pub(super) fn otlp_exporter(seen: &'static Counters) -> OtlpExporter {
    OtlpExporter::builder()
        .with_http()
        .with_http_client(NullTransport { seen })
        .with_endpoint("http://localhost/v1/traces")
        .build()
        .expect("the endpoint is valid")
}

fn root(tracer: &SdkTracer) -> ContextGuard {
    Context::current_with_span(tracer.start("root")).attach()
}

/// Starts and ends a span without making it current, which flatters: the others do make it so.
#[inline(never)]
fn work(tracer: &SdkTracer, id: u64, name: &str) -> u64 {
    let _span = tracer
        .span_builder("work")
        .with_attributes([
            KeyValue::new("id", id.cast_signed()),
            KeyValue::new("name", name.to_owned()),
        ])
        .start(tracer);
    body(id, name)
}

#[inline(never)]
fn plain(tracer: &SdkTracer, id: u64) -> u64 {
    let _span = tracer.span_builder("plain").start(tracer);
    body(id, "")
}

fn tracer() -> &'static SdkTracer {
    pipeline().tracer()
}

fn pipeline() -> &'static Pipeline {
    PIPELINE.get().expect("installed before it is run")
}

static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
static SEEN: Counters = Counters::new();
