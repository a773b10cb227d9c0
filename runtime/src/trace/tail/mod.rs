//! Holds the spans of traces that the sampler turned down, until it is known whether they matter.
//!
//! A trace is kept the moment it is known to matter: what is held of it is handed out, and what
//! follows goes straight through. It is dropped only when nothing can speak for it any more: two
//! passes after its root has ended, because what ended before the root on other threads is read in
//! the next pass at the latest, and may linger for one more. So a short trace can be read root
//! first, and a long one holds no memory after its first failure.
//!
//! Local traces are told apart by the number of their root, which their contexts carry (see
//! [`super::scope`]), and not by parents: on its way here a child may overtake its parent.
//!
//! Memory is bounded. Under pressure traces whose root has ended are dropped without the two passes;
//! if none has, the oldest spans go.

mod bias;
mod blocks;
mod counts;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

pub use bias::TailBias;
use blocks::{Blocks, Stream};
pub(crate) use counts::Counts;

use super::{complete::Complete, record::view::TraceHead};

/// What a trace that is held costs beyond its spans: entries, and the allocator's rounding.
const TRACE_BYTES: usize = 288;
/// What it costs to remember how a trace was decided.
const DECISION_BYTES: usize = 128;
/// Passes after which nothing can come from other threads that was there before.
const PATIENCE: u64 = 2;

/// Where spans go whose fate is known.
pub(crate) trait Outlet {
    /// Exports a span.
    fn keep(&mut self, span: &Complete<'_>);

    /// Counts spans that nobody wants.
    fn drop_unwanted(&mut self, spans: u64);

    /// Counts spans that would have been kept, had there been memory.
    fn lose(&mut self, spans: u64);
}

/// The undecided traces.
#[derive(Debug)]
pub(crate) struct Tail {
    bias: TailBias,
    traces: HashMap<Key, Fate>,
    /// Traces that hold spans, by the age of their oldest one; also some that no longer do.
    oldest: VecDeque<Key>,
    /// Traces whose root has ended, and in which pass.
    ended: VecDeque<(u64, Key)>,
    /// Traces of which a child was read before the root.
    rootless: VecDeque<(u64, Key)>,
    /// Decided traces that are over, to be forgotten in this order.
    decided: VecDeque<Key>,
    blocks: Blocks,
    /// Undecided traces.
    undecided: usize,
    /// Bytes of them beyond their spans.
    overhead: usize,
    budget: usize,
    most_decided: usize,
    pass: u64,
    scratch: Vec<u8>,
}

/// Trace id, and the number of the local root.
type Key = (u128, u32);

#[derive(Debug)]
enum Fate {
    Undecided(Box<Held>),
    Kept,
    Dropped,
}

/// What is held of an undecided trace.
#[derive(Debug, Default)]
struct Held {
    trace: TraceHead,
    spans: Stream,
    count: u64,
    /// Spans that have gone for want of memory.
    evicted: u64,
    failed: bool,
    /// Its root has been seen.
    rooted: bool,
}

/// What the trace costs while it is undecided, beyond its spans.
fn overhead(trace: &TraceHead) -> usize {
    TRACE_BYTES + trace.state.len()
}

fn key(trace: &TraceHead) -> Key {
    (trace.id, trace.root)
}

impl Tail {
    pub(crate) fn new(bias: TailBias, bytes: usize) -> Self {
        // An eighth to remember what was decided.
        let most_decided = bytes / 8 / DECISION_BYTES;
        Self {
            bias,
            traces: HashMap::new(),
            oldest: VecDeque::new(),
            ended: VecDeque::new(),
            rootless: VecDeque::new(),
            decided: VecDeque::new(),
            blocks: Blocks::new(),
            undecided: 0,
            overhead: 0,
            budget: bytes - bytes / 8,
            most_decided,
            pass: 0,
            scratch: Vec::new(),
        }
    }

    /// A root has begun, which still runs.
    pub(crate) fn begin(&mut self, trace: &TraceHead, outlet: &mut impl Outlet) {
        let held = self.undecided(trace);
        if let Some(held) = held {
            held.rooted = true;
            if held.failed {
                self.keep(key(trace), outlet);
            }
        }
    }

    /// Takes a span that has ended; `nanos` turns ticks into nanoseconds.
    pub(crate) fn accept(
        &mut self,
        span: &Complete<'_>,
        nanos: impl FnOnce(u64) -> u64,
        outlet: &mut impl Outlet,
    ) {
        let (key, is_root, bias) = (key(span.trace), span.is_root(), self.bias);
        let Some(held) = self.undecided(span.trace) else {
            match self.traces.get(&key) {
                Some(Fate::Kept) => outlet.keep(span),
                _ => outlet.drop_unwanted(1),
            }
            return self.end_of(is_root, key);
        };
        let slow = is_root
            && bias
                .threshold()
                .is_some_and(|slow| Duration::from_nanos(nanos(span.ticks())) >= slow);
        held.rooted |= is_root;
        held.failed |= slow || bias.keeps_errors() && span.failed();
        if held.failed && held.rooted {
            self.keep(key, outlet);
            outlet.keep(span);
        } else {
            self.hold(key, span, outlet);
        }
        self.end_of(is_root, key);
    }

    /// A root has ended that is not handed out.
    pub(crate) fn discard(&mut self, span: &Complete<'_>) {
        if span.is_root() {
            if let Some(held) = self.undecided(span.trace) {
                held.rooted = true;
            }
            self.end_of(true, key(span.trace));
        }
    }

