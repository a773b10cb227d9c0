//! From settings to the sink that sends by them.

use std::sync::Arc;

use super::{
    batch::{Batch, Resource},
    config::Settings,
};
use crate::export::{
    OwnCrate,
    encoding_sink::{EncodingSink, Share},
    stats::Stats,
};

/// Encodes spans into requests and hands those to the exporter's thread.
pub(crate) type OtlpSink = EncodingSink<Batch>;

impl OtlpSink {
    /// A sink that holds no more than `bytes` bytes, encoded spans and queue together.
    pub(crate) fn new(
        settings: &Settings,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let mut share = Share::new(bytes);
        if settings.has_spool() {
            share = share.with_one_more_request();
        }
        let batching = settings.batching;
        let deliver = settings.deliver(&stats);
        let batch = Batch::new(resource, own_crate, share.request_bytes());
        Self::with_deliver(("spandrel-otlp", deliver), batch, share, batching, stats)
    }
}
