//! The pipeline's end of the lines.

use std::{sync::Arc, time::Instant};

use super::{LineForm, json, pretty};
use crate::{
    diag,
    export::{
        output::Output,
        paint::Paint,
        stats::Stats,
        worker::{Bounds, Deliver, Delivery, Pace, Payload, Worker},
    },
    logs::{LogView, pipeline::LogSink},
    trace::drain::Pending,
};

/// So much text is handed over at once.
const MOST_TEXT_BYTES: usize = 64 * 1024;

/// Renders records, and hands the text to the thread that writes.
pub(crate) struct LineSink {
    form: LineForm,
    paint: Paint,
    text: String,
    records: u32,
    worker: Worker<Vec<u8>>,
    stats: Arc<Stats>,
}

/// Writes text, and says of log records what an exporter of spans says of those.
struct LineOutput(Output);

impl LineSink {
    /// A sink that holds no more than `bytes` bytes of text.
    pub(crate) fn new(
        form: LineForm,
        colors: bool,
        output: Output,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let bounds = Bounds { bytes, spans: u64::MAX };
        let deliver = Box::new(LineOutput(output));
        let worker = Worker::new("spandrel-lines", bounds, Arc::clone(&stats), deliver);
        let paint = Paint { colors };
        Self { form, paint, text: String::new(), records: 0, worker, stats }
    }

    fn hand_over(&mut self) {
        if self.records == 0 {
            return;
        }
        let records = std::mem::take(&mut self.records);
        let spare = self.worker.take_spare().unwrap_or_default();
        let content = std::mem::replace(&mut self.text, empty(spare)).into_bytes();
        let bytes = content.capacity();
        if let Err((payload, reason)) =
            self.worker.offer(Payload { content, bytes, spans: records })
        {
            self.stats.add_lost(reason, records.into());
            self.text = empty(payload.content);
        }
    }
}

/// The memory of a text, for another one.
fn empty(mut spare: Vec<u8>) -> String {
    spare.clear();
    String::from_utf8(spare).unwrap_or_default()
}

impl LogSink for LineSink {
    fn accept(&mut self, record: &LogView<'_>) {
        match self.form {
            LineForm::Json => json::line(&mut self.text, record),
            LineForm::Pretty => pretty::line(&mut self.text, record, self.paint),
        }
        self.records += 1;
        // In small pieces: one that is larger than the queue would never fit.
        if self.text.len() > MOST_TEXT_BYTES {
            self.hand_over();
        }
    }

    fn end_pass(&mut self, _now: Instant) -> Option<Instant> {
        self.hand_over();
        None
    }

    fn flush(&mut self) -> Pending {
        self.hand_over();
        self.worker.flush()
    }

    /// Lines are written for as long as the program says something.
    fn shutdown(&mut self) -> Pending {
        self.flush()
    }
}

impl Deliver<Vec<u8>> for LineOutput {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, _pace: &dyn Pace) -> Delivery {
        match self.0.write(&payload.content) {
            Ok(()) => Delivery::Accepted { rejected: 0 },
            Err(error) => {
                let records = payload.spans;
                diag::warn(format_args!("{records} log records could not be written: {error}"));
                Delivery::Failed
            }
        }
    }
}
