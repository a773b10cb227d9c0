//! How finished spans are gathered before they are sent.

use std::{num::NonZeroU32, time::Duration};

use super::{Code, Setting, Source};
use crate::{
    export::Batching,
    init::env::{Reader, Rejected, Variable, parse, table},
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

/// The variables of batches, and the delay that the specification gives them.
struct Variables {
    delay: &'static Variable,
    export_timeout: &'static Variable,
    queue: &'static Variable,
    items: &'static Variable,
    default_delay: Duration,
    /// What the items are called, by people.
    called: &'static str,
}

const SPANS: Variables = Variables {
    delay: table::BSP_SCHEDULE_DELAY,
    export_timeout: table::BSP_EXPORT_TIMEOUT,
    queue: table::BSP_MAX_QUEUE_SIZE,
    items: table::BSP_MAX_EXPORT_BATCH_SIZE,
    default_delay: Batching::new().delay(),
    called: "spans",
};

const LOG_RECORDS: Variables = Variables {
    delay: table::BLRP_SCHEDULE_DELAY,
    export_timeout: table::BLRP_EXPORT_TIMEOUT,
    queue: table::BLRP_MAX_QUEUE_SIZE,
    items: table::BLRP_MAX_EXPORT_BATCH_SIZE,
    default_delay: Duration::from_secs(1),
    called: "log records",
};

impl Batch {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        Self::of(reader, code.batching.as_ref(), code.export_timeout, &SPANS)
    }

    /// The batches of log records.
    pub(super) fn of_logs(reader: &mut Reader<'_>) -> Self {
        Self::of(reader, None, None, &LOG_RECORDS)
    }

    fn of(
        reader: &mut Reader<'_>,
        code: Option<&Batching>,
        code_timeout: Option<Duration>,
        variables: &Variables,
    ) -> Self {
        let default = Batching::new();
        let delay = reader.read(variables.delay, duration);
        let export_timeout = reader.read(variables.export_timeout, duration);
        let queue = reader.read(variables.queue, |text| at_least_one(text).map(Some));
        let queue = Setting::pick(code.map(Batching::queue_spans), queue, default.queue_spans());
        let items = reader.read(variables.items, at_least_one);
        let items = Setting::pick(code.map(Batching::spans), items, default.spans());
        Self {
            schedule_delay: Setting::pick(
                code.map(Batching::delay),
                delay,
                variables.default_delay,
            ),
            export_timeout: timeout(code_timeout, export_timeout, Duration::from_secs(30)),
            max_export_batch_size: fitting(reader, items, &queue, variables),
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
    variables: &Variables,
) -> Setting<NonZeroU32> {
    let Some(most) = queue.value.filter(|most| *most < spans.value) else { return spans };
    if spans.source != Source::Default {
        reader.warn(format!(
            "a batch of {} {} ({}) does not fit a queue of {most} ({}), so {most} are sent at once; \
             write a larger `{}`",
            spans.value,
            variables.called,
            spans.source,
            queue.source,
            variables.queue.name,
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
