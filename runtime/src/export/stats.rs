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
/// Every span given to the exporter is in the batch in the making, queued, exported, spooled, or lost
/// for a reason; after a flush only the last three are left, and they add up. What becomes of spooled
/// spans is counted beside that, because another process may have recorded them.
#[derive(Debug)]
pub(crate) struct Stats {
    exported: AtomicU64,
    losses: Arc<Losses>,
    queued_spans: AtomicU64,
    queued_bytes: AtomicU64,
    exports: AtomicU64,
    export_nanos: AtomicU64,
    spooled: AtomicU64,
    replayed: AtomicU64,
    spool_lost: AtomicU64,
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
            spooled: AtomicU64::new(0),
            replayed: AtomicU64::new(0),
            spool_lost: AtomicU64::new(0),
        }
    }

    /// Counts from 0 again: in a forked child the numbers are the parent's.
    pub(crate) fn reset(&self) {
        let Self {
            exported,
            losses,
            queued_spans,
            queued_bytes,
            exports,
            export_nanos,
            spooled,
            replayed,
            spool_lost,
        } = self;
        let counters = [exported, queued_spans, queued_bytes, exports, export_nanos];
        let of_the_spool = [spooled, replayed, spool_lost];
        counters.into_iter().chain(of_the_spool).for_each(|counter| counter.store(0, Relaxed));
        losses.reset();
    }

    pub(crate) fn add_exported(&self, spans: u64) {
        self.exported.fetch_add(spans, Relaxed);
    }

    pub(crate) fn add_lost(&self, reason: LossReason, spans: u64) {
        self.losses.add(reason, spans);
    }

    /// Spans of this process were written to the spool.
    #[cfg(feature = "otlp")]
    pub(crate) fn add_spooled(&self, spans: u64) {
        self.spooled.fetch_add(spans, Relaxed);
    }

    /// Spans from the spool were delivered, whoever recorded them.
    #[cfg(feature = "otlp")]
    pub(crate) fn add_replayed(&self, spans: u64) {
        self.replayed.fetch_add(spans, Relaxed);
    }

    /// Spans in the spool were given up, whoever recorded them.
    #[cfg(feature = "otlp")]
    pub(crate) fn add_spool_lost(&self, spans: u64) {
        self.spool_lost.fetch_add(spans, Relaxed);
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

    /// Spans of this process that were written to the spool.
    pub(crate) fn spooled(&self) -> u64 {
        self.spooled.load(Relaxed)
    }

    /// Spans from the spool that were delivered.
    pub(crate) fn replayed(&self) -> u64 {
        self.replayed.load(Relaxed)
    }

    /// Spans in the spool that were given up.
    pub(crate) fn spool_lost(&self) -> u64 {
        self.spool_lost.load(Relaxed)
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
