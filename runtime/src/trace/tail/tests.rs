//! Fixtures: traces as their records would come, whatever thread they come from.

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    outcome::Outcome,
    trace::record::{
        layout::{FLAG_PARENT_REMOTE, Kind, head},
        read::Record,
        view::STATUS_ERROR,
    },
};

const MUCH: usize = 1024 * 1024;

/// What became of spans, by their ids.
#[derive(Debug, Default)]
struct Seen {
    kept: Vec<u64>,
    not_kept: u64,
    lost: u64,
}

impl Outlet for Seen {
    fn keep(&mut self, span: &Complete<'_>) {
        self.kept.push(Record { bytes: span.head }.span());
    }

    fn drop_unwanted(&mut self, spans: u64) {
        self.not_kept += spans;
    }

    fn lose(&mut self, spans: u64) {
        self.lost += spans;
    }
}

impl Seen {
    fn total(&self) -> u64 {
        self.kept.len() as u64 + self.not_kept + self.lost
    }
}

/// A span that took `nanos`.
#[derive(Clone, Copy)]
struct Span {
    trace: u128,
    root: u32,
    id: u64,
    parent: u64,
    remote: bool,
    nanos: u64,
    outcome: Outcome,
    /// Bytes of a text.
    more: usize,
}

fn root(trace: u128, id: u64) -> Span {
    let outcome = Outcome::Ok;
    Span { trace, root: id as u32, id, parent: 0, remote: false, nanos: 10, outcome, more: 0 }
}

fn child(of: Span, id: u64) -> Span {
    Span { id, parent: of.id, remote: false, ..of }
}

impl Span {
    fn head(&self) -> TraceHead {
        TraceHead { id: self.trace, root: self.root, ..TraceHead::default() }
    }

    fn with<R>(self, use_it: impl FnOnce(&Complete<'_>) -> R) -> R {
        self.with_extras(&[], use_it)
    }

    fn with_extras<R>(self, extras: &[u64], use_it: impl FnOnce(&Complete<'_>) -> R) -> R {
        let bytes = |words: &[u64]| words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let flags = if self.remote { FLAG_PARENT_REMOTE } else { 0 };
        let words = 5 + self.more / 8;
        let mut record = vec![head(Kind::SPAN, flags, words, 0), self.id, self.parent, 100, 0];
        record.resize(words, 0);
        let (record, extras): (Vec<u8>, Vec<u8>) = (bytes(&record), bytes(extras));
        let trace = self.head();
        use_it(&Complete {
            head: &record,
            extras: &extras,
            trace: &trace,
            tick: 100 + self.nanos,
            outcome: self.outcome,
            discarded: false,
        })
    }
}

struct Held {
    tail: Tail,
    seen: Seen,
}

impl Held {
    fn new(bias: TailBias, bytes: usize) -> Self {
        Self { tail: Tail::new(bias, bytes), seen: Seen::default() }
    }

    fn begin(&mut self, span: Span) {
        self.tail.begin(&span.head(), &mut self.seen);
    }

    fn end(&mut self, span: Span) {
        span.with(|span| self.tail.accept(span, |ticks| ticks, &mut self.seen));
    }

    fn passes(&mut self, passes: usize) {
        (0..passes).for_each(|_| self.tail.end_pass(&mut self.seen));
    }

    fn bytes(&self) -> usize {
        self.tail.blocks.bytes() + self.tail.overhead + self.tail.decided.len() * DECISION_BYTES
    }
}

#[test]
fn a_trace_without_a_failure_leaves_nothing() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = root(7, 1);

    held.end(child(request, 2));
    held.end(request);
    held.passes(3);
    held.end(child(request, 3));

    assert_eq!((held.seen.kept.len(), held.seen.not_kept), (0, 3));
    assert_eq!(
        (held.tail.undecided, held.tail.blocks.bytes_in_use(), held.tail.overhead),
        (0, 0, 0)
    );
    assert!(!held.tail.is_waiting());
}

#[test]
fn a_failure_keeps_what_came_before_and_what_comes_after_in_order() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = root(7, 1);

    held.begin(request);
    held.end(child(request, 2));
    held.passes(5);
    held.end(Span { outcome: Outcome::Error, ..child(request, 3) });
    assert_eq!(held.seen.kept, [2, 3], "at once");
    held.end(request);
    held.passes(5);
    held.end(child(request, 4));

    assert_eq!(held.seen.kept, [2, 3, 1, 4]);
}

