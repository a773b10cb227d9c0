//! The recorder's end of the exporter: encodes spans as they pass.

use std::{sync::Arc, time::Instant};

use super::{
    batch::{Batch, OwnCrate, Push, Resource},
    config::Settings,
};
use crate::{
    export::{
        stats::Stats,
        worker::{Bounds, Deliver, Payload, Worker},
    },
    trace::{
        SpanView,
        drain::{Pending, Sink},
        loss::LossReason,
    },
};

/// The largest request; receivers take 4 MiB and more.
const MOST_REQUEST_BYTES: usize = 1024 * 1024;

/// Encodes spans into requests and hands those to the exporter's thread.
pub(crate) struct OtlpSink {
    settings: Arc<Settings>,
    pub(super) batch: Batch,
    worker: Worker<Vec<u8>>,
    stats: Arc<Stats>,
    /// When the batch is sent, however few spans it has.
    due: Option<Instant>,
}

impl OtlpSink {
    /// A sink that holds no more than `bytes` bytes, encoded spans and queue together.
    pub(crate) fn new(
        settings: Arc<Settings>,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let sender = settings.protocol.sender(&settings);
        Self::with_deliver(settings, resource, own_crate, bytes, stats, sender)
    }

    pub(super) fn with_deliver(
        settings: Arc<Settings>,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: Arc<Stats>,
        deliver: Box<dyn Deliver<Vec<u8>>>,
    ) -> Self {
        // One part for the batch in the making, one for the memory of a delivered request, the rest
        // for requests that wait.
        let request_bytes = (bytes / 4).min(MOST_REQUEST_BYTES);
        let queue_spans = settings.batching.queue_spans();
        let bounds = Bounds {
            bytes: bytes - 2 * request_bytes,
            spans: queue_spans.map_or(u64::MAX, |spans| spans.get().into()),
        };
        let batch = Batch::new(resource, own_crate, request_bytes);
        let worker = Worker::new("spandrel-otlp", bounds, Arc::clone(&stats), deliver);
        Self { settings, batch, worker, stats, due: None }
    }

    fn hand_over(&mut self) {
        self.due = None;
        let spans = self.batch.spans();
        if spans == 0 {
            return;
        }
        let mut content = self.worker.take_spare().unwrap_or_default();
        self.batch.finish(&mut content);
        let bytes = content.capacity();
        if let Err((_, reason)) = self.worker.offer(Payload { content, bytes, spans }) {
            self.stats.add_lost(reason, spans.into());
        }
    }
}

impl Sink for OtlpSink {
    fn accept(&mut self, span: &SpanView<'_>) {
        let mut pushed = self.batch.push(span);
        if pushed == Push::Full {
            self.hand_over();
            pushed = self.batch.push(span);
        }
        if pushed != Push::Taken {
            self.stats.add_lost(LossReason::TooLarge, 1);
        }
        if self.batch.spans() >= self.settings.batching.spans().get() {
            self.hand_over();
        }
    }

    fn end_pass(&mut self, now: Instant) {
        if self.batch.spans() == 0 {
            return;
        }
        let due = *self.due.get_or_insert(now + self.settings.batching.delay());
        if now >= due {
            self.hand_over();
        }
    }

    fn flush(&mut self) -> Pending {
        self.hand_over();
        self.worker.flush()
    }

    fn shutdown(&mut self) -> Pending {
        self.hand_over();
        self.worker.shutdown()
    }
}
