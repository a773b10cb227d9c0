//! Puts the records of a span together again.
//!
//! Most spans arrive whole, in one record. The others wait here: those that still run, and those
//! about which more was recorded than their first record holds. The table is bounded in bytes.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    mem,
};

#[cfg(feature = "file")]
use super::flight::Running;
use super::{
    complete::Complete,
    loss::{LossReason, Losses},
    record::{read::Record, view::TraceHead},
};
use crate::outcome::Outcome;

/// What a waiting span costs beyond its records: the table's entry and the allocator's rounding.
const OVERHEAD: usize = 224;

/// The part of the table that is for the memory of spans that are gone: others get it, of which
/// thousands come with each pass.
const SPARE_PART: usize = 8;
/// What one of them may leave, so that a small span does not get the memory of a large one.
const MOST_SPARE_BYTES: usize = 1_024;

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
    /// Its part of the table's bytes.
    cost: usize,
}

impl Waiting {
    /// What it takes, the state of its trace aside.
    fn memory(&self) -> usize {
        OVERHEAD + self.head.capacity() + self.extras.capacity()
    }

    /// Nothing but the memory.
    fn emptied(mut self) -> Self {
        self.head.clear();
        self.extras.clear();
        Self { head: self.head, extras: self.extras, ..Self::default() }
    }
}

/// How a span ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) tick: u64,
    pub(crate) outcome: Outcome,
    /// More was recorded about it, perhaps by other threads: wait one pass for what they wrote.
    pub(crate) linger: bool,
}

/// The table of waiting spans.
#[derive(Debug)]
pub(crate) struct Joiner {
    waiting: HashMap<u64, Waiting, BuildHasherDefault<OwnId>>,
    /// What was waiting, for its memory.
    spares: Vec<Waiting>,
    spare_bytes: usize,
    most_spare_bytes: usize,
    /// Spans to look at when the pass ends.
    due: Vec<u64>,
    bytes: usize,
    budget: usize,
    pass: u64,
}

/// The ids of our own spans are as good as random: they are their own hash, and nobody else chooses
/// them.
#[derive(Debug, Default)]
struct OwnId(u64);

