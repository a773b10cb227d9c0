//! Counts and times one call.
//!
//! A call counts as begun before its clock starts and as ended after that stops, so that what
//! counting costs is not part of what is measured. Where the call has a span too, its two ticks are
//! those of the span.

use crate::{
    cell::{MyCalls, MyPart},
    metrics::{LabelValue, Ref},
    outcome::Outcome,
    site::{self, Cell, Label, Metered, Site},
    time,
    trace::{context::Context, local::Local, record::layout::Kind},
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
    pub fn find<const N: usize>(self, labels: [&dyn LabelValue; N]) -> Found {
        let mut labels = labels.map(|value| match value.label().0 {
            Ref::Absent | Ref::F64(_) => Label::Absent,
            Ref::Bool(value) => Label::Bool(value),
            Ref::I64(value) => Label::I64(value),
            Ref::Str(text) => Label::Str(text),
        });
        Found(self.site.metered().map(|metered| metered.cell_of(&mut labels)))
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
        match site.metered().and_then(Metered::cell) {
            Some(cell) => Self::begin_in(cell),
            None => Self::OFF,
        }
    }

    /// The same of a call that ends on this thread, by [`Meter::end_here`] with what is kept for it.
    #[inline(always)]
    pub(super) fn begin_here(site: &'static Site) -> (Self, Option<MyPart>) {
        match site.metered().and_then(Metered::cell) {
            Some(cell) => (Self { cell: Some(cell), start: 0 }, cell.calls.begin_here()),
            None => (Self::OFF, None),
        }
    }

    #[inline(always)]
    fn begin_in(cell: &'static Cell) -> Self {
        cell.calls.begin();
        Self { cell: Some(cell), start: 0 }
    }

    /// What the call would be counted in.
    #[inline(always)]
    pub(super) fn of(site: &'static Site) -> Option<Self> {
        let cell = site.metered()?.cell()?;
        Some(Self { cell: Some(cell), start: 0 })
    }

    /// What the calling thread counts in, where nothing has to be made for it.
    #[inline(always)]
    pub(super) fn mine_at_once(self) -> Option<MyCalls<'static>> {
        self.cell?.calls.mine_at_once()
    }

    /// The same call, of which the clock showed this when it began.
    #[inline(always)]
    pub(super) fn started_at(self, tick: u64) -> Self {
        Self { start: tick, ..self }
    }

    /// How long the call took by the counter, where nothing has to be measured for it.
    #[inline(always)]
    pub(super) fn nanos_at_once(self, now: u64) -> Option<u64> {
        time::nanos_of_counter(self.start, now)
    }

    /// Whether there are durations that calls should not exceed.
    #[inline(always)]
    pub(super) fn has_goals(self) -> bool {
        self.cell.is_some_and(|cell| cell.calls.has_goals())
    }

    /// Offers the current span as an exemplar.
    #[cold]
    #[inline(never)]
    pub(super) fn offer(self, nanos: u64, now: u64) {
        if let Some(cell) = self.cell {
            offer(cell, nanos, now, || Context::peek().sampled());
        }
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
        self.end_here(None, outcome, now, sampled)
    }

    /// The same of a call that began on this thread, where something was kept for it.
    #[inline(always)]
    pub(super) fn end_here(
        self,
        kept: Option<MyPart>,
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
        let mine = match kept {
            Some(part) => Some(cell.calls.mine_in(part)),
            None => cell.calls.mine_at_once(),
        };
        let is_welcome = mine.and_then(|mine| mine.end_after::<true>(nanos, outcome, now));
        if is_welcome.unwrap_or_else(|| cell.calls.end_after(nanos, outcome, now)) {
            offer(cell, nanos, now, sampled);
        }
        (nanos > cell.slow_nanos).then_some(Slow { cell, nanos, now })
    }
}

#[cold]
#[inline(never)]
fn offer(cell: &Cell, nanos: u64, now: u64, sampled: impl FnOnce() -> Option<(u128, u64)>) {
    if let Some((trace_id, span_id)) = sampled() {
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
