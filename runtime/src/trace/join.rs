//! Puts the records of a span together again.
//!
//! Most spans arrive whole, in one record. The others wait here: those that still run, and those
//! about which more was recorded than their first record holds. The table is bounded in bytes.

use std::collections::HashMap;

use super::{
    loss::{LossReason, Losses},
    record::{
        read::Record,
        view::{SpanView, TraceHead},
    },
};
use crate::outcome::Outcome;

/// What a waiting span costs beyond its records: the table's entry and the allocator's rounding.
const OVERHEAD: usize = 224;

/// A span of which not all is known yet.
#[derive(Debug, Default)]
struct Waiting {
    /// Its Span record; empty as long as only later records have been seen.
    head: Vec<u8>,
    extras: Vec<u8>,
    trace: TraceHead,
    end: Option<End>,
    discarded: bool,
    /// The pass that created or ended it.
    pass: u64,
}

#[derive(Clone, Copy, Debug)]
struct End {
    tick: u64,
    outcome: Outcome,
    /// Other threads may have recorded about it: wait one pass more for what they wrote.
    linger: bool,
}

/// The table of waiting spans.
#[derive(Debug)]
pub(crate) struct Joiner {
    waiting: HashMap<u64, Waiting>,
    /// Spans to look at when the pass ends.
    due: Vec<u64>,
    bytes: usize,
    budget: usize,
    pass: u64,
}

impl Joiner {
    pub(crate) fn new(budget: usize) -> Self {
        Self { waiting: HashMap::new(), due: Vec::new(), bytes: 0, budget, pass: 0 }
    }

    /// Spans that have begun and not ended.
    pub(crate) fn running(&self) -> usize {
        self.waiting.values().filter(|span| !span.head.is_empty() && span.end.is_none()).count()
    }

    /// Whether the span waits for its end.
    pub(crate) fn awaits(&self, span: u64) -> bool {
        self.waiting.get(&span).is_some_and(|waiting| waiting.end.is_none())
    }

    /// Takes the record of a span that still runs; `false`: the table is full, the span is lost.
    pub(crate) fn begin(
        &mut self,
        record: &Record<'_>,
        trace: &TraceHead,
        losses: &Losses,
    ) -> bool {
        let cost = record.bytes.len() + trace.state.len();
        if self.bytes + cost + OVERHEAD > self.budget {
            losses.add(LossReason::SpanTableFull, 1);
            self.forget(record.span());
            return false;
        }
        self.bytes += cost;
        let waiting = self.entry(record.span());
        waiting.head = record.bytes.to_vec();
        waiting.trace.clone_from(trace);
        true
    }

    /// Takes a further record; dropped when the table is full.
    pub(crate) fn extra(&mut self, record: &Record<'_>) {
        if self.bytes + record.bytes.len() + OVERHEAD > self.budget {
            return;
        }
        self.bytes += record.bytes.len();
        self.entry(record.span()).extras.extend_from_slice(record.bytes);
    }

    /// The span shall not be exported.
    pub(crate) fn discard(&mut self, span: u64) {
        self.entry(span).discarded = true;
    }

    /// The span has ended.
    pub(crate) fn end(&mut self, span: u64, tick: u64, outcome: Outcome, linger: bool) {
        let pass = self.pass;
        let waiting = self.entry(span);
        waiting.end = Some(End { tick, outcome, linger });
        waiting.pass = pass;
        self.due.push(span);
    }

    /// The entry of a span; a new one is looked at when the pass ends, for it may lack a head.
    fn entry(&mut self, span: u64) -> &mut Waiting {
        let (bytes, due, pass) = (&mut self.bytes, &mut self.due, self.pass);
        self.waiting.entry(span).or_insert_with(|| {
            *bytes += OVERHEAD;
            due.push(span);
            Waiting { pass, ..Waiting::default() }
        })
    }

    /// Ends a pass: hands out what is complete and forgets what nobody will ever complete.
    pub(crate) fn end_pass(&mut self, losses: &Losses, mut finished: impl FnMut(Complete<'_>)) {
        let pass = self.pass;
        self.pass += 1;
        for span in std::mem::take(&mut self.due) {
            // A span may be due twice; the second time it is gone.
            let Some(waiting) = self.waiting.get(&span) else { continue };
            let is_new = waiting.pass == pass;
            match waiting.end {
                // Records of one pass are read thread by thread: another thread's may come next.
                Some(End { linger: true, .. }) if is_new => self.due.push(span),
                Some(end) if !waiting.head.is_empty() => {
                    if waiting.discarded {
                        losses.add(LossReason::Discarded, 1);
                    } else {
                        finished(Complete {
                            head: &waiting.head,
                            extras: &waiting.extras,
                            trace: &waiting.trace,
                            tick: end.tick,
                            outcome: end.outcome,
                        });
                    }
                    self.forget(span);
                }
                // The head of a span is published before anything else about it, so it is here
                // by the next pass, or was refused.
                _ if waiting.head.is_empty() && is_new => self.due.push(span),
                _ if waiting.head.is_empty() => self.forget(span),
                _ => {}
            }
        }
    }

    fn forget(&mut self, span: u64) {
        if let Some(waiting) = self.waiting.remove(&span) {
            let cost = waiting.head.len() + waiting.extras.len() + waiting.trace.state.len();
            self.bytes = self.bytes.saturating_sub(cost + OVERHEAD);
        }
    }
}

/// The records of a span that has ended.
pub(crate) struct Complete<'a> {
    head: &'a [u8],
    extras: &'a [u8],
    pub(crate) trace: &'a TraceHead,
    tick: u64,
    outcome: Outcome,
}

