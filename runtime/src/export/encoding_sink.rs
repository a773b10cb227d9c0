//! The recorder's end of an exporter that sends requests: encodes spans as they pass.

use std::{sync::Arc, time::Instant};

use super::{
    Batching,
    stats::Stats,
    worker::{Bounds, Deliver, Payload, Worker},
};
use crate::{
    logs::{LogView, pipeline::LogSink},
    trace::{
        SpanView,
        drain::{Pending, Sink},
        loss::LossReason,
    },
};

/// The largest request; receivers take 4 MiB and more.
const MOST_REQUEST_BYTES: usize = 1024 * 1024;

/// Encoded items of one request in the making: spans, or log records.
pub(crate) trait Requests: Send {
    type Item<'a>;

    /// Encodes an item.
    fn push(&mut self, item: &Self::Item<'_>) -> Push;

    /// How many items there are.
    fn spans(&self) -> u32;

    /// Writes the request, and begins the next one.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Taken,
    /// Finish the request first: with this one it would be too large.
    Full,
    /// No request could hold it.
    TooLarge,
}

/// Encodes spans into requests and hands those to the exporter's thread.
pub(crate) struct EncodingSink<R> {
    pub(super) requests: R,
    batching: Batching,
    worker: Worker<Vec<u8>>,
    stats: Arc<Stats>,
    /// When the request is sent, however few spans it has.
    due: Option<Instant>,
}

/// How an exporter shares the memory that it was granted: one part for the request in the making,
/// one for the memory of a delivered request, the rest for requests that wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    bytes: usize,
    request_bytes: usize,
}

impl Share {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes, request_bytes: (bytes / 4).min(MOST_REQUEST_BYTES) }
    }

    /// Requests no larger than this.
    #[cfg(feature = "file")]
    pub(crate) fn with_request_bytes(self, most: usize) -> Self {
        Self { request_bytes: self.request_bytes.min(most), ..self }
    }

    /// Sets memory aside for one more request.
    #[cfg(feature = "otlp")]
    pub(crate) fn with_one_more_request(self) -> Self {
        Self { bytes: self.bytes - self.request_bytes, ..self }
    }

    /// The largest request.
    pub(crate) fn request_bytes(self) -> usize {
        self.request_bytes
    }
}

impl<R: Requests> EncodingSink<R> {
    /// A sink whose thread has this name, and delivers so.
    pub(crate) fn with_deliver(
        (thread, deliver): (&'static str, Box<dyn Deliver<Vec<u8>>>),
        requests: R,
        share: Share,
        batching: Batching,
        stats: Arc<Stats>,
    ) -> Self {
        let queue_spans = batching.queue_spans();
        let bounds = Bounds {
            bytes: share.bytes - 2 * share.request_bytes,
            spans: queue_spans.map_or(u64::MAX, |spans| spans.get().into()),
        };
        let worker = Worker::new(thread, bounds, Arc::clone(&stats), deliver);
        Self { requests, batching, worker, stats, due: None }
    }

    fn hand_over(&mut self) {
        self.due = None;
        let spans = self.requests.spans();
        if spans == 0 {
            return;
        }
        let mut content = self.worker.take_spare().unwrap_or_default();
        self.requests.finish(&mut content);
        let bytes = content.capacity();
        if let Err((_, reason)) = self.worker.offer(Payload { content, bytes, spans }) {
            self.stats.add_lost(reason, spans.into());
        }
    }

    fn take(&mut self, item: &R::Item<'_>) {
        let mut pushed = self.requests.push(item);
        if pushed == Push::Full {
            self.hand_over();
            pushed = self.requests.push(item);
        }
        if pushed != Push::Taken {
            self.stats.add_lost(LossReason::TooLarge, 1);
        }
        if self.requests.spans() >= self.batching.spans().get() {
            self.hand_over();
        }
    }

    /// Hands over what is due; returns when what is left will be.
    fn hand_over_by(&mut self, now: Instant) -> Option<Instant> {
        if self.requests.spans() == 0 {
            return None;
        }
        let due = *self.due.get_or_insert(now + self.batching.delay());
        if now >= due {
            self.hand_over();
        }
        self.due
    }

    fn hand_over_all(&mut self) -> Pending {
        self.hand_over();
        self.worker.flush()
    }

    fn end(&mut self) -> Pending {
        self.hand_over();
        self.worker.shutdown()
    }
}

impl<R: for<'a> Requests<Item<'a> = SpanView<'a>>> Sink for EncodingSink<R> {
    fn accept(&mut self, span: &SpanView<'_>) {
        self.take(span);
    }

    fn end_pass(&mut self, now: Instant) {
        self.hand_over_by(now);
    }

    fn flush(&mut self) -> Pending {
        self.hand_over_all()
    }

    fn shutdown(&mut self) -> Pending {
        self.end()
    }
}

impl<R: for<'a> Requests<Item<'a> = LogView<'a>>> LogSink for EncodingSink<R> {
    fn accept(&mut self, record: &LogView<'_>) {
        self.take(record);
    }

    fn end_pass(&mut self, now: Instant) -> Option<Instant> {
        self.hand_over_by(now)
    }

    fn flush(&mut self) -> Pending {
        self.hand_over_all()
    }

    fn shutdown(&mut self) -> Pending {
        self.end()
    }
}
