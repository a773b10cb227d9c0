//! The background thread's work: reads the chunks, joins the records, feeds the sinks.

use std::{
    sync::atomic::Ordering::{Relaxed, Release},
    time::Instant,
};

#[cfg(feature = "file")]
use super::flight::Snapshot;
use super::{
    chunk::Chunk,
    complete::Complete,
    join::{End, Joiner},
    out::Out,
    record::{
        layout::{Kind, SPAN_END},
        read::Record,
        view::{SpanView, TraceHead},
    },
    recorder::Recorder,
};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    time::{self, anchor::Calibration},
};

pub(crate) use super::pending::Pending;

/// Where finished spans go. Runs on the background thread and must never block.
pub(crate) trait Sink: Send {
    /// Whether it is to be given spans; if not, it only flushes and ends with the others.
    fn wants_spans(&self) -> bool {
        true
    }

    /// Sees every span as it ends, whatever the sampler said; asked of those that want none.
    fn watch(&mut self, _span: &SpanView<'_>) {}

    /// Whether it watches.
    fn watches(&self) -> bool {
        false
    }

    /// Takes one finished span.
    fn accept(&mut self, span: &SpanView<'_>);

    /// A pass has ended: hand over what is due by `now`.
    fn end_pass(&mut self, now: Instant);

    /// Hands over everything; the caller of `flush` waits for what comes back, not this thread.
    fn flush(&mut self) -> Pending;

    /// Hands over everything, and takes nothing more.
    fn shutdown(&mut self) -> Pending;
}

/// Sites by index, without a lock for each span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sites(Vec<&'static Site>);

impl Sites {
    /// Learns of sites that were registered meanwhile.
    #[inline]
    pub(super) fn refresh(&mut self) {
        if self.0.len() < site::registered() {
            site::list(&mut self.0);
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&'static Site> {
        self.0.get(index as usize).copied()
    }
}

/// How far a chunk has been read.
#[derive(Debug, Default)]
struct Reader {
    read: usize,
    trace: TraceHead,
    /// Spans that were still running: where their ends will be patched in.
    running: Vec<(usize, u64)>,
}

/// Everything the background thread owns.
pub(crate) struct Drain {
    recorder: &'static Recorder,
    /// By the numbers of their chunks.
    readers: Vec<Reader>,
    live: Vec<&'static Chunk>,
    bytes: Vec<u8>,
    joiner: Joiner,
    calibration: Calibration,
    out: Out,
    produced: u64,
}

impl Drain {
    pub(crate) fn new(recorder: &'static Recorder, sinks: Vec<Box<dyn Sink>>) -> Self {
        Self {
            recorder,
            readers: Vec::new(),
            live: Vec::new(),
            bytes: Vec::new(),
            joiner: Joiner::new(recorder.settings.memory.table_bytes()),
            calibration: Calibration::start(),
            out: Out::new(recorder, sinks),
            produced: 0,
        }
    }

    /// Reads everything published so far.
    pub(crate) fn pass(&mut self) {
        self.out.set_anchor(self.calibration.anchor());
        self.recorder.pool.list(&mut self.live);
        // Read the chunks first, the sites then: a record never names a site that came later.
        for at in 0..self.live.len() {
            let chunk = self.live[at];
            while self.readers.len() <= chunk.number() {
                self.readers.push(Reader::default());
            }
            if self.read(chunk) {
                self.recorder.pool.retire(chunk);
            }
        }
        let Self { joiner, out, recorder, .. } = self;
        for (span, end) in recorder.take_ends_without_room() {
            joiner.end(span, end, |span| out.deliver(&span));
        }
        joiner.end_pass(|span| out.deliver(&span));
        out.end_pass(time::now());
    }

    /// Everything published, also what lingers for one pass, on its way to the exporters.
    pub(crate) fn flush(&mut self) -> Vec<Pending> {
        self.pass();
        self.pass();
        if self.is_waiting() {
            self.pass();
            self.pass();
        }
        self.out.flush()
    }

    /// The same for the last time.
    pub(crate) fn shutdown(&mut self) -> Vec<Pending> {
        self.pass();
        self.pass();
        self.out.shut_down()
    }

    /// What the flight recorder holds; the pass before may have left spans that linger.
    #[cfg(feature = "file")]
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        self.pass();
        self.out.snapshot(self.joiner.running().collect())
    }

    /// Whether a pass is due soon even if nothing is recorded.
    pub(crate) fn is_waiting(&self) -> bool {
        self.out.is_waiting()
    }

    /// Reads on in one chunk; `true`: it is sealed and read to its end.
    fn read(&mut self, chunk: &'static Chunk) -> bool {
        let Self { readers, bytes, joiner, out, recorder, produced, .. } = self;
        let reader = &mut readers[chunk.number()];
        let (written, sealed) = chunk.progress();
        let words = chunk.words().get(reader.read..written).unwrap_or_default();
        bytes.resize(bytes.len().max(words.len() * 8), 0);
        let bytes = &mut bytes[..words.len() * 8];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.load(Relaxed).to_ne_bytes());
        }

        let losses = &recorder.losses;
        reader.settle(chunk, |span, end| joiner.end(span, end, |span| out.deliver(&span)));
        let bytes = &*bytes;
        let mut rest = bytes;
        while let Some((record, after)) = Record::take(rest) {
            let at = reader.read + (bytes.len() - rest.len()) / 8;
            rest = after;
            match record.kind() {
                Kind::SPAN => {
                    *produced += 1;
                    // Before the span goes anywhere, so that no report counts its end alone.
                    recorder.produced.store(*produced, Release);
                    if let Some((ticks, outcome)) = record.end() {
                        let tick = record.word(3).saturating_add(ticks);
                        let outcome = read_outcome(outcome);
                        out.deliver(&Complete::whole(&record, &reader.trace, tick, outcome));
                    } else if joiner
                        .begin(&record, &reader.trace, losses, |span| out.deliver(&span))
                    {
                        reader.running.push((at, record.span()));
                        out.begin(&record, &reader.trace);
                    }
                }
                Kind::TRACE => reader.trace.replace(&record),
                Kind::END => {
                    let outcome = read_outcome(record.aux() as u8);
                    let end = End { tick: record.word(2), outcome, linger: record.flags() != 0 };
                    joiner.end(record.span(), end, |span| out.deliver(&span));
                }
                Kind::DISCARD => joiner.discard(record.span()),
                _ => joiner.extra(&record),
            }
        }
        reader.read = written;
        reader.running.retain(|(_, span)| joiner.awaits(*span));
        if sealed {
            // The owner patched its last end before it sealed.
            reader.settle(chunk, |span, end| joiner.end(span, end, |span| out.deliver(&span)));
            // The chunk's next life is another thread's: nothing of this one may look at it.
            *reader = Reader::default();
        }
        sealed
    }
}

fn read_outcome(byte: u8) -> Outcome {
    Outcome::from_byte(byte).unwrap_or(Outcome::Ok)
}

impl Reader {
    /// Looks whether spans that were running have ended in place meanwhile.
    fn settle(&mut self, chunk: &Chunk, mut ended: impl FnMut(u64, End)) {
        let words = chunk.words();
        self.running.retain(|&(at, span)| {
            let word = |at: usize| words.get(at).map_or(0, |word| word.load(Relaxed));
            let end = word(at + SPAN_END);
            if end == 0 {
                return true;
            }
            let tick = word(at + 3).saturating_add(end >> 8);
            ended(span, End { tick, outcome: read_outcome(end as u8), linger: false });
            false
        });
    }
}
