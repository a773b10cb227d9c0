//! How finished spans are gathered before they are sent.

use std::{num::NonZeroU32, time::Duration};

use super::{Code, Setting, Source};
use crate::{
    export::Batching,
    init::env::{Reader, Rejected, parse, table},
};

/// The batches of an exporter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch {
    /// The longest that a finished span waits.
    pub(crate) schedule_delay: Setting<Duration>,
    /// How long an export may take; `None` for no limit.
    pub(crate) export_timeout: Setting<Option<Duration>>,
    /// Spans that may wait; `None` for as many as the memory holds.
    pub(crate) max_queue_size: Setting<Option<NonZeroU32>>,
    /// Spans in one export, not more than may wait.
    pub(crate) max_export_batch_size: Setting<NonZeroU32>,
}

impl Batch {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        let default = Batching::new();
        let code_batching = code.batching.as_ref();
        let delay = reader.read(table::BSP_SCHEDULE_DELAY, duration);
        let export_timeout = reader.read(table::BSP_EXPORT_TIMEOUT, duration);
        let queue = reader.read(table::BSP_MAX_QUEUE_SIZE, |text| at_least_one(text).map(Some));
        let queue =
            Setting::pick(code_batching.map(Batching::queue_spans), queue, default.queue_spans());
        let spans = reader.read(table::BSP_MAX_EXPORT_BATCH_SIZE, at_least_one);
        let spans = Setting::pick(code_batching.map(Batching::spans), spans, default.spans());
        Self {
            schedule_delay: Setting::pick(
                code_batching.map(Batching::delay),
                delay,
                default.delay(),
            ),
            export_timeout: timeout(code.export_timeout, export_timeout, Duration::from_secs(30)),
            max_export_batch_size: fitting(reader, spans, &queue),
            max_queue_size: queue,
        }
    }

    /// What an exporter takes.
    pub(crate) fn batching(&self) -> Batching {
        let batching = Batching::new()
            .with_delay(self.schedule_delay.value)
            .with_spans(self.max_export_batch_size.value);
        match self.max_queue_size.value {
            Some(spans) => batching.with_queue_spans(spans),
            None => batching,
        }
    }
}

/// A batch larger than its queue would never be full.
fn fitting(
    reader: &mut Reader<'_>,
    spans: Setting<NonZeroU32>,
    queue: &Setting<Option<NonZeroU32>>,
) -> Setting<NonZeroU32> {
    let Some(most) = queue.value.filter(|most| *most < spans.value) else { return spans };
    if spans.source != Source::Default {
        reader.warn(format!(
            "a batch of {} spans ({}) does not fit a queue of {most} ({}), so {most} are sent at \
             once; write a larger `{}`",
            spans.value,
            spans.source,
            queue.source,
            table::BSP_MAX_QUEUE_SIZE.name,
        ));
    }
    Setting { value: most, ..spans }
}

pub(super) fn duration(text: &str) -> Result<Duration, Rejected> {
    parse::millis(text).ok_or_else(Rejected::not_understood)
}

/// A timeout of zero is none, as the specification has it.
pub(super) fn timeout(
    code: Option<Duration>,
    variable: Option<Setting<Duration>>,
    default: Duration,
) -> Setting<Option<Duration>> {
    Setting::pick(code, variable, default).map(|timeout| Some(timeout).filter(|t| !t.is_zero()))
}

pub(super) fn at_least_one(text: &str) -> Result<NonZeroU32, Rejected> {
    parse::count(text).and_then(NonZeroU32::new).ok_or_else(Rejected::not_understood)
}
