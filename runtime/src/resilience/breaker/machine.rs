//! One breaker, for many threads.
//!
//! The state machine ([`State`]) stands behind a lock. What usually happens, a call that goes ahead
//! and succeeds, takes no lock and writes nothing that other threads read: it compares one word and
//! counts in its thread's own part. Whoever judges takes what all threads counted into the window
//! first. So the decisions of a sequence of calls are exactly those of the state machine; a success
//! that ends at the same moment as another thread's failure is noted before it or after it.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::{
    config::Config,
    counted::{Counted, Tagged},
    report::{Change, CircuitReason, CircuitState, Totals},
    state::{Denied, Ending, Pass, Phase, State},
    window::{Call, Shape, Sums},
};
use crate::{
    cell::Sharded,
    resilience::Mode,
    sync::shared::{AtomicU64, Mutex, lock},
};

/// Successes that a thread counts before it takes them into the window itself.
///
/// Those of all threads together must be fewer than the bits of a count can tell apart.
const RUN: u64 = 512;

/// The epoch of calls that nobody counts.
const UNCOUNTED: u64 = u64::MAX;

/// One breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    shown: Shown,
    locked: Mutex<Locked>,
    parts: Sharded<Counted>,
}

/// What is read by all and seldom written, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Shown {
    /// The epoch of a closed breaker; 0 while it is anything else.
    closed: AtomicU64,
    /// While it is open, until when.
    open_until: AtomicU64,
    /// From then on a success has to be judged like everything else.
    judge_from: AtomicU64,
    slow_call: AtomicU64,
}

#[derive(Debug)]
struct Locked {
    config: Config,
    state: State,
    mode: Mode,
    /// Of the successes in the parts that belong to this epoch, how many are in the window.
    noted: u64,
    noted_epoch: u64,
    /// When those that are not noted yet began to be counted.
    noted_at: u64,
    /// Without the successes in the parts.
    totals: Totals,
    /// Since when it has stood as it does.
    since: u64,
    /// By other numbers even a success may be the last straw: the next call is judged.
    is_due: bool,
}

impl Locked {
    fn visible(&self) -> CircuitState {
        match (self.mode, self.state.phase()) {
            (Mode::Disabled, _) => CircuitState::Disabled,
            (Mode::ForcedOpen, _) => CircuitState::ForcedOpen,
            (_, Phase::Closed) => CircuitState::Closed,
            (_, Phase::HalfOpen) => CircuitState::HalfOpen,
            (_, Phase::Open) => CircuitState::Open,
        }
    }

    /// The time in the present state is counted up to now.
    fn totals(&self, now: u64) -> Totals {
        let mut totals = self.totals;
        totals.time_in[self.visible() as usize] += now.saturating_sub(self.since);
        totals
    }
}

impl Breaker {
    pub(crate) fn new(config: Config, mode: Mode, now: u64) -> Self {
        let state = State::new(&config);
        let locked = Locked {
            config,
            state,
            mode,
            noted: 0,
            noted_epoch: 0,
            noted_at: now,
            totals: Totals::default(),
            since: now,
            is_due: false,
        };
        let breaker = Self {
            shown: Shown {
                closed: AtomicU64::new(0),
                open_until: AtomicU64::new(0),
                judge_from: AtomicU64::new(0),
                slow_call: AtomicU64::new(0),
            },
            locked: Mutex::new(locked),
            parts: Sharded::new(),
        };
        breaker.show(&mut lock(&breaker.locked), now);
        breaker
    }

    /// Leave for a call, where that can be said without the time and the lock.
    #[inline(always)]
    pub(crate) fn admit_at_once(&self) -> Option<Pass> {
        let closed = self.shown.closed.load(Acquire);
        (closed != 0).then_some(Pass { epoch: closed, probe: 0 })
    }

    /// Whether a call may go ahead now.
    #[inline]
    pub(crate) fn admit(&self, now: u64) -> (Result<Pass, Denied>, Option<Change>) {
        if let Some(pass) = self.admit_at_once() {
            return (Ok(pass), None);
        }
        let open_until = self.shown.open_until.load(Acquire);
        if now < open_until {
            self.reject();
            return (Err(Denied::until(open_until, now)), None);
        }
        self.ask(now)
    }

    #[inline]
    fn reject(&self) {
        let mine = self.parts.mine();
        mine.add(&mine.rejected, 1);
    }

    #[cold]
    fn ask(&self, now: u64) -> (Result<Pass, Denied>, Option<Change>) {
        let (admitted, change) = self.change(now, |locked| {
            let uncounted = Pass { epoch: UNCOUNTED, probe: 0 };
            match locked.mode {
                Mode::Disabled => return (Ok(uncounted), None),
                Mode::ForcedOpen => {
                    self.reject();
                    return (Err(Denied { retry_after: u64::MAX }), None);
                }
                Mode::Auto | Mode::Observe => {}
            }
            let (admitted, transition) = locked.state.admit(&locked.config, now);
            if admitted.is_err() {
                self.reject();
            }
            let admitted = match admitted {
                Err(_) if locked.mode == Mode::Observe => Ok(uncounted),
                admitted => admitted,
            };
            (admitted, transition.map(|transition| transition.reason))
        });
        (admitted, change)
    }

