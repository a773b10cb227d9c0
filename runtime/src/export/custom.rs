//! Exporters that a program brings along.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use super::{
    Batching,
    stats::Stats,
    trouble::Trouble,
    worker::{Bounds, Deliver, Delivery, Pace, Payload, Worker},
};
use crate::{
    diag,
    resource::Resource,
    trace::{
        SpanData, SpanView,
        drain::{Pending, Sink},
        loss::LossReason,
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

    /// Learns who produces the spans; called once, before anything else.
    fn set_resource(&mut self, resource: &Resource) {
        let _ = resource;
    }

    /// Sends what it has kept back, if it does that; called when telemetry is flushed.
    ///
    /// # Errors
    ///
    /// When it could not; that is said on stderr.
    fn flush(&mut self) -> Result<(), ExportError> {
        Ok(())
    }

    /// Sends what it has kept back; called once, after everything else.
    ///
    /// # Errors
    ///
    /// When it could not; that is said on stderr.
    fn shutdown(&mut self) -> Result<(), ExportError> {
        Ok(())
    }
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
    /// A batch of so many bytes is handed over, however few spans it has.
    most_bytes: usize,
    batching: Batching,
    worker: Worker<Work>,
    /// There is something that could be flushed.
    was_called: bool,
    /// The exporter is still to be called for all that it was given.
    waits_for_flush: Arc<AtomicBool>,
    stats: Arc<Stats>,
    due: Option<Instant>,
}

/// What the exporter is called for.
enum Work {
    Export(Vec<SpanData>),
    Flush,
    Shutdown,
}

/// Calls the exporter, until it was shut down.
struct Caller {
    exporter: Option<Box<dyn SpanExporter>>,
    waits_for_flush: Arc<AtomicBool>,
    trouble: Trouble,
}

/// What the exporter is called where something is said about it.
const EXPORTER: &str = "an exporter of the program";

impl CustomSink {
    pub(crate) fn new(
        exporter: Box<dyn SpanExporter>,
        batching: Batching,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let spans = batching.queue_spans().map_or(u64::MAX, |spans| spans.get().into());
        // One part for the batch in the making, the rest for those that wait.
        let most_bytes = bytes / 4;
        let bounds = Bounds { bytes: bytes - most_bytes, spans };
        let waits_for_flush = Arc::new(AtomicBool::new(false));
        let caller = Box::new(Caller {
            exporter: Some(exporter),
            waits_for_flush: Arc::clone(&waits_for_flush),
            trouble: Trouble::of("spans"),
        });
        let worker = Worker::new("spandrel-export", bounds, Arc::clone(&stats), caller);
        Self {
            batch: Vec::new(),
            bytes: 0,
            most_bytes,
            batching,
            worker,
            was_called: false,
            waits_for_flush,
            stats,
            due: None,
        }
    }

    fn hand_over(&mut self) {
        self.due = None;
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let spans = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let bytes = std::mem::take(&mut self.bytes);
        let content = Work::Export(batch);
        self.was_called = true;
        match self.worker.offer(Payload { content, bytes, spans }) {
            // Whatever flush waits in the queue comes before these.
            Ok(()) => self.waits_for_flush.store(false, Relaxed),
            Err((_, reason)) => self.stats.add_lost(reason, spans.into()),
        }
    }

    /// Has the exporter called for something that takes no room in the queue.
    fn call(&mut self, content: Work) {
        let _ = self.worker.offer(Payload { content, bytes: 0, spans: 0 });
    }
}

impl Caller {
    fn export(&mut self, batch: &[SpanData]) -> Delivery {
        let Some(exporter) = &mut self.exporter else { return Delivery::Failed };
        let spans = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let why = match catch_unwind(AssertUnwindSafe(|| exporter.export(batch))) {
            Ok(Ok(())) => {
                self.trouble.worked(EXPORTER, spans);
                return Delivery::Accepted { rejected: 0 };
            }
            Ok(Err(error)) => error.message,
            Err(panic) => format!("it panicked: {}", text_of(&*panic)),
        };
        self.trouble.failed(EXPORTER, spans, &why);
        Delivery::Failed
    }
}

/// What a panic says.
fn text_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}

impl Deliver<Work> for Caller {
    fn deliver(&mut self, payload: &mut Payload<Work>, _pace: &dyn Pace) -> Delivery {
        let exporter = self.exporter.as_mut();
        let (result, what) = match &payload.content {
            Work::Export(batch) => return self.export(batch),
            Work::Flush => {
                self.waits_for_flush.store(false, Relaxed);
                (exporter.map(|exporter| exporter.flush()), "flush")
            }
            Work::Shutdown => {
                let result = exporter.map(|exporter| exporter.shutdown());
                // Here, while whoever shuts down still waits: some exporters end only then.
                self.exporter = None;
                (result, "shut down")
            }
        };
        if let Some(Err(error)) = result {
            diag::warn(format_args!("{EXPORTER} could not {what}: {error}"));
        }
        Delivery::Accepted { rejected: 0 }
    }
}

impl Sink for CustomSink {
    fn accept(&mut self, span: &SpanView<'_>) {
        let span = SpanData::from(span);
        let bytes = span.bytes();
        if bytes > self.most_bytes {
            self.stats.add_lost(LossReason::TooLarge, 1);
            return;
        }
        if self.bytes + bytes > self.most_bytes {
            self.hand_over();
        }
        self.bytes += bytes;
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
        // One call is enough for all who wait: an exporter that hangs does not gather them.
        if self.was_called && !self.waits_for_flush.swap(true, Relaxed) {
            self.call(Work::Flush);
        }
        self.worker.flush()
    }

    fn shutdown(&mut self) -> Pending {
        self.hand_over();
        self.call(Work::Shutdown);
        self.worker.shutdown()
    }
}

#[cfg(test)]
mod tests;
