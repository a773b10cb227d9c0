//! `failsafe`: a breaker over a time, or over failures in a row.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    time::Duration,
};

use failsafe::{
    Config, Error, FailurePolicy, Instrument, StateMachine, failure_policy,
    futures::CircuitBreaker as _,
};

use super::guard::{Break, Calling, Cannot, Fail, Guard, Rule, alone, body, has};
use crate::conformance::{
    Line, Outcome,
    case::{Case, Judge, Window},
    script::{Control, Kind},
};

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    alone(case, |policy| usize::from(policy.breaker.is_some()))?;
    let breaker = case.policy.breaker.as_ref().ok_or("no such policy")?;
    let numbers = Break::read(breaker, case.judge)?;
    if numbers.slow.is_some() {
        return Err("no slow calls");
    }
    if numbers.probes != 1 || numbers.half_open.is_some() {
        return Err("the first call after the time decides, whatever the number of probes");
    }
    if has(outcomes, |outcome| outcome.kind == Kind::Ignored) {
        return Err("no third verdict beside success and failure");
    }
    if numbers.judge == Judge::FailureIf && has(outcomes, |outcome| outcome.kind == Kind::Bad) {
        return Err("an `Ok` cannot be a failure");
    }
    let times: Vec<_> = (0..32).map(|again| numbers.open_below(again)).collect();
    let last = times[times.len() - 1];
    let times = Times { times: Arc::new(times), at: 0, last };
    Ok(match numbers.rule {
        Rule::Row(row) => guard(failure_policy::consecutive_failures(row, times), numbers.judge),
        Rule::Share { window: Window::Time(window), share, min_calls } if share < 1.0 => {
            let policy = failure_policy::success_rate_over_time_window(
                1.0 - share,
                min_calls,
                window.0,
                times,
            );
            guard(policy, numbers.judge)
        }
        Rule::Share { window: Window::Time(_), .. } => {
            return Err("a share of successes is never below nought");
        }
        Rule::Share { .. } => return Err("no window of calls"),
    })
}

fn guard<P>(policy: P, judge: Judge) -> Box<dyn Guard>
where
    P: FailurePolicy + Send + Sync + 'static,
{
    let state = Arc::new(AtomicU8::new(0));
    let machine =
        Config::new().failure_policy(policy).instrument(Watch(Arc::clone(&state))).build();
    Box::new(Failsafe { machine, state, judge })
}

struct Failsafe<P> {
    machine: StateMachine<P, Watch>,
    state: Arc<AtomicU8>,
    judge: Judge,
}

impl<P> Guard for Failsafe<P>
where
    P: FailurePolicy + Send + Sync + 'static,
{
    fn call(&self, line: Arc<Line>) -> Calling {
        let judge = self.judge;
        let fails = move |fail: &Fail| Break::fails(judge, fail);
        let calling = self.machine.call_with(fails, Box::pin(body(line)));
        Box::pin(async move {
            calling.await.map_err(|error| match error {
                Error::Inner(fail) => fail,
                Error::Rejected => Fail::Refused("circuit_open", None),
            })
        })
    }

    fn state(&self) -> Option<&'static str> {
        Some(["closed", "open", "half_open"][usize::from(self.state.load(SeqCst))])
    }

    fn controls(&self, control: Control) -> bool {
        control == Control::Reset
    }

    fn control(&self, _control: Control) -> Result<(), Cannot> {
        self.machine.reset();
        Ok(())
    }
}

/// Keeps the state, which is told to instruments alone.
struct Watch(Arc<AtomicU8>);

impl Instrument for Watch {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.0.store(1, SeqCst);
    }

    fn on_half_open(&self) {
        self.0.store(2, SeqCst);
    }

    fn on_closed(&self) {
        self.0.store(0, SeqCst);
    }
}

/// How long it stays open, time after time.
#[derive(Clone, Debug)]
struct Times {
    times: Arc<Vec<Duration>>,
    at: usize,
    last: Duration,
}

impl Iterator for Times {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let time = self.times.get(self.at).copied().unwrap_or(self.last);
        self.at += 1;
        Some(time)
    }
}
