//! Exporters that a program brings along.

use std::{fmt, sync::Arc, time::Instant};

use super::{
    Batching,
    stats::Stats,
    worker::{Bounds, Deliver, Delivery, Pace, Payload, Worker},
};
use crate::{
    diag,
    trace::{
        SpanData, SpanView,
        drain::{Pending, Sink},
    },
};

/// Sends finished spans somewhere; it runs on a thread of its own and may block there.
///
/// A call that panics loses its batch, which is counted, and nothing else.
///
/// ```
/// use spandrel::{export::{ExportError, SpanExporter}, trace::SpanData};
///
/// struct Names;
///
/// impl SpanExporter for Names {
///     fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError> {
///         for span in batch {
///             println!("{}", span.name);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait SpanExporter: Send + 'static {
    /// Sends a batch, or gives up on it.
    ///
    /// # Errors
    ///
    /// When the batch is lost; its spans are counted as `export_failed`.
    fn export(&mut self, batch: &[SpanData]) -> Result<(), ExportError>;
}

/// Why a batch was lost.
///
/// ```
/// use spandrel::export::ExportError;
///
/// assert_eq!(ExportError::new("the disk is full").to_string(), "the disk is full");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportError {
    message: String,
}

impl ExportError {
    /// An error with a text for people.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExportError {}

/// Collects owned spans and hands them to the exporter's thread.
pub(crate) struct CustomSink {
    batch: Vec<SpanData>,
    bytes: usize,
    batching: Batching,
    worker: Worker<Vec<SpanData>>,
    stats: Arc<Stats>,
    due: Option<Instant>,
}

struct Caller(Box<dyn SpanExporter>);

impl CustomSink {
    pub(crate) fn new(
        exporter: Box<dyn SpanExporter>,
        batching: Batching,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let spans = batching.queue_spans().map_or(u64::MAX, |spans| spans.get().into());
        let bounds = Bounds { bytes, spans };
        let caller = Box::new(Caller(exporter));
        let worker = Worker::new("spandrel-export", bounds, Arc::clone(&stats), caller);
        Self { batch: Vec::new(), bytes: 0, batching, worker, stats, due: None }
    }

    fn hand_over(&mut self) {
        self.due = None;
        if self.batch.is_empty() {
            return;
        }
        let content = std::mem::take(&mut self.batch);
        let spans = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let bytes = std::mem::take(&mut self.bytes);
        if let Err((_, reason)) = self.worker.offer(Payload { content, bytes, spans }) {
            self.stats.add_lost(reason, spans.into());
        }
    }
}

impl Deliver<Vec<SpanData>> for Caller {
    fn deliver(&mut self, payload: &mut Payload<Vec<SpanData>>, _pace: &dyn Pace) -> Delivery {
        match self.0.export(&payload.content) {
            Ok(()) => Delivery::Accepted { rejected: 0 },
            Err(error) => {
                diag::warn(format_args!("an exporter lost {} spans: {error}", payload.spans));
                Delivery::Failed
            }
        }
    }
}

impl Sink for CustomSink {
    fn accept(&mut self, span: &SpanView<'_>) {
        let span = SpanData::from(span);
        self.bytes += span.memory();
        self.batch.push(span);
        if self.batch.len() >= self.batching.spans().get() as usize {
            self.hand_over();
        }
    }

    fn end_pass(&mut self, now: Instant) {
        if self.batch.is_empty() {
            return;
        }
        let due = *self.due.get_or_insert(now + self.batching.delay());
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