    /// Drops the traces for which nothing has spoken.
    pub(crate) fn end_pass(&mut self, outlet: &mut impl Outlet) {
        while let Some(&(pass, key)) = self.ended.front()
            && pass + PATIENCE <= self.pass
        {
            self.ended.pop_front();
            self.drop_trace(key, outlet);
        }
        // The root is published before its children, so that it is here one pass after them, unless
        // it was here, and is forgotten.
        while let Some(&(pass, key)) = self.rootless.front()
            && pass < self.pass
        {
            self.rootless.pop_front();
            if matches!(self.traces.get(&key), Some(Fate::Undecided(held)) if !held.rooted) {
                self.drop_trace(key, outlet);
            }
        }
        self.pass += 1;
    }

    /// Decides about everything that is held, with what is known.
    pub(crate) fn shut_down(&mut self, outlet: &mut impl Outlet) {
        self.ended.clear();
        self.rootless.clear();
        let undecided = self.traces.iter().filter(|(_, fate)| matches!(fate, Fate::Undecided(_)));
        let undecided: Vec<_> = undecided.map(|(key, _)| *key).collect();
        undecided.into_iter().for_each(|key| self.drop_trace(key, outlet));
    }

    /// Whether something waits for passes to come.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.ended.is_empty() || !self.rootless.is_empty()
    }

    /// What is held of a trace, which is begun if it is new; `None`: it is decided.
    fn undecided(&mut self, trace: &TraceHead) -> Option<&mut Held> {
        let fate = self.traces.entry(key(trace)).or_insert_with(|| {
            self.undecided += 1;
            self.overhead += overhead(trace);
            self.rootless.push_back((self.pass, key(trace)));
            Fate::Undecided(Box::new(Held { trace: trace.clone(), ..Held::default() }))
        });
        match fate {
            Fate::Undecided(held) => Some(held),
            Fate::Kept | Fate::Dropped => None,
        }
    }

    fn end_of(&mut self, is_root: bool, key: Key) {
        if !is_root {
            return;
        }
        match self.traces.get(&key) {
            Some(Fate::Undecided(_)) => self.ended.push_back((self.pass, key)),
            Some(Fate::Kept) => self.remember(key),
            Some(Fate::Dropped) | None => {}
        }
    }

    fn hold(&mut self, key: Key, span: &Complete<'_>, outlet: &mut impl Outlet) {
        let bytes = span.kept_bytes();
        loop {
            let Some(Fate::Undecided(held)) = self.traces.get_mut(&key) else {
                // It went to make room, and its span goes with it.
                return outlet.drop_unwanted(1);
            };
            let more = Blocks::bytes_of(held.spans.lacks(bytes));
            if self.blocks.bytes_in_use() + self.overhead + more <= self.budget {
                if held.count == 0 {
                    self.oldest.push_back(key);
                }
                held.count += 1;
                self.blocks.shrink_to(self.budget.saturating_sub(self.overhead));
                return span.write(|bytes| self.blocks.write(&mut held.spans, bytes));
            }
            if held.count == 0 && self.ended.is_empty() && self.oldest.is_empty() {
                // Alone it is too much.
                held.evicted += 1;
                return;
            }
            self.make_room(outlet);
        }
    }

    /// Frees the memory of one trace.
    fn make_room(&mut self, outlet: &mut impl Outlet) {
        if let Some((_, key)) = self.ended.pop_front() {
            self.drop_trace(key, outlet);
        } else if let Some(key) = self.oldest.pop_front()
            && let Some(Fate::Undecided(held)) = self.traces.get_mut(&key)
        {
            held.evicted += std::mem::take(&mut held.count);
            self.blocks.recycle(&mut held.spans);
        }
    }

    /// Hands out what is held of a trace, and what comes of it from now on.
    fn keep(&mut self, key: Key, outlet: &mut impl Outlet) {
        let Some(Fate::Undecided(mut held)) = self.traces.insert(key, Fate::Kept) else { return };
        self.undecided -= 1;
        self.overhead -= overhead(&held.trace);
        self.scratch.clear();
        self.blocks.read(held.spans, &mut self.scratch);
        self.blocks.recycle(&mut held.spans);
        let mut rest = &*self.scratch;
        while let Some((span, after)) = Complete::read(rest, &held.trace) {
            rest = after;
            outlet.keep(&span);
        }
        outlet.lose(held.evicted);
        self.forget_stale();
    }

    /// Drops an undecided trace, and what comes of it from now on.
    fn drop_trace(&mut self, key: Key, outlet: &mut impl Outlet) {
        let Some(fate) = self.traces.get_mut(&key) else { return };
        if let Fate::Undecided(held) = fate {
            outlet.drop_unwanted(held.count + held.evicted);
            self.blocks.recycle(&mut held.spans);
            self.undecided -= 1;
            self.overhead -= overhead(&held.trace);
            *fate = Fate::Dropped;
            self.remember(key);
            self.forget_stale();
        }
    }

    /// Remembers for a while how a trace was decided that is over.
    fn remember(&mut self, key: Key) {
        self.decided.push_back(key);
        while self.decided.len() > self.most_decided
            && let Some(key) = self.decided.pop_front()
        {
            self.traces.remove(&key);
        }
    }

    /// Keeps the list of those that hold spans from growing with those that held some.
    fn forget_stale(&mut self) {
        if self.oldest.len() > 2 * self.undecided + 64 {
            let traces = &self.traces;
            self.oldest.retain(|key| match traces.get(key) {
                Some(Fate::Undecided(held)) => held.count != 0,
                _ => false,
            });
        }
    }
}
