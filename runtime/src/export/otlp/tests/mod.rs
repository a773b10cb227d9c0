//! The exporter against receivers that answer, refuse, hang and lie.

mod collector;
#[cfg(feature = "otlp-grpc")]
mod grpc;
pub(in crate::export) mod mock;
mod receivers;
mod tls;

use std::{sync::Arc, time::Duration};

use super::{Otlp, batch::Resource, sink::OtlpSink};
use crate::{
    export::stats::Stats,
    trace::{drain::Sink, loss::Losses, record::fixture::SpanBuilder},
    value::Value,
};
use crate::{site::Site, time};

static SITE: Site = Site::block("charge", "shop::orders");

/// A sink that sends to a receiver of the test, and waits little between attempts.
struct Harness {
    sink: OtlpSink,
    stats: Arc<Stats>,
    produced: u64,
}

impl Harness {
    fn new(otlp: &Otlp, bytes: usize) -> Self {
        Self::with_first_wait(otlp, bytes, Duration::from_millis(1))
    }

    fn with_first_wait(otlp: &Otlp, bytes: usize, first_wait: Duration) -> Self {
        let mut settings = otlp.settings(super::signal::Signal::Traces).unwrap();
        Arc::get_mut(&mut settings).unwrap().first_wait = first_wait;
        let resource =
            Resource::new(settings.encoding(), [("service.name", Value::Str("shop"))], "");
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let sink = OtlpSink::new(&settings, resource, None, bytes, Arc::clone(&stats));
        Self { sink, stats, produced: 0 }
    }

    /// Produces spans and hands them over as one request.
    fn send(&mut self, spans: u64) {
        self.produce(spans);
        drop(self.sink.flush());
    }

    fn produce(&mut self, spans: u64) {
        for _ in 0..spans {
            self.produced += 1;
            SpanBuilder::new(&SITE, 1, self.produced).view(|span| self.sink.accept(span));
        }
    }

    fn flush(&mut self) -> bool {
        self.sink.flush()(time::now() + Duration::from_secs(30))
    }

    /// Everything produced is accounted for.
    fn assert_balanced(&self) {
        let (exported, lost) = (self.stats.exported(), self.stats.losses().total());
        assert_eq!(self.produced, exported + lost, "{exported} exported, {lost} lost");
        assert_eq!((self.stats.queued_spans(), self.stats.queued_bytes()), (0, 0));
    }
}
