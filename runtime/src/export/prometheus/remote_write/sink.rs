//! The recorder's end: it flushes and shuts down what has a thread of its own.

use std::{sync::Arc, time::Instant};

use super::{config::Settings, writer::Writer};
use crate::{
    export::{
        prometheus::Target,
        stats::Stats,
        worker::{Bounds, Payload, Worker},
    },
    resource::Resource,
    trace::{
        SpanView,
        drain::{Pending, Sink},
        loss::Losses,
    },
};

/// Those who flush while one sending waits get the same.
const MOST_WAITING: usize = 2;

/// Sends when it is time to, and when somebody flushes.
pub(crate) struct RemoteWriteSink {
    worker: Worker<()>,
}

impl RemoteWriteSink {
    pub(crate) fn new(settings: &Settings, resource: &Resource, stats: Arc<Stats>) -> Self {
        let writer = Writer::over_http(settings, Target::new(resource), stats);
        let bounds = Bounds { bytes: MOST_WAITING, spans: 0 };
        // The writer counts the samples, for nobody knows before how many there are.
        let of_occasions = Arc::new(Stats::new(Arc::new(Losses::new())));
        let worker = Worker::new("spandrel-write", bounds, of_occasions, Box::new(writer));
        Self { worker }
    }

    fn send(&mut self) {
        // When the queue is full, one comes that has not begun.
        let _ = self.worker.offer(Payload { content: (), bytes: 1, spans: 0 });
    }
}

impl Sink for RemoteWriteSink {
    fn wants_spans(&self) -> bool {
        false
    }

    fn accept(&mut self, _span: &SpanView<'_>) {}

    fn end_pass(&mut self, _now: Instant) {}

    fn flush(&mut self) -> Pending {
        self.send();
        self.worker.flush()
    }

    fn shutdown(&mut self) -> Pending {
        self.send();
        self.worker.shutdown()
    }
}
