//! The flight recorder's memory: the latest spans, whatever the sampler said about them.
//!
//! Spans are kept as their records, one behind the other in segments; the oldest segment goes when
//! a new one is due. Full segments never change, so a snapshot shares them instead of copying them,
//! and whoever writes it out takes no time from the background thread. What is shared when its turn
//! comes to go is freed by its last reader: for as long as a dump is being written, memory can
//! reach twice the bound.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use super::{
    complete::Complete,
    drain::Sites,
    limits::Limits,
    record::{
        layout::{self, KEY_INLINE, Kind, Tag},
        read::word,
        view::{SpanView, TraceHead},
    },
};
use crate::{outcome::Outcome, time::anchor::Anchor};

const SEGMENTS: usize = 16;
const MOST_SEGMENT_BYTES: usize = 256 * 1024;
/// The fixed words in front of a trace's state.
const TRACE_HEAD: usize = 24;

/// The latest spans.
#[derive(Debug)]
pub(crate) struct Flight {
    /// The oldest first.
    full: VecDeque<Arc<Segment>>,
    current: Segment,
    /// The trace of the last span of the current segment.
    trace: Option<TraceHead>,
    /// Bytes of the full segments.
    bytes: usize,
    /// Spans in the full segments.
    spans: u64,
    budget: usize,
}

/// Items, one behind the other: traces, each followed by spans of it.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    items: Vec<u8>,
    spans: u64,
}

/// What the flight recorder holds; the background thread counts, others read.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    seen: AtomicU64,
    held: AtomicU64,
    bytes: AtomicU64,
}

impl Flight {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            full: VecDeque::new(),
            current: Segment::default(),
            trace: None,
            bytes: 0,
            spans: 0,
            budget,
        }
    }

    /// Takes a span that has ended; one that is larger than a quarter of the memory is only counted.
    pub(crate) fn record(&mut self, span: &Complete<'_>, counts: &Counts) {
        let same = self.trace.as_ref() == Some(span.trace);
        let needed = span.kept_bytes() + TRACE_HEAD + span.trace.state.len();
        if needed <= self.budget / 4 {
            let free = self.current.items.capacity() - self.current.items.len();
            if needed > free {
                self.next_segment(needed);
            }
            if needed > free || !same {
                self.current.put_trace(span.trace);
                // Nearly always there is no state, and so nothing to allocate.
                self.trace.get_or_insert_default().clone_from(span.trace);
            }
            span.write(|bytes| self.current.items.extend_from_slice(bytes));
            self.current.spans += 1;
        }
        counts.held.store(self.spans + self.current.spans, Relaxed);
        counts.bytes.store((self.bytes + self.current.items.capacity()) as u64, Relaxed);
        counts.seen.store(counts.seen.load(Relaxed) + 1, Release);
    }

    /// Begins a segment with room for so many bytes.
    fn next_segment(&mut self, needed: usize) {
        let capacity = (self.budget / SEGMENTS).min(MOST_SEGMENT_BYTES).max(needed);
        let full = std::mem::take(&mut self.current);
        if full.spans != 0 {
            self.bytes += full.items.capacity();
            self.spans += full.spans;
            self.full.push_back(Arc::new(full));
        }
        let mut used_again = None;
        while self.bytes + capacity > self.budget
            && let Some(oldest) = self.full.pop_front()
        {
            self.bytes -= oldest.items.capacity();
            self.spans -= oldest.spans;
            used_again = Arc::try_unwrap(oldest).ok();
        }
        self.current = match used_again {
            Some(Segment { mut items, .. }) if items.capacity() == capacity => {
                items.clear();
                Segment { items, spans: 0 }
            }
            _ => Segment { items: Vec::with_capacity(capacity), spans: 0 },
        };
    }

    /// The segments as they are now.
    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        let current = Segment { items: self.current.items.clone(), spans: self.current.spans };
        self.full.iter().map(Arc::clone).chain([Arc::new(current)]).collect()
    }
}

