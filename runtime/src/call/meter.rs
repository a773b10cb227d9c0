//! Counts and times one call.
//!
//! A call counts as begun before its clock starts and as ended after that stops, so that what
//! counting costs is not part of what is measured. Where the call has a span too, its two ticks are
//! those of the span.

use crate::{
    outcome::Outcome,
    site::{self, AsLabel, Cell, Label, Site},
    time,
    trace::{local::Local, record::layout::Kind},
};

/// What one call is counted and timed in.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    cell: Option<&'static Cell>,
    /// 0: nobody asks how long it takes.
    start: u64,
}

/// The right to look up the cell of a call's labels; generated code spends it after evaluating
/// their values.
#[derive(Debug)]
pub struct Labels {
    site: &'static Site,
}

impl Labels {
    /// The labels of the call, in the order of their keys.
    #[inline]
    pub fn find<const N: usize>(self, labels: [&dyn AsLabel; N]) -> Found {
        let labels: [Label<'_>; N] = labels.map(AsLabel::as_label);
        Found(self.site.metered().map(|metered| metered.cell_of(&labels)))
    }
}

/// The cell of a call's labels.
#[derive(Debug)]
pub struct Found(Option<&'static Cell>);

impl Meter {
    /// Nobody counts.
    pub(crate) const OFF: Self = Self { cell: None, start: 0 };

    /// The call begins, unless it waits for its labels.
    #[inline(always)]
    pub(crate) fn begin(site: &'static Site) -> Self {
        match site.metered().and_then(|metered| metered.cell()) {
            Some(cell) => Self::begin_in(cell),
            None => Self::OFF,
        }
    }

    #[inline(always)]
    fn begin_in(cell: &'static Cell) -> Self {
        cell.calls.begin();
        Self { cell: Some(cell), start: 0 }
    }

    /// The clock starts; `tick` tells what it shows.
    #[inline(always)]
    pub(crate) fn start(&mut self, word: u32, tick: impl FnOnce() -> u64) {
        if word & site::TIMED != 0 && self.cell.is_some() {
            self.start = tick();
        }
    }

    /// The call begins, with labels.
    #[inline(always)]
    pub(crate) fn labels(
        &mut self,
        site: &'static Site,
        find: impl FnOnce(Labels) -> Found,
        tick: impl FnOnce() -> u64,
    ) {
        let word = site.word();
        if word & site::METERED != 0
            && self.cell.is_none()
            && let Some(cell) = find(Labels { site }).0
        {
            *self = Self::begin_in(cell);
            self.start(site.settle(word), tick);
        }
    }

    /// Where an error of the call is counted.
    #[inline(always)]
    pub(crate) fn cell(self) -> Option<&'static Cell> {
        self.cell
    }

    /// Whether anybody asks how long the call takes.
    #[inline(always)]
    pub(crate) fn is_timed(self) -> bool {
        self.start != 0
    }

    /// The call has ended at this tick, maybe in a span that is sampled; tells if it was slow.
    #[inline(always)]
    pub(crate) fn end(
        self,
        outcome: Outcome,
        now: u64,
        sampled: impl FnOnce() -> Option<(u128, u64)>,
    ) -> Option<Slow> {
        let cell = self.cell?;
        if self.start == 0 {
            cell.calls.end(outcome);
            return None;
        }
        let nanos = time::nanos_between(self.start, now);
        if cell.calls.end_after(nanos, outcome, now) {
            offer(cell, nanos, now, sampled());
        }
        (nanos > cell.slow_nanos).then_some(Slow { cell, nanos, now })
    }
}

#[cold]
#[inline(never)]
fn offer(cell: &Cell, nanos: u64, now: u64, sampled: Option<(u128, u64)>) {
    if let Some((trace_id, span_id)) = sampled {
        cell.calls.exemplar(nanos, now, trace_id, span_id);
    }
}

/// A call that took longer than it should.
#[derive(Debug)]
pub(crate) struct Slow {
    cell: &'static Cell,
    nanos: u64,
    now: u64,
}

impl Slow {
    /// Notes it in its span, which must still be open and marked late.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, span: u64) {
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        Local.put_extra(Kind::EVENT, 0, 0, span, &[self.now], &|writer| {
            writer.name_str("slow call");
            writer.set_keyed("duration", &seconds(self.nanos));
            writer.set_keyed("threshold", &seconds(self.cell.slow_nanos));
        });
    }
}