    /// Calls that take longer than so many nanoseconds are slow; `u64::MAX`: none is.
    #[inline(always)]
    pub(crate) fn slow_call(&self) -> u64 {
        self.shown.slow_call.load(Relaxed)
    }

    /// A call has succeeded, and was not slow.
    #[inline(always)]
    pub(crate) fn succeeded(&self, pass: Pass, now: impl FnOnce() -> u64) -> Option<Change> {
        let closed = self.shown.closed.load(Relaxed);
        if closed != pass.epoch {
            return self.record(pass, Ending::Ended(Call::default()), now());
        }
        let judge_from = self.shown.judge_from.load(Relaxed);
        // Where it does not matter when it ended, the clock is not read.
        let now = if judge_from == u64::MAX { 0 } else { now() };
        if now >= judge_from {
            return self.record(pass, Ending::Ended(Call::default()), now);
        }
        let mine = self.parts.mine();
        mine.add(&mine.successes, 1);
        mine.change(&mine.run, |run| Tagged::next(run, closed));
        if mine.run.load(Relaxed).is_multiple_of(RUN) {
            self.note(now);
        }
        None
    }

    /// Takes the threads' successes into the window, unless somebody else is at it.
    #[cold]
    fn note(&self, now: u64) {
        if let Ok(mut locked) = self.locked.try_lock() {
            // The time of a call that had no need of it is that of the last one that had.
            let now = now.max(locked.noted_at);
            self.settle(&mut locked, now);
            self.show(&mut locked, now);
        }
    }

    /// A call has ended.
    pub(crate) fn record(&self, pass: Pass, ending: Ending, now: u64) -> Option<Change> {
        if pass.epoch == UNCOUNTED {
            return None;
        }
        if ending == Ending::NoVerdict {
            let mine = self.parts.mine();
            mine.add(&mine.ignored, 1);
            if pass.probe == 0 {
                return None;
            }
        }
        let ((), change) = self.change(now, |locked| {
            let Locked { config, state, totals, is_due, .. } = locked;
            let Some(transition) = state.record(config, pass, ending, now) else {
                totals.stale += u64::from(ending != Ending::NoVerdict);
                return ((), None);
            };
            if let Ending::Ended(call) = ending {
                let count = if call.failed { &mut totals.failures } else { &mut totals.successes };
                *count += 1;
                totals.slow += u64::from(call.slow);
                *is_due = false;
            }
            ((), transition.map(|transition| transition.reason))
        });
        change
    }

    /// Goes into a phase because somebody wants it to, in the mode given.
    pub(crate) fn force(&self, mode: Mode, phase: Phase, now: u64) -> Option<Change> {
        let ((), change) = self.change(now, |locked| {
            locked.mode = mode;
            let Locked { config, state, .. } = locked;
            let transition = state.force(config, phase, now);
            ((), Some(transition.reason))
        });
        change
    }

    /// Decides in this mode from now on; what was seen is kept, and calls under way are stale.
    pub(crate) fn set_mode(&self, mode: Mode, now: u64) -> Option<Change> {
        let ((), change) = self.change(now, |locked| {
            if std::mem::replace(&mut locked.mode, mode) != mode {
                locked.state.renew();
            }
            ((), Some(CircuitReason::ByHand))
        });
        change
    }

    pub(crate) fn mode(&self) -> Mode {
        lock(&self.locked).mode
    }

    /// Takes other numbers; what was seen is kept, unless the window has another shape.
    pub(crate) fn configure(&self, config: Config, now: u64) -> Option<Change> {
        let ((), change) = self.change(now, |locked| {
            let transition = locked.state.configure(&locked.config, &config, now);
            locked.config = config;
            locked.is_due = true;
            ((), transition.map(|transition| transition.reason))
        });
        change
    }

    /// The numbers that hold now.
    pub(crate) fn config(&self) -> Config {
        lock(&self.locked).config.clone()
    }

    pub(crate) fn visible(&self) -> CircuitState {
        lock(&self.locked).visible()
    }

    /// Whether it is closed and decides by itself: only its window would be missed.
    pub(crate) fn is_at_rest(&self, _now: u64) -> bool {
        let locked = lock(&self.locked);
        locked.state.phase() == Phase::Closed && matches!(locked.mode, Mode::Auto | Mode::Observe)
    }

    /// What the window holds, and what was counted since the breaker was made.
    pub(crate) fn sums(&self, now: u64) -> (Sums, Totals) {
        let mut locked = lock(&self.locked);
        self.settle(&mut locked, now);
        let mut totals = locked.totals(now);
        totals.successes += self.parts.sum(|part| &part.successes);
        (locked.state.sums(now), totals)
    }

