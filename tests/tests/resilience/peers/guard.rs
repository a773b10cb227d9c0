//! What an adapter is: a library's own objects, built from the numbers of a case.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::conformance::{
    Good, Line, Outcome,
    body::Failed,
    case::{Backoff, Breaker, Case, Jitter, Judge, Numbers, RateLimit, Window},
    script::{Control, Kind},
};

/// Why a case cannot be said in the words of a library.
pub(super) type Cannot = &'static str;

pub(super) type Calling = Pin<Box<dyn Future<Output = Result<Good, Fail>>>>;

/// How a call fails that a library guards.
#[derive(Clone, Debug)]
pub(super) enum Fail {
    /// By itself.
    Own(Failed),
    /// In the word of the scripts, and when to come back, where the library says so.
    Refused(&'static str, Option<Duration>),
}

impl Fail {
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Own(failed) => failed.kind(),
            Self::Refused(..) => None,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Own(failed) => failed.retry_after(),
            Self::Refused(..) => None,
        }
    }
}

/// What a library publishes of a number that scripts ask for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Count(u64),
    Share(f64),
}

/// A library's objects.
pub(super) trait Guard {
    fn call(&self, line: Arc<Line>) -> Calling;

    /// The state of its breaker, where it has one and says so.
    fn state(&self) -> Option<&'static str> {
        None
    }

    fn number(&self, _key: &str) -> Option<Number> {
        None
    }

    /// Whether its rejections say when to come back.
    fn says_when(&self) -> bool {
        false
    }

    /// Does it, or cannot.
    fn control(&self, _control: Control) -> Result<(), Cannot> {
        Err("no such control by hand")
    }

    /// Whether [`Guard::control`] would.
    fn controls(&self, _control: Control) -> bool {
        false
    }
}

/// A body, as a library calls it.
pub(super) async fn body(line: Arc<Line>) -> Result<Good, Fail> {
    line.run_async().await.map_err(Fail::Own)
}

/// The value of a future that waits for nobody.
pub(super) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("somebody else holds it"),
    }
}

/// Whether any body of the script ends like this.
pub(super) fn has(outcomes: &[Outcome], is_meant: impl Fn(&Outcome) -> bool) -> bool {
    outcomes.iter().any(is_meant)
}

/// What decides that a breaker opens.
pub(super) enum Rule {
    /// So many failures in a row.
    Row(u32),
    /// A share of the calls of a window.
    Share { share: f64, window: Window, min_calls: u32 },
}

/// The numbers of a breaker, the defaults of our table included.
pub(super) struct Break {
    pub(super) rule: Rule,
    pub(super) slow: Option<(Duration, f64)>,
    pub(super) open_for: Duration,
    pub(super) backoff: Option<f64>,
    pub(super) open_max: Duration,
    pub(super) probes: u32,
    /// A share of failed probes, where not the first of them decides.
    pub(super) half_open: Option<f64>,
    pub(super) judge: Judge,
}

impl Break {
    pub(super) fn read(breaker: &Breaker, judge: Judge) -> Result<Self, Cannot> {
        if breaker.observe {
            return Err("no mode that only observes");
        }
        if breaker.max_failures.is_some() {
            return Err("no number of probes that may fail");
        }
        if breaker.on_cancel.is_some() {
            return Err("no verdict on calls that are dropped");
        }
        if matches!(
            judge,
            Judge::Classify | Judge::ClassifyForBreaker | Judge::FailureIfAndClassify
        ) {
            return Err("no third verdict beside success and failure");
        }
        let tells_window = breaker.window.is_some()
            || breaker.min_calls.is_some()
            || breaker.failure_rate.is_some();
        let window = breaker.window.clone().unwrap_or(Window::Calls(100));
        let min_calls = match window {
            Window::Calls(calls) => breaker.min_calls.unwrap_or(20).min(calls),
            Window::Time(_) => breaker.min_calls.unwrap_or(20),
        };
        let rule = match breaker.consecutive {
            Some(_) if tells_window => return Err("not a share and failures in a row at once"),
            Some(row) => Rule::Row(row),
            None => Rule::Share { share: breaker.failure_rate.unwrap_or(0.5), window, min_calls },
        };
        Ok(Self {
            rule,
            slow: breaker.slow_call.map(|time| (time.0, breaker.slow_rate.unwrap_or(1.0))),
            open_for: breaker.open_for.map_or(Duration::from_secs(30), |time| time.0),
            backoff: breaker.open_backoff,
            open_max: breaker.open_max.map_or(Duration::MAX, |time| time.0),
            probes: breaker.probes.unwrap_or(1),
            half_open: breaker.half_open_rate,
            judge,
        })
    }

    /// How long it stays open for the so many-th time in a row, counted from nought.
    pub(super) fn open_for(&self, again: u32) -> Duration {
        let grown = self.open_for.as_secs_f64() * self.backoff.unwrap_or(1.0).powi(again as i32);
        Duration::try_from_secs_f64(grown).unwrap_or(Duration::MAX).min(self.open_max)
    }

    /// The same for a library that lets somebody through only later than at its end: shorter by the
    /// least that there is, so that this difference hides no other one.
    pub(super) fn open_below(&self, again: u32) -> Duration {
        self.open_for(again).saturating_sub(Duration::from_nanos(1))
    }

    /// Whether an error is a failure.
    pub(super) fn fails(judge: Judge, fail: &Fail) -> bool {
        judge != Judge::FailureIf || fail.kind() == Some(Kind::Failure)
    }
}

/// The waits of a retry whose chance is fixed: first, cap, factor.
pub(super) fn waits(
    backoff: Option<&Backoff>,
    chance: Option<f64>,
) -> Result<(Duration, Duration, f64), Cannot> {
    let Some(backoff) = backoff else {
        return Ok((Duration::from_millis(100), Duration::from_secs(10), 2.0));
    };
    match (backoff.jitter, chance) {
        (Jitter::None, _) | (Jitter::Full, Some(1.0)) => {}
        _ => return Err("no jitter of this kind whose chance can be fixed"),
    }
    Ok((backoff.first.0, backoff.cap.0, backoff.factor.unwrap_or(2.0)))
}

/// The time from one call to the next, rounded up.
pub(super) fn interval(limit: &RateLimit) -> Duration {
    Duration::from_nanos(limit.per.0.as_nanos().div_ceil(limit.calls.into()) as u64)
}

/// Refuses what only a stack of policies can say.
pub(super) fn alone(case: &Case, is_meant: impl Fn(&Numbers) -> usize) -> Result<(), Cannot> {
    let Numbers { breaker, rate_limit, bulkhead, retry, timeout, hedge, fallback } = &case.policy;
    let told = [
        breaker.is_some(),
        rate_limit.is_some(),
        bulkhead.is_some(),
        retry.is_some(),
        timeout.is_some(),
        hedge.is_some(),
        fallback.is_some(),
    ];
    let told = told.into_iter().filter(|told| *told).count();
    if told != is_meant(&case.policy) || case.inner.is_some() {
        return Err("no such policy");
    }
    Ok(())
}