#[test]
fn what_says_that_it_failed_has_failed_unless_it_is_said_to_be_ok() {
    let failed = [Outcome::Error, Outcome::Panicked];
    for outcome in
        [Outcome::Ok, Outcome::Cancelled, Outcome::Rejected, Outcome::Error, Outcome::Panicked]
    {
        let mut held = Held::new(TailBias::errors(), MUCH);
        held.end(Span { outcome, ..root(7, 1) });
        assert_eq!(held.seen.kept.len() == 1, failed.contains(&outcome), "{outcome:?}");
    }
    for (code, outcome, kept) in [(STATUS_ERROR, Outcome::Ok, 1), (1, Outcome::Error, 0)] {
        let mut held = Held::new(TailBias::errors(), MUCH);
        let said = [head(Kind::STATUS, 0, 2, code), 1];
        Span { outcome, ..root(7, 1) }
            .with_extras(&said, |span| held.tail.accept(span, |ticks| ticks, &mut held.seen));
        assert_eq!(held.seen.kept.len(), kept, "{code} {outcome:?}");
    }
}

#[test]
fn only_a_slow_root_keeps_a_trace_for_slowness() {
    let bias = TailBias::slower_than(Duration::from_nanos(500));
    for (of_root, of_child, kept) in [(499, 10, 0), (500, 10, 2), (10, 9_000, 0)] {
        let mut held = Held::new(bias, MUCH);
        let request = Span { nanos: of_root, ..root(7, 1) };

        held.end(Span { nanos: of_child, ..child(request, 2) });
        held.end(Span { outcome: Outcome::Error, ..request });
        held.passes(3);

        assert_eq!(held.seen.kept.len(), kept, "{of_root} {of_child}");
    }
}

#[test]
fn a_failure_that_is_read_before_its_root_keeps_the_trace() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = Span { remote: true, parent: 99, ..root(7, 1) };

    held.end(Span { outcome: Outcome::Panicked, ..child(request, 2) });
    held.passes(1);
    held.begin(request);

    assert_eq!(held.seen.kept, [2]);
}

#[test]
fn a_failure_on_another_thread_that_is_read_late_keeps_the_trace() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = root(7, 1);

    held.end(request);
    held.passes(2);
    held.end(Span { outcome: Outcome::Error, ..child(request, 2) });

    assert_eq!(held.seen.kept, [1, 2]);
}

#[test]
fn two_requests_of_one_trace_have_fates_of_their_own() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let one = Span { remote: true, parent: 99, ..root(7, 1) };
    let other = Span { remote: true, parent: 99, ..root(7, 2) };

    held.begin(one);
    held.begin(other);
    held.end(child(one, 3));
    held.end(child(other, 4));
    held.end(Span { outcome: Outcome::Error, ..other });
    held.end(one);
    held.passes(3);

    assert_eq!(held.seen.kept, [4, 2]);
    assert_eq!(held.seen.not_kept, 2);
}

#[test]
fn a_child_whose_trace_is_forgotten_is_not_kept_and_holds_no_memory() {
    let mut held = Held::new(TailBias::errors(), MUCH);

    held.end(Span { outcome: Outcome::Error, ..child(root(7, 1), 2) });
    assert!(held.tail.is_waiting());
    held.passes(2);

    assert_eq!((held.seen.total(), held.seen.not_kept, held.tail.undecided), (1, 1, 0));
}

#[test]
fn a_discarded_root_ends_its_trace() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = root(7, 1);

    held.begin(request);
    held.end(child(request, 2));
    request.with(|span| held.tail.discard(span));
    held.passes(3);

    assert_eq!((held.seen.not_kept, held.tail.undecided), (1, 0));
}

#[test]
fn a_root_that_outlives_the_memory_loses_its_oldest_spans_and_they_are_counted() {
    let mut held = Held::new(TailBias::errors(), 64 * 1024);
    let request = root(7, 1);

    held.begin(request);
    (2..5_002).for_each(|id| held.end(child(request, id)));
    assert!(held.bytes() <= 64 * 1024, "{}", held.bytes());
    held.end(Span { outcome: Outcome::Error, ..request });

    let kept = held.seen.kept.len() as u64;
    assert!(held.seen.lost > 0 && kept > 100, "{kept} kept");
    assert_eq!(kept + held.seen.lost, 5_001);
    assert_eq!(held.seen.kept[kept as usize - 2..], [5_001, 1], "the latest are there");
}

