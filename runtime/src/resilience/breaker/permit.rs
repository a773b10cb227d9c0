//! Leave for one call, which tells the breaker how it went.

use std::ops::Deref;

use super::{
    Core,
    state::{Ending, Pass},
    window::Call,
};
use crate::time;

/// How a call went, as far as it says something about the callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It works.
    Success,
    /// It does not.
    Failure,
    /// The call says nothing about it.
    Ignored,
}

/// What to make of a call that was cancelled.
///
/// ```
/// use std::time::Duration;
/// use spandrel::resilience::{CircuitBreaker, OnCancel};
///
/// static SEARCH: CircuitBreaker = CircuitBreaker::new("search")
///     .slow_call(Duration::from_secs(1))
///     .on_cancel(OnCancel::Ignore);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnCancel {
    /// A failure if it had taken longer than a slow call by then, otherwise nothing.
    ///
    /// So a caller who gives up early does not hide that the callee hangs.
    #[default]
    FailureIfSlow,
    /// Nothing.
    Ignore,
}

/// Leave for one call of a breaker that outlives it.
pub(crate) type Permit<'b> = Leave<&'b Core>;

/// Leave for one call; dropped: the call was cancelled.
#[derive(Debug)]
#[must_use = "a permit that is dropped is a call that was cancelled"]
pub(crate) struct Leave<C: Deref<Target = Core>> {
    core: C,
    pass: Pass,
    /// When the call began; `u64::MAX`: nobody needed to know, so it is not slow.
    began: u64,
    /// The call is running right now: whoever drops the permit is a panic.
    is_running: bool,
    is_over: bool,
}

impl<C: Deref<Target = Core>> Leave<C> {
    #[inline(always)]
    pub(super) fn new(core: C, pass: Pass, began: u64) -> Self {
        Self { core, pass, began, is_running: false, is_over: false }
    }

    /// Runs the call, or polls it: if it panics, that is a failure.
    #[inline(always)]
    pub(crate) fn run<R>(&mut self, call: impl FnOnce() -> R) -> R {
        self.is_running = true;
        let value = call();
        self.is_running = false;
        value
    }

    /// The call has to wait before it begins: given up meanwhile, it is not slow.
    #[cold]
    pub(crate) fn waits(&mut self) {
        self.began = u64::MAX;
    }

    /// The call begins only now: what it has waited for was not the callee.
    #[cold]
    pub(crate) fn begins(&mut self, now: u64) {
        self.began = now;
    }

    /// The call has ended now.
    #[inline(always)]
    pub(crate) fn end(self, verdict: Verdict, now: u64) {
        self.end_at(verdict, || now);
    }

    /// The call has ended; the time is asked for only if it matters.
    #[inline(always)]
    pub(crate) fn end_at(mut self, verdict: Verdict, now: impl FnOnce() -> u64) {
        self.is_over = true;
        let slow_call = self.core.machine.slow_call();
        if verdict == Verdict::Success && slow_call == u64::MAX {
            let change = self.core.machine.succeeded(self.pass, now);
            self.core.announce(change);
        } else {
            self.settle(verdict, now());
        }
    }

    #[inline(never)]
    fn settle(&self, verdict: Verdict, now: u64) {
        let Self { core, pass, .. } = self;
        let slow = now.saturating_sub(self.began) > core.machine.slow_call();
        let change = match verdict {
            Verdict::Success if !slow => core.machine.succeeded(*pass, || now),
            Verdict::Ignored => core.machine.record(*pass, Ending::NoVerdict, now),
            Verdict::Success | Verdict::Failure => {
                let failed = verdict == Verdict::Failure;
                core.machine.record(*pass, Ending::Ended(Call { failed, slow }), now)
            }
        };
        core.announce(change);
    }

    #[cold]
    fn cancelled(&self) {
        let now = time::nanos();
        let is_slow = now.saturating_sub(self.began) > self.core.machine.slow_call();
        let fails = self.is_running || is_slow && self.core.on_cancel == OnCancel::FailureIfSlow;
        self.settle(if fails { Verdict::Failure } else { Verdict::Ignored }, now);
    }
}

impl<C: Deref<Target = Core>> Drop for Leave<C> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_over {
            self.cancelled();
        }
    }
}