    /// How many calls were rejected, and how many ended without a verdict.
    pub(crate) fn without_verdict(&self) -> (u64, u64) {
        (self.parts.sum(|part| &part.rejected), self.parts.sum(|part| &part.ignored))
    }

    /// Changes something under the lock; says what of that can be seen from outside.
    fn change<R>(
        &self,
        now: u64,
        act: impl FnOnce(&mut Locked) -> (R, Option<CircuitReason>),
    ) -> (R, Option<Change>) {
        let mut locked = lock(&self.locked);
        self.settle(&mut locked, now);
        let (from, before) = (locked.visible(), locked.totals(now));
        let (value, reason) = act(&mut locked);
        let to = locked.visible();
        let change = (from != to).then(|| {
            locked.totals.time_in = before.time_in;
            locked.totals.transitions += 1;
            locked.since = now;
            let reason = reason.unwrap_or(CircuitReason::ByHand);
            Change { from, to, reason, number: locked.totals.transitions }
        });
        self.show(&mut locked, now);
        (value, change)
    }

    /// Notes what was counted in the parts.
    fn settle(&self, locked: &mut Locked, now: u64) {
        let epoch = locked.state.epoch();
        if std::mem::replace(&mut locked.noted_epoch, epoch) != epoch {
            locked.noted = 0;
        }
        let mut counted = 0_u64;
        self.parts.each(|part| counted += Tagged::count(part.run.load(Relaxed), epoch));
        let new = counted.wrapping_sub(locked.noted) & Tagged::COUNT;
        locked.noted = counted;
        if new > 0 && locked.state.phase() == Phase::Closed {
            // Of the part of time in which they were counted, if that is over.
            let when = match locked.config.window {
                Shape::Time(_) => locked.noted_at.min(now),
                Shape::Count(_) => now,
            };
            locked.state.succeeded(new, when);
        }
        locked.noted_at = now;
    }

    /// Shows to those who take no lock where the breaker is.
    fn show(&self, locked: &mut Locked, now: u64) {
        let Locked { config, state, mode, is_due, .. } = locked;
        let judge_from = match config.window {
            // Those of a disabled breaker count nowhere.
            _ if *is_due || *mode == Mode::Disabled => 0,
            _ if state.success_matters(config, now) => 0,
            Shape::Count(_) => u64::MAX,
            // When a part of the window is dropped, the rates of what is left may be worse.
            Shape::Time(nanos) => {
                let part = (nanos / 10).max(1);
                (now / part + 1).saturating_mul(part)
            }
        };
        let (closed, open_until) = match (*mode, state.phase()) {
            (Mode::Disabled, _) => (UNCOUNTED, 0),
            (Mode::ForcedOpen, _) => (0, u64::MAX),
            (Mode::Auto | Mode::Observe, Phase::Closed) => (state.epoch(), 0),
            (Mode::Auto, Phase::Open) => (0, state.open_until()),
            (Mode::Auto, Phase::HalfOpen) | (Mode::Observe, _) => (0, 0),
        };
        let Shown { closed: is_closed, open_until: is_open_until, .. } = &self.shown;
        change(&self.shown.slow_call, config.slow_call);
        change(&self.shown.judge_from, judge_from);
        change(is_open_until, open_until);
        change(is_closed, closed);
    }
}

/// Writes what has changed: others read the line.
fn change(word: &AtomicU64, value: u64) {
    if word.load(Relaxed) != value {
        word.store(value, Release);
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use loom::thread;

    use super::*;

    fn opened() -> Arc<Breaker> {
        let config = Config { open_for: 10, ..Config::DEFAULT };
        let breaker = Arc::new(Breaker::new(config, Mode::Auto, 0));
        breaker.force(Mode::Auto, Phase::Open, 0);
        breaker
    }

    #[test]
    fn of_two_that_come_when_it_may_probe_one_is_let_through() {
        loom::model(|| {
            let breaker = opened();
            let other = {
                let breaker = Arc::clone(&breaker);
                thread::spawn(move || breaker.admit(10).0.is_ok())
            };
            let mine = breaker.admit(10).0.is_ok();

            assert!(mine != other.join().unwrap());
        });
    }

    #[test]
    fn a_success_while_it_is_reset_counts_before_or_not_at_all() {
        loom::model(|| {
            let breaker = Arc::new(Breaker::new(Config::DEFAULT, Mode::Auto, 0));
            let early = breaker.admit(0).0.unwrap();
            let other = {
                let breaker = Arc::clone(&breaker);
                thread::spawn(move || breaker.force(Mode::Auto, Phase::Closed, 0))
            };
            breaker.succeeded(early, || 0);
            other.join().unwrap();

            assert_eq!(breaker.sums(0).0, Sums::default());
        });
    }
}
