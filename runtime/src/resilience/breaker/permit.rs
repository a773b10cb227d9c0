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

    /// The call runs from here on, or does not any more: if it is running, dropping is a panic.
    #[inline(always)]
    pub(crate) fn set_running(&mut self, is_running: bool) {
        self.is_running = is_running;
    }

    /// The call has ended; the time is asked for only if it matters.
    #[inline(always)]
    pub(crate) fn end_at(mut self, verdict: Verdict, now: impl FnOnce() -> u64) {
        self.is_over = true;
        self.core.end(self.pass, self.began, verdict, now);
    }
}

impl<C: Deref<Target = Core>> Drop for Leave<C> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_over {
            self.core.cancelled(self.pass, self.began, self.is_running);
        }
    }
}

/// Leave for one call of a closed breaker, whose loss loses nothing but a count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'b> {
    core: &'b Core,
    epoch: u64,
    began: u64,
}

impl<'b> Standing<'b> {
    #[inline(always)]
    pub(super) fn new(core: &'b Core, pass: Pass, began: u64) -> Self {
        Self { core, epoch: pass.epoch, began }
    }

    /// The call has ended; the time is asked for only if it matters.
    #[inline(always)]
    pub(crate) fn end(self, verdict: Verdict, now: impl FnOnce() -> u64) {
        self.core.end(Pass { epoch: self.epoch, probe: 0 }, self.began, verdict, now);
    }

    /// The same, which has to wait before it begins: given up meanwhile, it is not slow.
    pub(crate) fn waiting(self) -> Self {
        Self { began: u64::MAX, ..self }
    }

    /// The same, which begins only now: what it has waited for was not the callee.
    pub(crate) fn beginning(self, now: u64) -> Self {
        Self { began: now, ..self }
    }

    /// The call was cancelled, or has panicked.
    #[inline(always)]
    pub(crate) fn cancelled(self, has_panicked: bool) {
        self.core.cancelled(Pass { epoch: self.epoch, probe: 0 }, self.began, has_panicked);
    }
}

/// What permits tell: in words, so that a permit itself can stay in registers.
impl Core {
    #[inline(always)]
    fn end(&self, pass: Pass, began: u64, verdict: Verdict, now: impl FnOnce() -> u64) {
        if verdict == Verdict::Success && self.machine.slow_call() == u64::MAX {
            let change = self.machine.succeeded(pass, now);
            self.announce(change);
        } else {
            self.settle(pass, began, verdict, now());
        }
    }

    #[inline(never)]
    fn settle(&self, pass: Pass, began: u64, verdict: Verdict, now: u64) {
        let slow = now.saturating_sub(began) > self.machine.slow_call();
        let change = match verdict {
            Verdict::Success if !slow => self.machine.succeeded(pass, || now),
            Verdict::Ignored => self.machine.record(pass, Ending::NoVerdict, now),
            Verdict::Success | Verdict::Failure => {
                let failed = verdict == Verdict::Failure;
                self.machine.record(pass, Ending::Ended(Call { failed, slow }), now)
            }
        };
        self.announce(change);
    }

    #[cold]
    #[inline(never)]
    fn cancelled(&self, pass: Pass, began: u64, is_running: bool) {
        let now = time::nanos();
        let is_slow = now.saturating_sub(began) > self.machine.slow_call();
        let fails = is_running || is_slow && self.on_cancel == OnCancel::FailureIfSlow;
        self.settle(pass, began, if fails { Verdict::Failure } else { Verdict::Ignored }, now);
    }
}
