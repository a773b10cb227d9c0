//! How spans are collected before they are sent.

use std::{num::NonZeroU32, time::Duration};

/// How many spans go into one request, and how long the first of them waits.
///
/// The defaults are those of the OpenTelemetry SDK specification, except that the queue is bounded
/// in bytes (a quarter of the memory that [`Memory`](crate::trace::Memory) grants) rather than to
/// 2,048 spans.
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
///
/// use spandrel::export::Batching;
///
/// let batching = Batching::new()
///     .with_delay(Duration::from_secs(1))
///     .with_spans(NonZeroU32::new(1_000).unwrap());
/// assert_eq!(batching.delay(), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    delay: Duration,
    spans: NonZeroU32,
    queue_spans: Option<NonZeroU32>,
}

impl Batching {
    /// A request when 512 spans have come, or 5 seconds after the first.
    #[must_use]
    pub const fn new() -> Self {
        let Some(spans) = NonZeroU32::new(512) else { unreachable!() };
        Self { delay: Duration::from_secs(5), spans, queue_spans: None }
    }

    /// The longest that a span waits for others (`OTEL_BSP_SCHEDULE_DELAY`).
    #[must_use]
    pub const fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The most spans of one request (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`).
    #[must_use]
    pub const fn with_spans(mut self, spans: NonZeroU32) -> Self {
        self.spans = spans;
        self
    }

    /// The most spans that wait for the exporter (`OTEL_BSP_MAX_QUEUE_SIZE`); bytes are bounded
    /// in any case.
    #[must_use]
    pub const fn with_queue_spans(mut self, spans: NonZeroU32) -> Self {
        self.queue_spans = Some(spans);
        self
    }

    /// The longest that a span waits for others.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// The most spans of one request.
    #[must_use]
    pub const fn spans(&self) -> NonZeroU32 {
        self.spans
    }

    /// The most spans that wait for the exporter, if their number is bounded.
    #[must_use]
    pub const fn queue_spans(&self) -> Option<NonZeroU32> {
        self.queue_spans
    }
}

impl Default for Batching {
    fn default() -> Self {
        Self::new()
    }
}
