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
        // A line has to fit a file, with its end.
        let most = usize::try_from(self.max_bytes.saturating_sub(1)).unwrap_or(usize::MAX);
        let share = Share::new(bytes).with_request_bytes(most);
        let batch = Batch::new(resource, own_crate, share.request_bytes());
        let writer = Box::new(Writer::new(self));
        EncodingSink::with_deliver(("spandrel-file", writer), batch, share, self.batching, stats)
    }
}
