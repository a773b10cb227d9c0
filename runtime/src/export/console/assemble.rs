//! Collects the spans of a trace until it can be shown.
//!
//! Children arrive before their parents. A trace is shown when its local root has arrived and no
//! span lacks its parent. One that stays incomplete for a second is shown as far as it has come,
//! and so are the oldest when all together hold too much memory; what comes of them later says
//! that it belongs to a trace that was shown before.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    time::{Duration, Instant},
};

use crate::trace::{
    SpanData,
    id::{SpanId, TraceId},
};

const PATIENCE: Duration = Duration::from_secs(1);
/// So many shown traces are remembered, to recognise their stragglers.
const MOST_REMEMBERED: usize = 256;
/// What the two sets of a trace hold for a span.
const SETS_BYTES: usize = 32;

/// A trace, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) spans: Vec<SpanData>,
    /// A part of it was shown before.
    pub(super) is_continued: bool,
}

#[derive(Debug)]
pub(super) struct Assembler {
    traces: HashMap<TraceId, Gathering>,
    shown: VecDeque<TraceId>,
    bytes: usize,
    budget: usize,
    /// Spans taken so far: the age of what was taken last.
    taken: u64,
}

#[derive(Debug, Default)]
struct Gathering {
    trace: Trace,
    known: HashSet<SpanId>,
    /// Parents of spans that are here which are not here themselves.
    missing: HashSet<SpanId>,
    has_root: bool,
    bytes: usize,
    /// The number of the last span that came.
    age: u64,
    is_new: bool,
    last: Option<Instant>,
}

impl Gathering {
    fn is_complete(&self) -> bool {
        self.has_root && self.missing.is_empty()
    }
}

impl Assembler {
    /// An assembler that holds no more than `budget` bytes, and one span.
    pub(super) fn new(budget: usize) -> Self {
        Self { traces: HashMap::new(), shown: VecDeque::new(), bytes: 0, budget, taken: 0 }
    }

    /// Takes a span; returns what must be shown early to make room for it.
    pub(super) fn add(&mut self, span: SpanData) -> Vec<Trace> {
        let bytes = span.bytes() + SETS_BYTES;
        let gathering = self.traces.entry(span.trace_id).or_insert_with(|| Gathering {
            trace: Trace { is_continued: self.shown.contains(&span.trace_id), ..Trace::default() },
            ..Gathering::default()
        });
        gathering.missing.remove(&span.span_id);
        gathering.known.insert(span.span_id);
        match span.parent_span_id {
            Some(parent) if !span.parent_is_remote => {
                if !gathering.known.contains(&parent) {
                    gathering.missing.insert(parent);
                }
            }
            _ => gathering.has_root = true,
        }
        self.taken += 1;
        gathering.age = self.taken;
        gathering.is_new = true;
        gathering.bytes += bytes;
        gathering.trace.spans.push(span);
        self.bytes += bytes;
        if self.bytes > self.budget { self.make_room() } else { Vec::new() }
    }

    /// Takes out what can be shown by now.
    pub(super) fn ready(&mut self, now: Instant) -> Vec<Trace> {
        let mut ready = Vec::new();
        for (id, gathering) in &mut self.traces {
            if mem::take(&mut gathering.is_new) {
                gathering.last = Some(now);
            }
            let waited = gathering.last.map(|last| now.saturating_duration_since(last));
            if gathering.is_complete() || waited >= Some(PATIENCE) {
                ready.push((gathering.age, *id));
            }
        }
        self.take(ready)
    }

    /// Takes out everything.
    pub(super) fn all(&mut self) -> Vec<Trace> {
        let all = self.ages();
        self.take(all)
    }

    /// Takes out the oldest, a quarter of all: one at a time would mean a search for each span.
    #[cold]
    fn make_room(&mut self) -> Vec<Trace> {
        let mut ages = self.ages();
        ages.sort_unstable();
        let mut left = self.bytes;
        let enough = self.budget - self.budget / 4;
        ages.retain(|(_, id)| {
            let leaves = left > enough;
            if leaves {
                left -= self.traces.get(id).map_or(0, |gathering| gathering.bytes);
            }
            leaves
        });
        self.take(ages)
    }

    fn ages(&self) -> Vec<(u64, TraceId)> {
        self.traces.iter().map(|(id, gathering)| (gathering.age, *id)).collect()
    }

