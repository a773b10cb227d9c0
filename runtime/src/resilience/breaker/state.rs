//! The state machine of a breaker: what it decides, given what happened and when.
//!
//! Everything here runs under the breaker's lock; what spares most calls the lock is in the module
//! above.

use super::{
    config::{Closing, Config},
    report::CircuitReason as Reason,
    window::{Call, Sums, Window},
};

/// Where a breaker is between letting all calls through and none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Closed,
    Open,
    HalfOpen,
}

/// A change of phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transition {
    pub to: Phase,
    pub reason: Reason,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Ended(Call),
    /// Nothing can be said: it was cancelled, or its outcome does not count.
    NoVerdict,
}

/// Leave for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(super) epoch: u64,
    /// The number of its probe; 0: it is none.
    pub(super) probe: u64,
}

/// No call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// Nanoseconds after which it is worth asking again; `u64::MAX`: nobody knows.
    pub retry_after: u64,
}

impl Denied {
    pub(super) fn until(moment: u64, now: u64) -> Self {
        let retry_after = if moment == u64::MAX { moment } else { moment.saturating_sub(now) };
        Self { retry_after }
    }
}

#[derive(Debug)]
pub(super) struct State {
    phase: Phase,
    epoch: u64,
    window: Window,
    consecutive: u32,
    /// How often it opened since it was closed last.
    reopened: u32,
    open_until: u64,
    probes: Probes,
}

/// The probes of one half-open phase.
#[derive(Debug, Default)]
struct Probes {
    /// Those under way, by number and beginning.
    running: Vec<(u64, u64)>,
    succeeded: u32,
    failed: u32,
    /// Numbers go on from phase to phase: a probe of an earlier one is never taken for one of these.
    last: u64,
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            phase: Phase::Closed,
            epoch: 1,
            window: Window::new(config.window),
            consecutive: 0,
            reopened: 0,
            open_until: 0,
            probes: Probes::default(),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn open_until(&self) -> u64 {
        self.open_until
    }

    pub(super) fn sums(&mut self, now: u64) -> Sums {
        self.window.sums(now)
    }

    /// Whether a call may go ahead; the first one after the wait takes the first probe.
    pub(super) fn admit(
        &mut self,
        config: &Config,
        now: u64,
    ) -> (Result<Pass, Denied>, Option<Transition>) {
        let mut transition = None;
        if self.phase == Phase::Open && now >= self.open_until {
            transition = Some(self.enter(Phase::HalfOpen, Reason::WaitIsOver));
        }
        if self.phase == Phase::HalfOpen
            && let Some(reopened) = self.expire_probes(config, now)
        {
            transition = Some(reopened);
        }
        let admitted = match self.phase {
            Phase::Closed => Ok(Pass { epoch: self.epoch, probe: 0 }),
            Phase::Open => Err(Denied::until(self.open_until, now)),
            Phase::HalfOpen => {
                self.probes.admit(config, now).map(|probe| Pass { epoch: self.epoch, probe })
            }
        };
        (admitted, transition)
    }

    /// Notes successes that were counted elsewhere, all of them before what follows.
    pub(super) fn succeeded(&mut self, times: u64, now: u64) {
        if times > 0 {
            self.consecutive = 0;
            self.window.add(Call::default(), times, now);
        }
    }

    /// Notes how a call went; `None` in the first place: it belongs to an earlier epoch.
    pub(super) fn record(
        &mut self,
        config: &Config,
        permit: Pass,
        ending: Ending,
        now: u64,
    ) -> Option<Option<Transition>> {
        if permit.epoch != self.epoch {
            return None;
        }
        Some(match self.phase {
            // Nobody has a permit of this epoch.
            Phase::Open => None,
            Phase::Closed => match ending {
                Ending::NoVerdict => None,
                Ending::Ended(call) => {
                    self.consecutive =
                        if call.failed { self.consecutive.saturating_add(1) } else { 0 };
                    self.window.add(call, 1, now);
                    self.judge(config, now)
                }
            },
            Phase::HalfOpen => {
                if !self.probes.take(permit.probe) {
                    // Its lease was over; it has been judged.
                    return None;
                }
                match ending {
                    Ending::NoVerdict => None,
                    Ending::Ended(call) => self.probed(config, call.failed || call.slow, now),
                }
            }
        })
    }

    /// Opens if the window says so.
    pub(super) fn judge(&mut self, config: &Config, now: u64) -> Option<Transition> {
        if self.phase != Phase::Closed {
            return None;
        }
        let sums = self.window.sums(now);
        let reached = |count: u64, rate: f64| count as f64 / sums.total as f64 >= rate;
        let has_quorum = sums.total >= config.quorum();
        let reason =
            if has_quorum && sums.failures > 0 && reached(sums.failures, config.failure_rate) {
                Reason::FailureRate
            } else if has_quorum && sums.slow > 0 && reached(sums.slow, config.slow_rate) {
                Reason::SlowRate
            } else if config.consecutive > 0 && self.consecutive >= config.consecutive {
                Reason::Consecutive
            } else {
                return None;
            };
        Some(self.open(config, reason, now))
    }

