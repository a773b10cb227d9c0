//! The background thread's work: reads the chunks, joins the records, feeds the sinks.

use std::{
    sync::{
        Arc,
        atomic::Ordering::{Relaxed, Release},
    },
    time::Instant,
};

#[cfg(feature = "file")]
use super::flight::{Flight, Snapshot};
use super::{
    chunk::Chunk,
    complete::{self, Complete},
    join::{End, Joiner},
    limits::Limits,
    loss::LossReason,
    record::{
        layout::{Kind, SPAN_END},
        read::Record,
        view::{SpanView, TraceHead},
    },
    recorder::Recorder,
    scope,
    tail::{Outlet, Tail},
};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    time::{
        self,
        anchor::{Anchor, Calibration},
    },
};

/// Where finished spans go. Runs on the background thread and must never block.
pub(crate) trait Sink: Send {
    /// Takes one finished span.
    fn accept(&mut self, span: &SpanView<'_>);

    /// A pass has ended: hand over what is due by `now`.
    fn end_pass(&mut self, now: Instant);

    /// Hands over everything; the caller of `flush` waits for what comes back, not this thread.
    fn flush(&mut self) -> Pending;

    /// Hands over everything, and takes nothing more.
    fn shutdown(&mut self) -> Pending;
}

/// Waits until everything handed over has been delivered or dropped, or until the deadline.
///
/// `true`: done.
pub(crate) type Pending = Box<dyn FnOnce(Instant) -> bool + Send>;

/// Sites by index, without a lock for each span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sites(Vec<&'static Site>);

impl Sites {
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

/// Where spans go that have ended.
struct Out {
    exporters: Exporters,
    /// Holds what the sampler turned down.
    tail: Option<Tail>,
    #[cfg(feature = "file")]
    flight: Option<Flight>,
}

/// The way to the exporters.
struct Exporters {
    views: Views,
    sinks: Vec<Box<dyn Sink>>,
    recorder: &'static Recorder,
}

/// What turns records into views.
struct Views {
    sites: Sites,
    anchor: Anchor,
    limits: Limits,
}

impl Drain {
    pub(crate) fn new(recorder: &'static Recorder, sinks: Vec<Box<dyn Sink>>) -> Self {
        let memory = recorder.settings.memory;
        let views = Views {
            sites: Sites::default(),
            anchor: Anchor::IDENTITY,
            limits: recorder.settings.limits,
        };
        let tail = recorder.settings.tail_bias.map(|bias| Tail::new(bias, memory.tail_bytes()));
        Self {
            recorder,
            readers: Vec::new(),
            live: Vec::new(),
            bytes: Vec::new(),
            joiner: Joiner::new(memory.table_bytes()),
            calibration: Calibration::start(),
            out: Out {
                exporters: Exporters { views, sinks, recorder },
                tail,
                #[cfg(feature = "file")]
                flight: recorder.settings.flight.map(Flight::new),
            },
            produced: 0,
        }
    }

    /// Reads everything published so far.
    pub(crate) fn pass(&mut self) {
        self.out.exporters.views.anchor = self.calibration.anchor();
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
        self.out.exporters.sinks.iter_mut().map(|sink| sink.flush()).collect()
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
        let Out { exporters, flight, .. } = &mut self.out;
        let Views { sites, anchor, limits } = &mut exporters.views;
        // Of a running span nothing has been handed out yet.
        site::list(&mut sites.0);
        Snapshot {
            segments: flight.as_ref().map(Flight::segments).unwrap_or_default(),
            running: self.joiner.running().collect(),
            sites: sites.clone(),
            anchor: *anchor,
            limits: *limits,
            now: time::ticks(),
        }
    }

    /// Whether a pass is due soon even if nothing is recorded.
    pub(crate) fn is_waiting(&self) -> bool {
        self.out.tail.as_ref().is_some_and(Tail::is_waiting)
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

impl Out {
    /// A span has begun and still runs.
    fn begin(&mut self, record: &Record<'_>, trace: &TraceHead) {
        if let Some(tail) = &mut self.tail
            && trace.root != 0
            && complete::is_root(record)
        {
            tail.begin(trace, &mut self.exporters);
        }
    }

    #[inline]
    fn deliver(&mut self, span: &Complete<'_>) {
        let sites = &mut self.exporters.views.sites.0;
        if sites.len() < site::registered() {
            site::list(sites);
        }
        if span.discarded {
            return self.discard(span);
        }
        if span.trace.scope != 0 {
            return self.exporters.collect(span);
        }
        #[cfg(feature = "file")]
        if let Some(flight) = &mut self.flight {
            flight.record(span, &self.exporters.recorder.flight);
        }
        if span.trace.root != 0 {
            return self.hold(span);
        }
        self.exporters.export(span);
    }

    #[cold]
    #[inline(never)]
    fn discard(&mut self, span: &Complete<'_>) {
        self.exporters.recorder.losses.add(LossReason::Discarded, 1);
        if let Some(tail) = &mut self.tail
            && span.trace.root != 0
        {
            tail.discard(span);
        }
    }

    /// A span of a trace that the sampler turned down.
    #[inline(never)]
    fn hold(&mut self, span: &Complete<'_>) {
        let Self { exporters, tail, .. } = self;
        exporters.recorder.tentative.count_ended();
        match tail {
            Some(tail) => {
                let anchor = exporters.views.anchor;
                tail.accept(span, |ticks| anchor.nanos(ticks), exporters);
            }
            None => exporters.drop_unwanted(1),
        }
    }

    fn end_pass(&mut self, now: Instant) {
        let Self { exporters, tail, .. } = self;
        if let Some(tail) = tail {
            tail.end_pass(exporters);
        }
        exporters.sinks.iter_mut().for_each(|sink| sink.end_pass(now));
    }

    fn shut_down(&mut self) -> Vec<Pending> {
        let Self { exporters, tail, .. } = self;
        if let Some(tail) = tail {
            tail.shut_down(exporters);
        }
        exporters.sinks.iter_mut().map(|sink| sink.shutdown()).collect()
    }
}

impl Exporters {
    #[inline]
    fn export(&mut self, span: &Complete<'_>) {
        let Self { views, sinks, recorder } = self;
        if sinks.is_empty() {
            recorder.count_unexported();
            return;
        }
        if let Some(view) = span.view(&views.sites, &views.anchor, &views.limits) {
            recorder.count_handed_over();
            sinks.iter_mut().for_each(|sink| sink.accept(&view));
        }
    }

    /// Gives a span to its scope instead.
    fn collect(&self, span: &Complete<'_>) {
        self.recorder.count_unexported();
        let Some(scope) = scope::find(span.trace.scope) else { return };
        let anchor = if scope.has_mock_clock() { Anchor::IDENTITY } else { self.views.anchor };
        let limits = scope.limits();
        if let Some(view) = span.view(&self.views.sites, &anchor, &limits) {
            Arc::as_ref(&scope).collect(&view);
        }
    }
}

impl Outlet for Exporters {
    fn keep(&mut self, span: &Complete<'_>) {
        self.recorder.tentative.count_kept();
        self.export(span);
    }

    fn drop_unwanted(&mut self, spans: u64) {
        self.recorder.tentative.count_not_kept(spans);
    }

    fn lose(&mut self, spans: u64) {
        self.recorder.losses.add(LossReason::TailMemoryFull, spans);
    }
}
