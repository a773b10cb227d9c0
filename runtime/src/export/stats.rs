//! What one exporter has done so far.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::trace::loss::{LossReason, Losses};

/// Counts what became of the spans that one exporter was given.
///
/// Every span given to the exporter is in the batch in the making, queued, exported, or lost for a
/// reason; after a flush only the last two are left, and they add up.
#[derive(Debug)]
pub(crate) struct Stats {
    exported: AtomicU64,
    losses: Arc<Losses>,
    queued_spans: AtomicU64,
    queued_bytes: AtomicU64,
    exports: AtomicU64,
    export_nanos: AtomicU64,
}

impl Stats {
    /// Counts losses where the caller says, so that one report can hold those of all exporters.
    pub(crate) fn new(losses: Arc<Losses>) -> Self {
        Self {
            exported: AtomicU64::new(0),
            losses,
            queued_spans: AtomicU64::new(0),
            queued_bytes: AtomicU64::new(0),
            exports: AtomicU64::new(0),
            export_nanos: AtomicU64::new(0),
        }
    }

    /// Counts from 0 again: in a forked child the numbers are the parent's.
    pub(crate) fn reset(&self) {
        let Self { exported, losses, queued_spans, queued_bytes, exports, export_nanos } = self;
        let counters = [exported, queued_spans, queued_bytes, exports, export_nanos];
        counters.into_iter().for_each(|counter| counter.store(0, Relaxed));
        losses.reset();
    }

    pub(crate) fn add_exported(&self, spans: u64) {
        self.exported.fetch_add(spans, Relaxed);
    }

    pub(crate) fn add_lost(&self, reason: LossReason, spans: u64) {
        self.losses.add(reason, spans);
    }

    pub(crate) fn add_export(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.exports.fetch_add(1, Relaxed);
        self.export_nanos.fetch_add(nanos, Relaxed);
    }

    pub(crate) fn set_queued(&self, spans: u64, bytes: u64) {
        self.queued_spans.store(spans, Relaxed);
        self.queued_bytes.store(bytes, Relaxed);
    }

    /// Spans that the receiver has taken.
    pub(crate) fn exported(&self) -> u64 {
        self.exported.load(Relaxed)
    }

    /// Spans lost, by reason.
    pub(crate) fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Spans that wait or are being exported.
    pub(crate) fn queued_spans(&self) -> u64 {
        self.queued_spans.load(Relaxed)
    }

    /// Their bytes: the memory that the queue holds.
    pub(crate) fn queued_bytes(&self) -> u64 {
        self.queued_bytes.load(Relaxed)
    }

    /// Exports tried, retries of one batch being one.
    pub(crate) fn exports(&self) -> u64 {
        self.exports.load(Relaxed)
    }

    /// The time that exports took, all together.
    pub(crate) fn export_time(&self) -> Duration {
        Duration::from_nanos(self.export_nanos.load(Relaxed))
    }
}
