//! Counts what did not reach its destination, by reason: produced = delivered + dropped + unfinished.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Why a span was not delivered.
///
/// ```
/// use spandrel::trace::LossReason;
///
/// assert_eq!(LossReason::QueueFull.as_str(), "queue_full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LossReason {
    /// Somebody called `discard()` on it.
    Discarded,
    /// An exporter gave up: a permanent failure, or retries without success.
    ExportFailed,
    /// The recording threads were faster than the background thread, and the memory ran out.
    PoolEmpty,
    /// An exporter was slower than the spans came.
    QueueFull,
    /// A value's own `Display` or `Debug` was instrumented; recording would never end.
    Reentrant,
    /// The receiver took the request but refused the span (partial success).
    Rejected,
    /// Too many spans were running at once.
    SpanTableFull,
    /// The time for shutting down was over.
    Shutdown,
    /// Tail bias kept the trace when there was no memory left for this span.
    TailMemoryFull,
    /// The span alone was larger than a request may be.
    TooLarge,
}

impl LossReason {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::Discarded,
        Self::ExportFailed,
        Self::PoolEmpty,
        Self::QueueFull,
        Self::Reentrant,
        Self::Rejected,
        Self::SpanTableFull,
        Self::Shutdown,
        Self::TailMemoryFull,
        Self::TooLarge,
    ];

    /// The name in reports and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discarded => "discarded",
            Self::ExportFailed => "export_failed",
            Self::PoolEmpty => "pool_empty",
            Self::QueueFull => "queue_full",
            Self::Reentrant => "reentrant",
            Self::Rejected => "rejected",
            Self::SpanTableFull => "span_table_full",
            Self::Shutdown => "shutdown",
            Self::TailMemoryFull => "tail_memory_full",
            Self::TooLarge => "too_large",
        }
    }
}

impl fmt::Display for LossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One counter for each reason.
#[derive(Debug)]
pub(crate) struct Losses([AtomicU64; LossReason::ALL.len()]);

impl Losses {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; LossReason::ALL.len()])
    }

    pub(crate) fn add(&self, reason: LossReason, spans: u64) {
        self.0[reason as usize].fetch_add(spans, Relaxed);
    }

    pub(crate) fn of(&self, reason: LossReason) -> u64 {
        self.0[reason as usize].load(Relaxed)
    }

    /// Counts from 0 again.
    pub(crate) fn reset(&self) {
        self.0.iter().for_each(|counter| counter.store(0, Relaxed));
    }

    #[cfg(test)]
    pub(crate) fn total(&self) -> u64 {
        LossReason::ALL.into_iter().map(|reason| self.of(reason)).sum()
    }
}