impl Hasher for OwnId {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Joiner {
    pub(crate) fn new(budget: usize) -> Self {
        let most_spare_bytes = budget / SPARE_PART;
        Self {
            waiting: HashMap::default(),
            spares: Vec::new(),
            spare_bytes: 0,
            most_spare_bytes,
            due: Vec::new(),
            bytes: 0,
            budget: budget - most_spare_bytes,
            pass: 0,
        }
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
        finished: impl FnMut(Complete<'_>),
    ) -> bool {
        // A test that captures its spans would rather have them than the bound.
        let cost = if trace.scope == 0 { record.bytes.len() + trace.state.len() } else { 0 };
        if cost != 0 && self.bytes + cost + OVERHEAD > self.budget {
            losses.add(LossReason::SpanTableFull, 1);
            self.forget(record.span());
            return false;
        }
        let waiting = self.entry(record.span());
        let before = waiting.memory();
        waiting.head.clear();
        waiting.head.extend_from_slice(record.bytes);
        waiting.trace.clone_from(trace);
        if cost == 0 {
            let cost = mem::take(&mut waiting.cost);
            self.bytes -= cost;
        } else {
            let cost = waiting.memory() - before + trace.state.len();
            waiting.cost += cost;
            self.bytes += cost;
        }
        self.finish(record.span(), finished);
        true
    }

    /// Takes a further record; dropped when the table is full.
    pub(crate) fn extra(&mut self, record: &Record<'_>) {
        let known = self.waiting.get(&record.span());
        let bounded = known.is_none_or(|waiting| waiting.trace.scope == 0);
        let cost = if bounded { record.bytes.len() } else { 0 };
        if cost != 0 && self.bytes + cost + OVERHEAD > self.budget {
            return;
        }
        let waiting = self.entry(record.span());
        let before = waiting.memory();
        waiting.extras.extend_from_slice(record.bytes);
        if bounded {
            let cost = waiting.memory() - before;
            waiting.cost += cost;
            self.bytes += cost;
        }
    }

    /// The span shall not be exported.
    pub(crate) fn discard(&mut self, span: u64) {
        self.entry(span).discarded = true;
    }

    /// The span has ended; it lingers if more has been recorded about it than its first record.
    pub(crate) fn end(&mut self, span: u64, end: End, finished: impl FnMut(Complete<'_>)) {
        let pass = self.pass;
        let waiting = self.entry(span);
        waiting.end = Some(end);
        waiting.pass = pass;
        if end.linger {
            self.due.push(span);
        } else {
            self.finish(span, finished);
        }
    }

    /// Hands a span out if all about it is here, and nothing more can come.
    fn finish(&mut self, span: u64, mut finished: impl FnMut(Complete<'_>)) {
        let Some(waiting) = self.waiting.get(&span) else { return };
        let Some(end) = waiting.end else { return };
        if waiting.head.is_empty() || end.linger && waiting.pass == self.pass {
            return;
        }
        finished(Complete {
            head: &waiting.head,
            extras: &waiting.extras,
            trace: &waiting.trace,
            tick: end.tick,
            outcome: end.outcome,
            discarded: waiting.discarded,
        });
        self.forget(span);
    }

    /// The entry of a span; a new one is looked at when the pass ends, for it may lack a head.
    fn entry(&mut self, span: u64) -> &mut Waiting {
        let Self { waiting, spares, spare_bytes, due, bytes, pass, .. } = self;
        waiting.entry(span).or_insert_with(|| {
            due.push(span);
            let spare = spares.pop();
            *spare_bytes -= spare.as_ref().map_or(0, Waiting::memory);
            let spare = spare.unwrap_or_default();
            let cost = spare.memory();
            *bytes += cost;
            Waiting { pass: *pass, cost, ..spare }
        })
    }

    /// Ends a pass: hands out what has lingered and forgets what nobody will ever complete.
    pub(crate) fn end_pass(&mut self, mut finished: impl FnMut(Complete<'_>)) {
        for span in mem::take(&mut self.due) {
            // A span may be due twice; the second time it is gone.
            let Some(waiting) = self.waiting.get(&span) else { continue };
            let lingers = waiting.end.is_some_and(|end| end.linger);
            if waiting.pass == self.pass && (lingers || waiting.head.is_empty()) {
                // The records of one pass are read thread by thread: what is missing comes in the
                // next one, for the head of a span is published before anything else about it.
                self.due.push(span);
            } else if waiting.head.is_empty() {
                self.forget(span);
            } else {
                self.finish(span, &mut finished);
            }
        }
        self.pass += 1;
    }

    /// The program's spans that run, or whose last record is awaited.
    #[cfg(feature = "file")]
    pub(crate) fn running(&self) -> impl Iterator<Item = Running> {
        let waiting = self.waiting.values().filter(|waiting| {
            let running = waiting.end.is_none() && !waiting.discarded;
            running && !waiting.head.is_empty() && waiting.trace.scope == 0
        });
        waiting.map(|waiting| Running {
            head: waiting.head.clone(),
            extras: waiting.extras.clone(),
            trace: waiting.trace.clone(),
        })
    }

    fn forget(&mut self, span: u64) {
        let Some(waiting) = self.waiting.remove(&span) else { return };
        self.bytes -= waiting.cost;
        let memory = waiting.memory();
        let spare_bytes = self.spare_bytes + memory;
        if memory <= MOST_SPARE_BYTES && spare_bytes <= self.most_spare_bytes {
            self.spare_bytes = spare_bytes;
            self.spares.push(waiting.emptied());
        }
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
        joiner.begin(&record, &TraceHead::default(), losses, |_| {})
    }

    fn end(joiner: &mut Joiner) -> Vec<u64> {
        let mut finished = Vec::new();
        let end = End { tick: 200, outcome: Outcome::Ok, linger: false };
        joiner.end(SPAN, end, |span| finished.push(span.tick));
        finished
    }

    fn end_lingering(joiner: &mut Joiner) {
        let end = End { tick: 200, outcome: Outcome::Ok, linger: true };
        joiner.end(SPAN, end, |_| panic!("it lingers"));
    }

    fn extra(joiner: &mut Joiner) {
        let words = bytes(&[head(Kind::ATTRS, 0, 2, 0), SPAN]);
        let (record, _) = Record::take(&words).unwrap();
        joiner.extra(&record);
    }

    fn finished(joiner: &mut Joiner) -> Vec<(u64, usize)> {
        let mut finished = Vec::new();
        joiner.end_pass(|span| finished.push((span.tick, span.extras.len())));
        finished
    }

    #[test]
    fn whatever_order_a_pass_reads_a_span_is_handed_out_once_and_forgotten() {
        type Step = fn(&mut Joiner, &Losses);
        let steps: [Step; 3] = [
            |joiner, losses| assert!(begin(joiner, losses)),
            |joiner, _| extra(joiner),
            |joiner, _| end_lingering(joiner),
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
            order.iter().for_each(|step| steps[*step](&mut joiner, &losses));
            assert_eq!(finished(&mut joiner), [], "{order:?}");
            assert_eq!(finished(&mut joiner), [(200, 16)], "{order:?}");
            assert_eq!((joiner.bytes, joiner.waiting.len()), (0, 0), "{order:?}");
        }
    }

    #[test]
    fn a_span_without_further_records_is_handed_out_with_its_end() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(begin(&mut joiner, &losses));
        assert_eq!(end(&mut joiner), [200]);
        assert_eq!(finished(&mut joiner), []);
        assert_eq!((joiner.bytes, joiner.waiting.len()), (0, 0));
    }

    #[test]
    fn an_end_waits_for_its_head_into_the_next_pass() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(end(&mut joiner).is_empty());
        assert_eq!(finished(&mut joiner), []);
        let words = bytes(&[head(Kind::SPAN, 0, 5, 0), SPAN, 0, 100, 0]);
        let (record, _) = Record::take(&words).unwrap();
        let mut handed_out = 0;
        joiner.begin(&record, &TraceHead::default(), &losses, |_| handed_out += 1);
        assert_eq!((handed_out, joiner.bytes), (1, 0));
    }

    #[test]
    fn an_end_whose_head_never_comes_is_forgotten() {
        let mut joiner = Joiner::new(10_000);
        assert!(end(&mut joiner).is_empty());
        assert_eq!(finished(&mut joiner), []);
        assert_eq!(finished(&mut joiner), []);
        assert_eq!((joiner.bytes, joiner.waiting.len()), (0, 0));
    }

    #[test]
    fn what_other_threads_wrote_is_waited_for() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(begin(&mut joiner, &losses));
        end_lingering(&mut joiner);
        assert_eq!(finished(&mut joiner), []);
        extra(&mut joiner);
        assert_eq!(finished(&mut joiner), [(200, 16)]);
    }

    #[test]
    fn a_full_table_loses_the_span_and_says_so() {
        let (mut joiner, losses) = (Joiner::new(100), Losses::new());
        assert!(!begin(&mut joiner, &losses));
        assert_eq!(losses.of(LossReason::SpanTableFull), 1);
        assert_eq!(joiner.bytes, 0);
    }

    #[test]
    fn what_spans_that_are_gone_leave_behind_is_bounded_and_used_again() {
        let (mut joiner, losses) = (Joiner::new(80_000), Losses::new());
        let span = |joiner: &mut Joiner, span, words: usize| {
            let words =
                bytes(&[&[head(Kind::SPAN, 0, words, 0), span][..], &vec![0; words]].concat());
            let (record, _) = Record::take(&words).unwrap();
            assert!(joiner.begin(&record, &TraceHead::default(), &losses, |_| {}));
        };

        (1..=100).for_each(|id| span(&mut joiner, id, 50));
        (1..=100).for_each(|id| joiner.forget(id));

        let known = |joiner: &Joiner| joiner.spares.iter().map(Waiting::memory).sum::<usize>();
        assert_eq!(joiner.spare_bytes, known(&joiner));
        assert!((9_000..=10_000).contains(&joiner.spare_bytes), "{}", joiner.spare_bytes);
        let before = joiner.spares.len();
        (1..=3).for_each(|id| span(&mut joiner, id, 5));
        assert_eq!((joiner.spares.len(), joiner.spare_bytes), (before - 3, known(&joiner)));
        // Also what it has no use for counts.
        let memory = joiner.waiting.values().map(Waiting::memory).sum::<usize>();
        assert!(joiner.bytes == memory && memory >= 3 * 400, "{memory}");
        span(&mut joiner, 1_000, 1_000);
        [2, 1_000].into_iter().for_each(|id| joiner.forget(id));
        assert_eq!((joiner.spares.len(), joiner.waiting.len()), (before - 3, 2));
    }

    #[test]
    fn a_discarded_span_is_handed_out_as_such() {
        let (mut joiner, losses) = (Joiner::new(10_000), Losses::new());
        assert!(begin(&mut joiner, &losses));
        joiner.discard(SPAN);
        end_lingering(&mut joiner);
        assert_eq!(finished(&mut joiner), []);

        let mut discarded = Vec::new();
        joiner.end_pass(|span| discarded.push(span.discarded));

        assert_eq!(discarded, [true]);
    }
}
