//! The recorder's end of the console.

use std::{sync::Arc, time::Instant};

use super::{
    Form,
    assemble::{Assembler, Trace},
    json, tree,
};
use crate::{
    export::{
        output::Output,
        paint::Paint,
        stats::Stats,
        worker::{Bounds, Payload, Worker},
    },
    trace::{
        SpanData, SpanView,
        drain::{Pending, Sink},
    },
};

/// So much text is handed over at once.
const MOST_TEXT_BYTES: usize = 64 * 1024;

/// Renders spans, and hands the text to the thread that writes.
pub(crate) struct ConsoleSink {
    form: Form,
    paint: Paint,
    assembler: Assembler,
    text: String,
    spans: u32,
    worker: Worker<Vec<u8>>,
    stats: Arc<Stats>,
}

impl ConsoleSink {
    /// A sink that holds no more than `bytes` bytes, half of them in traces that are not complete.
    pub(crate) fn new(
        form: Form,
        colors: bool,
        output: Output,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> Self {
        let bounds = Bounds { bytes: bytes / 2, spans: u64::MAX };
        let worker = Worker::new("spandrel-console", bounds, Arc::clone(&stats), Box::new(output));
        Self {
            form,
            paint: Paint { colors },
            assembler: Assembler::new(bytes / 2),
            text: String::new(),
            spans: 0,
            worker,
            stats,
        }
    }

    fn draw(&mut self, traces: &[Trace]) {
        for trace in traces {
            tree::draw(&mut self.text, trace, self.paint);
            self.took(trace.spans.len());
        }
    }

    /// Text of so many spans was added.
    fn took(&mut self, spans: usize) {
        self.spans = self.spans.saturating_add(u32::try_from(spans).unwrap_or(u32::MAX));
        // In small pieces: one that is larger than the queue would never fit.
        if self.text.len() > MOST_TEXT_BYTES {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if self.spans == 0 {
            return;
        }
        let content = std::mem::take(&mut self.text).into_bytes();
        let (bytes, spans) = (content.capacity(), std::mem::take(&mut self.spans));
        if let Err((_, reason)) = self.worker.offer(Payload { content, bytes, spans }) {
            self.stats.add_lost(reason, spans.into());
        }
    }
}

impl Sink for ConsoleSink {
    fn accept(&mut self, span: &SpanView<'_>) {
        match self.form {
            Form::Json => {
                json::line(&mut self.text, span);
                self.took(1);
            }
            Form::Tree => {
                let early = self.assembler.add(SpanData::from(span));
                self.draw(&early);
            }
        }
    }

    fn end_pass(&mut self, now: Instant) {
        let ready = self.assembler.ready(now);
        self.draw(&ready);
        self.hand_over();
    }

    fn flush(&mut self) -> Pending {
        let all = self.assembler.all();
        self.draw(&all);
        self.hand_over();
        self.worker.flush()
    }

    fn shutdown(&mut self) -> Pending {
        let flushed = self.flush();
        let stopped = self.worker.shutdown();
        Box::new(move |deadline| {
            let flushed = flushed(deadline);
            stopped(deadline) && flushed
        })
    }
}

#[cfg(test)]
#[path = "sink_tests.rs"]
mod tests;