impl<'a> Complete<'a> {
    /// A span that came whole in one record.
    pub(crate) fn whole(
        record: &Record<'a>,
        trace: &'a TraceHead,
        tick: u64,
        outcome: Outcome,
    ) -> Self {
        Self { head: record.bytes, extras: &[], trace, tick, outcome }
    }

    /// The span as exporters see it; `None` if its site is not known.
    pub(crate) fn view(
        &self,
        sites: &'a super::drain::Sites,
        anchor: &'a crate::time::anchor::Anchor,
        limits: &'a super::Limits,
    ) -> Option<SpanView<'a>> {
        let (head, _) = Record::take(self.head)?;
        Some(SpanView {
            site: sites.get(head.aux())?,
            head,
            extras: self.extras,
            trace: self.trace,
            end_tick: self.tick,
            outcome: self.outcome,
            anchor,
            limits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::record::layout::{Kind, head},
        *,
    };

    const SPAN: u64 = 7;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn begin(joiner: &mut Joiner, losses: &Losses) -> bool {
        let words = bytes(&[head(Kind::SPAN, 0, 5, 0), SPAN, 0, 100, 0]);
        let (record, _) = Record::take(&words).unwrap();
        joiner.begin(&record, &TraceHead::default(), losses)
    }

    fn extra(joiner: &mut Joiner) {
        let words = bytes(&[head(Kind::ATTRS, 0, 2, 0), SPAN]);
        let (record, _) = Record::take(&words).unwrap();
        joiner.extra(&record);
    }

    fn finished(joiner: &mut Joiner, losses: &Losses) -> Vec<(u64, usize)> {
        let mut finished = Vec::new();
        joiner.end_pass(losses, |span| finished.push((span.tick, span.extras.len())));
        finished
    }

    #[test]
    fn whatever_order_a_pass_reads_a_span_is_handed_out_once_and_forgotten() {
        type Step = fn(&mut Joiner, &Losses);
        let steps: [Step; 3] = [
            |joiner, losses| assert!(begin(joiner, losses)),
            |joiner, _| extra(joiner),
            |joiner, _| joiner.end(SPAN, 200, Outcome::Ok, false),
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
            order.iter().for_each(|step| steps[*step](&mut joiner, &losses));
            assert_eq!(finished(&mut joiner, &losses), [(200, 16)], "{order:?}");
            assert_eq!((joiner.bytes, joiner.waiting.len()), (0, 0), "{order:?}");
        }
    }

    #[test]
    fn an_end_waits_one_pass_for_its_head() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        joiner.end(SPAN, 200, Outcome::Ok, false);
        assert_eq!(finished(&mut joiner, &losses), []);
        assert!(begin(&mut joiner, &losses));
        assert_eq!(finished(&mut joiner, &losses), [(200, 0)]);
        assert_eq!(joiner.bytes, 0);
    }

    #[test]
    fn an_end_whose_head_never_comes_is_forgotten() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        joiner.end(SPAN, 200, Outcome::Ok, false);
        assert_eq!(finished(&mut joiner, &losses), []);
        assert_eq!(finished(&mut joiner, &losses), []);
        assert_eq!((joiner.bytes, joiner.waiting.len()), (0, 0));
    }

    #[test]
    fn a_shared_span_waits_one_pass_for_other_threads() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(begin(&mut joiner, &losses));
        joiner.end(SPAN, 200, Outcome::Ok, true);
        assert_eq!(finished(&mut joiner, &losses), []);
        extra(&mut joiner);
        assert_eq!(finished(&mut joiner, &losses), [(200, 16)]);
    }

    #[test]
    fn a_full_table_loses_the_span_and_says_so() {
        let (mut joiner, losses) = (Joiner::new(100), Losses::new());
        assert!(!begin(&mut joiner, &losses));
        assert_eq!(losses.of(LossReason::SpanTableFull), 1);
        assert_eq!(joiner.bytes, 0);
    }

    #[test]
    fn a_discarded_span_is_counted_and_not_handed_out() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(begin(&mut joiner, &losses));
        joiner.discard(SPAN);
        joiner.end(SPAN, 200, Outcome::Ok, false);
        assert_eq!(finished(&mut joiner, &losses), []);
        assert_eq!(losses.of(LossReason::Discarded), 1);
    }
}
