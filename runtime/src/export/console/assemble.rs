//! Collects the spans of a trace until it can be shown.
//!
//! Children arrive before their parents. A trace is shown when its local root has arrived and no
//! span lacks its parent; one that stays incomplete for a second is shown as far as it has come,
//! and so is the oldest when all together hold too much memory.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use crate::trace::{SpanData, id::TraceId};

const PATIENCE: Duration = Duration::from_secs(1);
/// What a span costs beyond its attributes.
const SPAN_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct Assembler {
    traces: HashMap<TraceId, Trace>,
    bytes: usize,
    budget: usize,
}

#[derive(Debug, Default)]
struct Trace {
    spans: Vec<SpanData>,
    bytes: usize,
    has_root: bool,
    is_new: bool,
    last: Option<Instant>,
}

impl Trace {
    fn is_complete(&self) -> bool {
        if !self.has_root {
            return false;
        }
        let ids: HashSet<_> = self.spans.iter().map(|span| span.span_id).collect();
        self.spans.iter().all(|span| {
            span.parent_is_remote || span.parent_span_id.is_none_or(|parent| ids.contains(&parent))
        })
    }
}

impl Assembler {
    pub(super) fn new(budget: usize) -> Self {
        Self { traces: HashMap::new(), bytes: 0, budget }
    }

    /// Takes a span.
    pub(super) fn add(&mut self, span: SpanData) {
        let bytes = SPAN_BYTES + span.attributes.len() * 64 + span.events.len() * 256;
        let trace = self.traces.entry(span.trace_id).or_default();
        trace.has_root |= span.parent_span_id.is_none() || span.parent_is_remote;
        trace.is_new = true;
        trace.bytes += bytes;
        trace.spans.push(span);
        self.bytes += bytes;
    }

    /// Takes out what can be shown by now.
    pub(super) fn ready(&mut self, now: Instant) -> Vec<Vec<SpanData>> {
        let mut ready = Vec::new();
        for (id, trace) in &mut self.traces {
            if std::mem::take(&mut trace.is_new) {
                trace.last = Some(now);
            }
            let waited =
                trace.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
            if waited >= PATIENCE || trace.is_complete() {
                ready.push((trace.last, *id));
            }
        }
        ready.sort();
        let mut traces: Vec<_> = ready.into_iter().filter_map(|(_, id)| self.take(id)).collect();
        while self.bytes > self.budget {
            let oldest = self.traces.iter().min_by_key(|(_, trace)| trace.last).map(|(id, _)| *id);
            let Some(spans) = oldest.and_then(|id| self.take(id)) else { break };
            traces.push(spans);
        }
        traces
    }

    /// Takes out everything.
    pub(super) fn all(&mut self) -> Vec<Vec<SpanData>> {
        let mut ids: Vec<_> = self.traces.iter().map(|(id, trace)| (trace.last, *id)).collect();
        ids.sort();
        ids.into_iter().filter_map(|(_, id)| self.take(id)).collect()
    }

    fn take(&mut self, id: TraceId) -> Option<Vec<SpanData>> {
        let trace = self.traces.remove(&id)?;
        self.bytes -= trace.bytes;
        Some(trace.spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{site::Site, trace::record::fixture::SpanBuilder};

    static SITE: Site = Site::block("step", "shop");

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
        let (mut assembler, now) = (Assembler::new(1 << 20), Instant::now());
        assembler.add(span(3, Some(2)));
        assert!(assembler.ready(now).is_empty());
        assembler.add(span(1, None));
        assert!(assembler.ready(now).is_empty(), "span 2 is missing");
        assembler.add(span(2, Some(1)));
        assert_eq!(assembler.ready(now)[0].len(), 3);
        assert_eq!(assembler.bytes, 0);
    }

    #[test]
    fn a_trace_that_stays_incomplete_is_shown_after_a_second() {
        let (mut assembler, now) = (Assembler::new(1 << 20), Instant::now());
        assembler.add(span(3, Some(2)));
        assert!(assembler.ready(now).is_empty());
        assert!(assembler.ready(now + PATIENCE / 2).is_empty());
        assert_eq!(assembler.ready(now + PATIENCE).len(), 1);
    }

    #[test]
    fn too_much_at_once_is_shown_early() {
        let (mut assembler, now) = (Assembler::new(SPAN_BYTES), Instant::now());
        assembler.add(span(2, Some(1)));
        assembler.add(span(3, Some(1)));
        assert_eq!(assembler.ready(now)[0].len(), 2);
    }
}