    /// Takes out these, the oldest first.
    fn take(&mut self, mut ids: Vec<(u64, TraceId)>) -> Vec<Trace> {
        ids.sort_unstable();
        ids.into_iter()
            .filter_map(|(_, id)| {
                let gathering = self.traces.remove(&id)?;
                self.bytes -= gathering.bytes;
                if !gathering.trace.is_continued {
                    self.shown.truncate(MOST_REMEMBERED - 1);
                    self.shown.push_front(id);
                }
                Some(gathering.trace)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{site::Site, trace::record::fixture::SpanBuilder};

    static SITE: Site = Site::block("step", "shop");
    const ROOMY: usize = 1 << 20;

    fn span(id: u64, parent: Option<u64>) -> SpanData {
        let builder = SpanBuilder::new(&SITE, 7, id);
        let builder = match parent {
            Some(parent) => builder.parent(parent, false),
            None => builder,
        };
        builder.view(|view| SpanData::from(view))
    }

    #[test]
    fn a_trace_is_shown_when_its_root_and_all_parents_are_there() {
        let (mut assembler, now) = (Assembler::new(ROOMY), Instant::now());
        assembler.add(span(3, Some(2)));
        assert!(assembler.ready(now).is_empty());
        assembler.add(span(1, None));
        assert!(assembler.ready(now).is_empty(), "span 2 is missing");
        assembler.add(span(2, Some(1)));
        assert_eq!(assembler.ready(now)[0].spans.len(), 3);
        assert_eq!(assembler.bytes, 0);
    }

    #[test]
    fn a_remote_parent_is_not_waited_for() {
        let (mut assembler, now) = (Assembler::new(ROOMY), Instant::now());
        let root = SpanBuilder::new(&SITE, 7, 1).parent(99, true);
        assembler.add(root.view(|view| SpanData::from(view)));
        assert_eq!(assembler.ready(now).len(), 1);
    }

    #[test]
    fn a_trace_that_stays_incomplete_is_shown_a_second_after_its_last_span() {
        let (mut assembler, now) = (Assembler::new(ROOMY), Instant::now());
        assembler.add(span(3, Some(2)));
        assert!(assembler.ready(now).is_empty());
        assembler.add(span(4, Some(2)));
        let later = now + PATIENCE / 2;
        assert!(assembler.ready(later).is_empty());
        assert!(assembler.ready(now + PATIENCE).is_empty());
        assert_eq!(assembler.ready(later + PATIENCE).len(), 1);
    }

    #[test]
    fn what_comes_after_its_trace_was_shown_says_so() {
        let (mut assembler, now) = (Assembler::new(ROOMY), Instant::now());
        assembler.add(span(1, None));
        assert!(!assembler.ready(now)[0].is_continued);
        assembler.add(span(2, Some(1)));
        let shown = assembler.all();
        assert!(shown[0].is_continued);
        assert_eq!(assembler.shown.len(), 1);
    }

    #[test]
    fn only_so_many_shown_traces_are_remembered() {
        let mut assembler = Assembler::new(ROOMY);
        for trace in 1..1_000 {
            let root = SpanBuilder::new(&SITE, trace, 1);
            assembler.add(root.view(|view| SpanData::from(view)));
            assembler.all();
        }
        assert_eq!(assembler.shown.len(), MOST_REMEMBERED);
    }

    #[test]
    fn memory_is_bounded_between_passes_and_counts_texts() {
        let budget = 1 << 20;
        let mut assembler = Assembler::new(budget);
        let (mut early, mut most) = (0, 0);
        for id in 2..2_002 {
            let text = "x".repeat(4_000);
            // Forty traces whose roots never come.
            let builder = SpanBuilder::new(&SITE, u128::from(id % 40 + 1), id).parent(1, false);
            let span = builder.attribute("sql", &text).view(|view| SpanData::from(view));
            early += assembler.add(span).iter().map(|trace| trace.spans.len()).sum::<usize>();
            let held = assembler.traces.values().flat_map(|one| &one.trace.spans);
            most = most.max(held.map(SpanData::bytes).sum());
        }
        assert!(most <= budget && most > budget / 2, "{most}");
        let late = assembler.all().iter().map(|trace| trace.spans.len()).sum::<usize>();
        assert_eq!(early + late, 2_000, "every span is shown once");
    }
}
