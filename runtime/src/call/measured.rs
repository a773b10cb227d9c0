//! A call of a synchronous function that is counted or timed and has no span of its own.
//!
//! Little of [`super::Call`] concerns such a function, and what it costs is dominated by the clock:
//! so it has a type of two words.

use super::{
    Ending,
    meter::{Found, Labels, Meter},
};
use crate::{
    outcome::Outcome,
    site::{self, Site},
    time,
    trace::context::Context,
};

/// One call of such a function; dropped unfinished, it has panicked.
#[derive(Debug)]
#[must_use]
pub struct Measured {
    meter: Meter,
    outcome: Option<Outcome>,
}

impl Measured {
    /// Enters the function.
    #[inline(always)]
    pub fn enter(site: &'static Site) -> Self {
        let word = site.word();
        let meter = if word & site::METERED == 0 { Meter::OFF } else { begin(site, word) };
        Self { meter, outcome: None }
    }

    /// Counts the call by its labels, if anybody counts.
    #[inline(always)]
    pub fn labels(&mut self, site: &'static Site, find: impl FnOnce(Labels) -> Found) {
        self.meter.labels(site, find, time::ticks);
    }

    /// Enters a function whose returned value cannot be seen.
    #[inline(always)]
    pub fn guard(site: &'static Site) -> MeasuredGuard {
        MeasuredGuard(Self::enter(site))
    }

    /// Where the outcome is noted, if anybody wants to know.
    #[inline(always)]
    pub fn ending(&mut self) -> Option<Ending<'_>> {
        let cell = self.meter.cell()?;
        Some(Ending::new(0, 0, Some(cell), &mut self.outcome))
    }

    /// Leaves the function, which has returned.
    #[inline(always)]
    pub fn finish(&mut self) {
        self.leave(Outcome::Ok);
    }

    #[inline(always)]
    fn leave(&mut self, otherwise: Outcome) {
        if self.meter.cell().is_some() {
            end(self.meter, self.outcome.unwrap_or(otherwise));
            self.meter = Meter::OFF;
        }
    }
}

// Neither is inlined: a function that is off shall not pay for the registers of one that is on. And
// neither calls anybody, unless that is the last thing it does: so they need no stack.

#[inline(never)]
fn begin(site: &'static Site, word: u32) -> Meter {
    let is_timed = word & site::TIMED != 0;
    if word & site::UNKNOWN == 0
        && (!is_timed || time::ticks_at_once())
        && let Some(meter) = Meter::of(site)
        && let Some(mine) = meter.mine_at_once()
    {
        mine.begin();
        return if is_timed { meter.started_at(time::ticks_of_counter()) } else { meter };
    }
    begin_slowly(site, word)
}

#[cold]
#[inline(never)]
fn begin_slowly(site: &'static Site, word: u32) -> Meter {
    let word = site.settle(word);
    let mut meter = Meter::OFF;
    if word & site::METERED != 0 {
        meter = Meter::begin(site);
        meter.start(word, time::ticks);
    }
    meter
}

#[inline(never)]
fn end(meter: Meter, outcome: Outcome) {
    if !meter.is_timed() {
        end_untimed(meter, outcome);
    } else if meter.has_goals() {
        end_with_goals(meter, outcome);
    } else {
        end_timed::<false>(meter, outcome);
    }
}

#[inline(never)]
fn end_with_goals(meter: Meter, outcome: Outcome) {
    end_timed::<true>(meter, outcome);
}

#[inline(always)]
fn end_timed<const GOALS: bool>(meter: Meter, outcome: Outcome) {
    // Before the clock is read, although it takes a moment: reaching a thread-local counts as a
    // call in a library, and what must survive a call takes stack.
    if let Some(mine) = meter.mine_at_once()
        && time::ticks_at_once()
    {
        let now = time::ticks_of_counter();
        if let Some(nanos) = meter.nanos_at_once(now)
            && let Some(is_welcome) = mine.end_after::<GOALS>(nanos, outcome, now)
        {
            if is_welcome {
                meter.offer(nanos, now);
            }
            return;
        }
    }
    end_slowly(meter, outcome);
}

#[inline(never)]
fn end_untimed(meter: Meter, outcome: Outcome) {
    match meter.mine_at_once() {
        Some(mine) => mine.end(outcome),
        None => end_slowly(meter, outcome),
    }
}

#[cold]
#[inline(never)]
fn end_slowly(meter: Meter, outcome: Outcome) {
    let now = if meter.is_timed() { time::ticks() } else { 0 };
    meter.end(outcome, now, || Context::peek().sampled());
}

impl Drop for Measured {
    #[inline(always)]
    fn drop(&mut self) {
        self.leave(Outcome::Panicked);
    }
}

/// A call of a function that never returns, or whose body must not move into a closure.
///
/// It cannot see the returned value: the outcome is `ok` unless the thread unwinds.
#[derive(Debug)]
#[must_use]
pub struct MeasuredGuard(Measured);

impl MeasuredGuard {
    /// Counts the call by its labels, if anybody counts.
    #[inline(always)]
    pub fn labels(&mut self, site: &'static Site, find: impl FnOnce(Labels) -> Found) {
        self.0.labels(site, find);
    }
}

impl Drop for MeasuredGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.meter.cell().is_some() && !std::thread::panicking() {
            self.0.outcome.get_or_insert(Outcome::Ok);
        }
    }
}
