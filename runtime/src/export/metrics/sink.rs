//! The recorder's end of a reader of metrics, and how it is made.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use super::{Plan, form::Form, reader::Reader};
#[cfg(feature = "otlp")]
use crate::export::otlp::config::Settings;
#[cfg(feature = "console")]
use crate::export::output::Output;
#[cfg(any(feature = "file", feature = "otlp"))]
use crate::export::{
    OwnCrate,
    otlp::{
        batch::{Encoding, Resource},
        metrics::Requests,
    },
};
use crate::{
    export::{
        stats::Stats,
        worker::{Bounds, Deliver, Payload, Worker},
    },
    metrics::{self, data::Snapshot},
    sync::lock,
    trace::{
        SpanView,
        drain::{Pending, Sink},
        loss::Losses,
    },
};

/// Reads when it is time to, and when somebody flushes.
pub(crate) struct MetricsSink(Arc<Occasions>);

/// Where somebody asks to read now.
struct Occasions(Mutex<Worker<()>>);

/// What requests say beside metrics.
#[cfg(any(feature = "file", feature = "otlp"))]
pub(crate) struct Origin {
    pub(crate) resource: Resource,
    pub(crate) own_crate: OwnCrate,
}

/// The largest request; receivers take 4 MiB and more.
#[cfg(any(feature = "file", feature = "otlp"))]
const MOST_REQUEST_BYTES: usize = 1024 * 1024;
/// Those who flush while one reading waits read the same.
const MOST_WAITING: usize = 2;

impl MetricsSink {
    /// A reader that sends.
    #[cfg(feature = "otlp")]
    pub(crate) fn to_otlp(
        plan: Plan,
        settings: &Settings,
        origin: Origin,
        stats: Arc<Stats>,
    ) -> Self {
        let deliver = settings.deliver(&stats);
        let form = origin.form(plan, settings.encoding(), MOST_REQUEST_BYTES);
        Self::new(plan, Box::new(metrics::collect), form, deliver, stats)
    }

    /// A reader that writes to a file.
    #[cfg(feature = "file")]
    pub(crate) fn to_file(
        plan: Plan,
        file: &crate::export::OtlpFile,
        origin: Origin,
        stats: Arc<Stats>,
    ) -> Self {
        let form =
            origin.form(plan, Encoding::Json, file.most_line_bytes().min(MOST_REQUEST_BYTES));
        Self::new(plan, Box::new(metrics::collect), form, file.writer("data points"), stats)
    }

    /// A reader that shows a table.
    #[cfg(feature = "console")]
    pub(crate) fn to_console(plan: Plan, output: Output, stats: Arc<Stats>) -> Self {
        Self::new(plan, Box::new(metrics::collect), Form::Table, Box::new(output), stats)
    }

    pub(super) fn new(
        plan: Plan,
        collect: Box<dyn Fn() -> Snapshot + Send>,
        form: Form,
        deliver: Box<dyn Deliver<Vec<u8>>>,
        stats: Arc<Stats>,
    ) -> Self {
        let reader = Reader::new(plan, collect, form, deliver, stats);
        let bounds = Bounds { bytes: MOST_WAITING, spans: 0 };
        // The reader counts the points, for nobody knows before how many there are.
        let of_occasions = Arc::new(Stats::new(Arc::new(Losses::new())));
        let worker = Worker::new("spandrel-metrics", bounds, of_occasions, Box::new(reader));
        let occasions = Arc::new(Occasions(Mutex::new(worker)));
        #[cfg(feature = "opentelemetry-0-33")]
        {
            let weak: std::sync::Weak<Occasions> = Arc::downgrade(&occasions);
            metrics::readers::add(weak);
        }
        Self(occasions)
    }
}

/// When the queue is full, one comes that has not begun.
fn read(worker: &mut Worker<()>) {
    let _ = worker.offer(Payload { content: (), bytes: 1, spans: 0 });
}

impl Occasions {
    fn read_now(&self) -> Pending {
        let mut worker = lock(&self.0);
        read(&mut worker);
        worker.flush()
    }
}

#[cfg(feature = "opentelemetry-0-33")]
impl metrics::readers::Reader for Occasions {
    fn read_now(&self) -> Pending {
        self.read_now()
    }
}

#[cfg(any(feature = "file", feature = "otlp"))]
impl Origin {
    fn form(self, plan: Plan, encoding: Encoding, most_bytes: usize) -> Form {
        let Self { resource, own_crate } = self;
        let own_crate = Some(own_crate);
        Form::Otlp(Requests::new(encoding, resource, own_crate, plan.temporality, most_bytes))
    }
}

impl Sink for MetricsSink {
    fn wants_spans(&self) -> bool {
        false
    }

    fn accept(&mut self, _span: &SpanView<'_>) {}

    fn end_pass(&mut self, _now: Instant) {}

    fn flush(&mut self) -> Pending {
        self.0.read_now()
    }

    fn shutdown(&mut self) -> Pending {
        let mut worker = lock(&self.0.0);
        read(&mut worker);
        worker.shutdown()
    }
}
