//! From settings to the sink that writes by them.

use std::sync::Arc;

use super::{OtlpFile, writer::Writer};
use crate::export::{
    OwnCrate,
    encoding_sink::{EncodingSink, Share},
    otlp::{
        batch::{Batch, Resource},
        logs::LogRecordSink,
    },
    stats::Stats,
    worker::Deliver,
};

impl OtlpFile {
    /// A sink that holds no more than `bytes` bytes in memory.
    pub(crate) fn sink(
        &self,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> EncodingSink<Batch> {
        let share = Share::new(bytes).with_request_bytes(self.most_line_bytes());
        let batch = Batch::new(resource, own_crate, share.request_bytes());
        let writer = self.writer("spans");
        EncodingSink::with_deliver(("spandrel-file", writer), batch, share, self.batching, stats)
    }

    /// The same for log records.
    pub(crate) fn log_sink(
        &self,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: &Arc<Stats>,
    ) -> LogRecordSink {
        let share = Share::new(bytes).with_request_bytes(self.most_line_bytes());
        let delivery = ("spandrel-file-logs", self.writer("log records"));
        LogRecordSink::of(delivery, resource, own_crate, share, self.batching, stats)
    }

    /// Writes lines that hold these, as people call them.
    pub(in crate::export) fn writer(&self, items: &'static str) -> Box<dyn Deliver<Vec<u8>>> {
        Box::new(Writer::new(self, items))
    }

    /// A line has to fit a file, with its end.
    pub(in crate::export) fn most_line_bytes(&self) -> usize {
        usize::try_from(self.max_bytes.saturating_sub(1)).unwrap_or(usize::MAX)
    }
}