#[test]
fn under_pressure_ended_traces_go_first() {
    let mut held = Held::new(TailBias::errors(), 64 * 1024);
    let slow = root(7, 1);

    held.begin(slow);
    held.end(child(slow, 2));
    (100..5_100).for_each(|id| held.end(root(id.into(), id)));
    held.end(Span { outcome: Outcome::Error, ..slow });

    assert_eq!(held.seen.kept, [2, 1]);
    assert_eq!(held.seen.lost, 0);
}

#[test]
fn a_span_that_is_larger_than_the_memory_is_counted() {
    let mut held = Held::new(TailBias::errors(), 8 * 1024);
    let request = root(7, 1);

    held.begin(request);
    held.end(Span { more: 10_000, ..child(request, 2) });
    held.end(Span { outcome: Outcome::Error, ..request });

    assert_eq!((held.seen.kept, held.seen.lost), (vec![1], 1));
}

#[test]
fn shutting_down_decides_with_what_is_known() {
    let mut held = Held::new(TailBias::errors(), MUCH);
    let request = root(7, 1);

    held.begin(request);
    held.end(child(request, 2));
    held.tail.shut_down(&mut held.seen);

    assert_eq!((held.seen.not_kept, held.tail.undecided, held.tail.is_waiting()), (1, 0, false));
}

/// A local trace: whether its children fail, and how large they are.
#[derive(Clone, Debug)]
struct Local {
    /// Requests with one caller share the trace.
    trace: u128,
    children: Vec<(bool, usize)>,
    root_fails: bool,
}

fn locals() -> impl Strategy<Value = Vec<Local>> {
    let children = prop::collection::vec((prop::bool::weighted(0.05), 0..2_000_usize), 0..12);
    let local = (1..4_u128, children, prop::bool::weighted(0.1))
        .prop_map(|(trace, children, root_fails)| Local { trace, children, root_fails });
    prop::collection::vec(local, 1..40)
}

proptest! {
    #[test]
    fn kept_traces_are_whole_dropped_ones_leave_nothing_and_all_are_counted(
        locals in locals(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 600),
        little in any::<bool>(),
    ) {
        let budget = if little { 16 * 1024 } else { MUCH };
        let mut held = Held::new(TailBias::errors(), budget);
        let outcome = |fails| if fails { Outcome::Error } else { Outcome::Ok };
        // What is to come of each trace, the last first.
        let mut to_come: Vec<(Span, Vec<Span>)> = Vec::new();
        let mut whole: HashMap<u32, (bool, Vec<u64>)> = HashMap::new();
        for (at, local) in locals.iter().enumerate() {
            let id = at as u64 * 100 + 1;
            let first = Span {
                root: id as u32, remote: true, parent: 99,
                outcome: outcome(local.root_fails), ..root(local.trace, id)
            };
            let children = local.children.iter().zip(id + 1..).map(|((fails, more), id)| {
                Span { outcome: outcome(*fails), more: *more, ..child(first, id) }
            });
            // The root stands first, and ends last.
            let spans: Vec<_> = std::iter::once(first).chain(children).collect();
            let fails = spans.iter().any(|span| span.outcome == Outcome::Error);
            whole.insert(first.root, (fails, spans.iter().map(|span| span.id).collect()));
            to_come.push((first, spans));
        }
        for (first, _) in &to_come {
            held.begin(*first);
        }

        let mut order = order.into_iter();
        let mut produced = 0;
        while !to_come.is_empty() {
            let index = order.next().expect("as many as there are spans and traces");
            let at = index.index(to_come.len());
            let (_, spans) = &mut to_come[at];
            if let Some(span) = spans.pop() {
                produced += 1;
                held.end(span);
                prop_assert!(held.bytes() <= budget + 40 * TRACE_BYTES, "{}", held.bytes());
            } else {
                to_come.swap_remove(at);
            }
            if index.index(7) == 0 {
                held.passes(1);
            }
        }
        held.passes(4);
        held.tail.shut_down(&mut held.seen);

        prop_assert_eq!(held.seen.total(), produced);
        prop_assert_eq!((held.tail.undecided, held.tail.blocks.bytes_in_use()), (0, 0));
        let mut kept: HashMap<u32, Vec<u64>> = HashMap::new();
        for id in &held.seen.kept {
            kept.entry((*id / 100 * 100 + 1) as u32).or_default().push(*id);
        }
        if !little {
            for (root, (fails, mut spans)) in whole {
                let mut kept = kept.remove(&root).unwrap_or_default();
                kept.sort_unstable();
                spans.sort_unstable();
                prop_assert_eq!(kept, if fails { spans } else { vec![] });
            }
        }
    }
}