impl Segment {
    /// The low byte of the first word is 0, which that of a span never is.
    fn put_trace(&mut self, trace: &TraceHead) {
        let first = (trace.state.len() as u64) << 32 | u64::from(trace.flags) << 8;
        let words = [first, (trace.id >> 64) as u64, trace.id as u64];
        words.iter().for_each(|word| self.items.extend_from_slice(&word.to_ne_bytes()));
        self.items.extend_from_slice(trace.state.as_bytes());
    }

    fn each(&self, mut show: impl FnMut(&Complete<'_>)) {
        let mut trace = TraceHead::default();
        let mut rest = &*self.items;
        while let Some(first) = word(rest, 0) {
            if first as u8 == 0 {
                let Some(after) = read_trace(first, rest, &mut trace) else { return };
                rest = after;
            } else {
                let Some((span, after)) = Complete::read(rest, &trace) else { return };
                show(&span);
                rest = after;
            }
        }
    }
}

fn read_trace<'a>(first: u64, item: &'a [u8], trace: &mut TraceHead) -> Option<&'a [u8]> {
    trace.id = u128::from(word(item, 1)?) << 64 | u128::from(word(item, 2)?);
    trace.flags = (first >> 8) as u8;
    let (state, rest) = item.get(TRACE_HEAD..)?.split_at_checked((first >> 32) as usize)?;
    trace.state.clear();
    trace.state.push_str(str::from_utf8(state).unwrap_or_default());
    Some(rest)
}

impl Counts {
    /// Spans that were taken so far, and of them those held now, and the memory for them.
    pub(crate) fn read(&self) -> (u64, u64, u64) {
        (self.seen.load(Acquire), self.held.load(Relaxed), self.bytes.load(Relaxed))
    }
}

/// A span that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) head: Vec<u8>,
    pub(crate) extras: Vec<u8>,
    pub(crate) trace: TraceHead,
}

/// What the flight recorder knows at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) running: Vec<Running>,
    pub(crate) sites: Sites,
    pub(crate) anchor: Anchor,
    pub(crate) limits: Limits,
    /// The tick of the moment.
    pub(crate) now: u64,
}

impl Snapshot {
    /// Shows each span: those that have ended in the order of their ends, then those that run.
    ///
    /// One that runs ends now, and says that this is not true by `spandrel.unfinished`.
    pub(crate) fn each(&self, mut show: impl FnMut(&SpanView<'_>)) {
        let mut show = |span: &Complete<'_>| {
            if let Some(view) = span.view(&self.sites, &self.anchor, &self.limits) {
                show(&view);
            }
        };
        self.segments.iter().for_each(|segment| segment.each(&mut show));
        for running in &self.running {
            let mut extras = running.extras.clone();
            put_unfinished(&running.head, &mut extras);
            show(&Complete {
                head: &running.head,
                extras: &extras,
                trace: &running.trace,
                tick: self.now,
                outcome: Outcome::Ok,
                discarded: false,
            });
        }
    }
}

/// Appends a record that sets the attribute.
fn put_unfinished(head: &[u8], extras: &mut Vec<u8>) {
    const KEY: &str = "spandrel.unfinished";
    const KEY_WORDS: usize = layout::text_words(KEY.len());
    let mut words = [0; KEY_WORDS + 4];
    words[0] = layout::head(Kind::ATTRS, 0, words.len(), 0);
    words[1] = word(head, 1).unwrap_or_default();
    words[2] = layout::attribute(KEY_INLINE, Tag::KEY, KEY_WORDS, KEY.len() as u32);
    for (word, text) in words[3..].iter_mut().zip(KEY.as_bytes().chunks(8)) {
        let mut padded = [0; 8];
        padded[..text.len()].copy_from_slice(text);
        *word = u64::from_ne_bytes(padded);
    }
    words[KEY_WORDS + 3] = layout::attribute(KEY_INLINE, Tag::BOOL, 0, 1);
    words.iter().for_each(|word| extras.extend_from_slice(&word.to_ne_bytes()));
}

#[cfg(test)]
mod tests;