    /// Whether a success could change anything but the sums.
    pub(super) fn success_matters(&mut self, config: &Config, now: u64) -> bool {
        let sums = self.window.sums(now);
        let is_clean = sums.failures == 0 && sums.slow == 0 && self.consecutive == 0;
        !is_clean && sums.total < config.quorum()
    }

    /// Takes other numbers: what was seen is kept, unless it does not fit into the new window.
    pub(super) fn configure(
        &mut self,
        old: &Config,
        config: &Config,
        now: u64,
    ) -> Option<Transition> {
        if old.window != config.window {
            self.window = Window::new(config.window);
        }
        // With fewer probes to come there may be none left to wait for.
        if self.phase == Phase::HalfOpen { self.judge_probes(config, now) } else { None }
    }

    /// Takes the calls under way for those of earlier: their results are stale from now on.
    pub(super) fn renew(&mut self) {
        self.epoch += 1;
        self.probes.running.clear();
    }

    /// Goes into a phase because somebody wants it to.
    pub(super) fn force(&mut self, config: &Config, phase: Phase, now: u64) -> Transition {
        match phase {
            Phase::Open => self.open(config, Reason::ByHand, now),
            Phase::HalfOpen => self.enter(Phase::HalfOpen, Reason::ByHand),
            Phase::Closed => self.close(Reason::ByHand),
        }
    }

    fn expire_probes(&mut self, config: &Config, now: u64) -> Option<Transition> {
        while let Some(expired) = self.probes.expired(config, now) {
            self.probes.take(expired);
            if let Some(transition) = self.probed(config, true, now) {
                return Some(transition);
            }
        }
        None
    }

    fn probed(&mut self, config: &Config, failed: bool, now: u64) -> Option<Transition> {
        if failed {
            self.probes.failed += 1;
        } else {
            self.probes.succeeded += 1;
        }
        self.judge_probes(config, now)
    }

    fn judge_probes(&mut self, config: &Config, now: u64) -> Option<Transition> {
        let Probes { succeeded, failed, .. } = self.probes;
        let all = succeeded + failed >= config.probes;
        let opens = failed > 0
            && match config.closing {
                Closing::MaxFailures(most) => failed >= most,
                Closing::Rate(rate) => {
                    all && f64::from(failed) / f64::from(succeeded + failed) >= rate
                }
            };
        if opens {
            self.reopened = self.reopened.saturating_add(1);
            Some(self.open(config, Reason::ProbeFailed, now))
        } else if all {
            Some(self.close(Reason::ProbesSucceeded))
        } else {
            None
        }
    }

    fn open(&mut self, config: &Config, reason: Reason, now: u64) -> Transition {
        self.open_until = now.saturating_add(config.open_for(self.reopened));
        self.enter(Phase::Open, reason)
    }

    fn close(&mut self, reason: Reason) -> Transition {
        self.window.clear();
        self.consecutive = 0;
        self.reopened = 0;
        self.enter(Phase::Closed, reason)
    }

    fn enter(&mut self, to: Phase, reason: Reason) -> Transition {
        self.phase = to;
        self.epoch += 1;
        self.probes = Probes { last: self.probes.last, ..Probes::default() };
        Transition { to, reason }
    }
}

impl Probes {
    fn admit(&mut self, config: &Config, now: u64) -> Result<u64, Denied> {
        let used = self.running.len() as u64 + u64::from(self.succeeded + self.failed);
        if used < u64::from(config.probes.max(1)) {
            self.last += 1;
            self.running.push((self.last, now));
            return Ok(self.last);
        }
        // A slot is free at the latest when the lease of the oldest probe is over, which it is not
        // yet at its last moment.
        let oldest = self.running.iter().map(|(_, began)| *began).min().unwrap_or(now);
        Err(Denied::until(oldest.saturating_add(config.lease()).saturating_add(1), now))
    }

    fn expired(&self, config: &Config, now: u64) -> Option<u64> {
        let is_over = |began: u64| now.saturating_sub(began) > config.lease();
        self.running.iter().find(|(_, began)| is_over(*began)).map(|(number, _)| *number)
    }

    /// Removes a probe; `false`: it is not there any more.
    fn take(&mut self, number: u64) -> bool {
        let place = self.running.iter().position(|(running, _)| *running == number);
        place.map(|place| self.running.swap_remove(place)).is_some()
    }
}
