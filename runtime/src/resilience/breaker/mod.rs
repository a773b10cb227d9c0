//! A circuit breaker: stops calling what keeps failing, and finds out when it works again.
//!
//! The state machine ([`state`]) stands behind a lock. What usually happens, a call that goes ahead
//! and succeeds, takes no lock and writes nothing that other threads read: it compares one word and
//! counts in its thread's own part. Such successes are noted in the window before anything is judged,
//! at the latest every [`RUN`] calls of a thread. So the decisions of a sequence of calls are exactly
//! those of the state machine; of concurrent ones, up to `RUN` successes for each thread may be
//! noted later than they happened.

mod config;
mod state;
#[cfg(test)]
mod tests;
mod window;

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use self::state::State;
pub(crate) use self::{
    config::{Config, Verdict},
    state::{Denied, Permit, Phase, Reason, Result, Transition},
    window::{Call, Shape, Sums},
};
use crate::{
    cell::{Part, Sharded},
    sync::{Mutex, lock},
};

/// Successes that a thread counts before it notes them.
const RUN: u64 = 16;

/// One breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// The epoch of a closed breaker; 0 while it is anything else.
    closed: AtomicU64,
    /// While it is open, until when.
    open_until: AtomicU64,
    /// From then on a success has to be judged like everything else.
    judge_from: AtomicU64,
    locked: Mutex<Locked>,
    successes: Sharded<Successes>,
}

#[derive(Debug)]
struct Locked {
    config: Config,
    state: State,
    /// Of the successes in the parts, how many are in the window or belong to earlier epochs.
    noted: u64,
    /// When those that are not noted yet began to be counted.
    noted_at: u64,
    stale: u64,
}

/// One thread's successes, ever.
struct Successes(AtomicU64);

impl Part for Successes {
    const EMPTY: Self = Self(AtomicU64::new(0));
    const BYTES: usize = 128;
}

impl Breaker {
    pub(crate) fn new(config: Config, now: u64) -> Self {
        let state = State::new(&config);
        let breaker = Self {
            closed: AtomicU64::new(0),
            open_until: AtomicU64::new(0),
            judge_from: AtomicU64::new(0),
            locked: Mutex::new(Locked { config, state, noted: 0, noted_at: now, stale: 0 }),
            successes: Sharded::new(),
        };
        breaker.show(&mut lock(&breaker.locked), now);
        breaker
    }

    /// Whether a call may go ahead now.
    #[inline]
    pub(crate) fn admit(
        &self,
        now: u64,
    ) -> (std::result::Result<Permit, Denied>, Option<Transition>) {
        let closed = self.closed.load(Acquire);
        if closed != 0 {
            return (Ok(Permit { epoch: closed, probe: 0 }), None);
        }
        let open_until = self.open_until.load(Acquire);
        if now < open_until {
            return (Err(Denied { retry_after: open_until - now }), None);
        }
        self.ask(now)
    }

    #[cold]
    fn ask(&self, now: u64) -> (std::result::Result<Permit, Denied>, Option<Transition>) {
        let mut locked = lock(&self.locked);
        let Locked { config, state, .. } = &mut *locked;
        let (admitted, transition) = state.admit(config, now);
        if transition.is_some() {
            self.show(&mut locked, now);
        }
        (admitted, transition)
    }

    /// A call has succeeded, and was not slow.
    #[inline]
    pub(crate) fn succeeded(&self, permit: Permit, now: u64) -> Option<Transition> {
        if self.closed.load(Relaxed) == permit.epoch && now < self.judge_from.load(Relaxed) {
            let mine = self.successes.mine();
            mine.add(&mine.0, 1);
            if mine.0.load(Relaxed) % RUN != 0 {
                return None;
            }
            return self.note(now);
        }
        self.record(permit, Result::Ended(Call::default()), now)
    }

    /// Takes the thread's successes into the window, unless somebody else is at it.
    #[cold]
    fn note(&self, now: u64) -> Option<Transition> {
        let mut locked = self.locked.try_lock().ok()?;
        self.settle(&mut locked, now);
        self.show(&mut locked, now);
        None
    }

    /// A call has ended.
    pub(crate) fn record(&self, permit: Permit, result: Result, now: u64) -> Option<Transition> {
        let mut locked = lock(&self.locked);
        self.settle(&mut locked, now);
        let Locked { config, state, stale, .. } = &mut *locked;
        let transition = match state.record(config, permit, result, now) {
            Some(transition) => transition,
            None => {
                *stale += 1;
                None
            }
        };
        self.show(&mut locked, now);
        transition
    }

    /// Goes into a phase because somebody wants it to.
    pub(crate) fn force(&self, phase: Phase, now: u64) -> Transition {
        let mut locked = lock(&self.locked);
        let Locked { config, state, .. } = &mut *locked;
        let transition = state.force(config, phase, now);
        self.show(&mut locked, now);
        transition
    }

    pub(crate) fn phase(&self) -> Phase {
        lock(&self.locked).state.phase()
    }

    /// What the window holds, and how many results came too late for their epoch.
    pub(crate) fn sums(&self, now: u64) -> (Sums, u64) {
        let mut locked = lock(&self.locked);
        self.settle(&mut locked, now);
        (locked.state.sums(now), locked.stale)
    }

    /// Notes what was counted in the parts.
    fn settle(&self, locked: &mut Locked, now: u64) {
        let counted = self.successes.sum(|part| &part.0);
        let Locked { config, state, noted, noted_at, .. } = locked;
        let new = counted.wrapping_sub(std::mem::replace(noted, counted));
        if state.phase() == Phase::Closed {
            // Of the part of time in which they were counted, if that is over.
            let when = match config.window {
                Shape::Time(_) => (*noted_at).min(now),
                Shape::Count(_) => now,
            };
            state.succeeded(new, when);
        }
        *noted_at = now;
    }

    /// Shows to those who take no lock where the breaker is.
    fn show(&self, locked: &mut Locked, now: u64) {
        let Locked { config, state, .. } = locked;
        let phase = state.phase();
        let judge_from = match config.window {
            _ if state.success_matters(config, now) => 0,
            Shape::Count(_) => u64::MAX,
            // When a part of the window is dropped, the rates of what is left may be worse.
            Shape::Time(nanos) => {
                let part = (nanos / 10).max(1);
                (now / part + 1).saturating_mul(part)
            }
        };
        self.judge_from.store(judge_from, Relaxed);
        let open_until = if phase == Phase::Open { state.open_until() } else { 0 };
        self.open_until.store(open_until, Release);
        let closed = if phase == Phase::Closed { state.epoch() } else { 0 };
        if self.closed.swap(closed, Release) != closed {
            // What was counted so far belongs to an epoch that is over.
            locked.noted = self.successes.sum(|part| &part.0);
            locked.noted_at = now;
        }
    }
}
