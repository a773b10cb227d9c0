//! What a step shows, in the words of the scripts.

use std::time::Duration;

use spandrel::resilience::{Deadline, RejectedKind};

use super::{
    body::{Bodies, Failed, Good},
    case::Time,
    drive::Ended,
    objects::Objects,
};

const RESULTS: [&str; 13] = [
    "ok",
    "bad",
    "error",
    "panicked",
    "fallback",
    "circuit_open",
    "rate_limited",
    "bulkhead_full",
    "attempt_timeout",
    "timeout",
    "running",
    "waiting",
    "cancelled",
];
const STATES: [&str; 5] = ["closed", "open", "half_open", "disabled", "forced_open"];

/// How a call stands after a step.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) result: &'static str,
    retry_after: Option<Duration>,
    status: Option<u64>,
    /// What the rejection says about how many attempts ran.
    told: Option<u64>,
    /// The number of the body whose answer or error came out.
    code: Option<u64>,
    pub(crate) took: Duration,
    pub(crate) bodies: Bodies,
}

impl Shown {
    /// A call that is over, or not; then its body may run or wait at a door.
    pub(crate) fn new(ended: Option<&Ended>, took: Duration, bodies: Bodies) -> Self {
        let goes_on = if bodies.live > 0 { "running" } else { "waiting" };
        let mut shown = Self {
            result: goes_on,
            retry_after: None,
            status: None,
            told: None,
            code: None,
            took,
            bodies,
        };
        match ended {
            None => {}
            Some(None) => shown.result = "panicked",
            Some(Some(Ok(good))) => {
                (shown.result, shown.code) = match good {
                    Good::Answer(number) => ("ok", Some(u64::from(*number))),
                    Good::Bad(number) => ("bad", Some(u64::from(*number))),
                    Good::Fallback => ("fallback", None),
                }
            }
            Some(Some(Err(Failed::Own(_, number)))) => {
                (shown.result, shown.code) = ("error", Some(u64::from(*number)));
            }
            Some(Some(Err(Failed::Unscripted))) => shown.result = "more attempts than scripted",
            Some(Some(Err(Failed::Refused(rejected)))) => {
                shown.retry_after = rejected.retry_after();
                shown.status = Some(rejected.http_status().into());
                shown.told = Some(rejected.attempts().into());
                shown.result = match rejected.kind() {
                    RejectedKind::CircuitOpen => "circuit_open",
                    RejectedKind::RateLimited => "rate_limited",
                    RejectedKind::BulkheadFull => "bulkhead_full",
                    RejectedKind::Timeout(Deadline::Attempt) => "attempt_timeout",
                    RejectedKind::Timeout(Deadline::Total) => "timeout",
                    _ => "chaos",
                };
            }
        }
        shown
    }

    pub(crate) fn cancelled(bodies: Bodies) -> Self {
        Self { result: "cancelled", ..Self::new(None, Duration::ZERO, bodies) }
    }
}

/// A value that a word names.
enum Value {
    Time(Option<Duration>),
    Count(Option<u64>),
    Share(Option<f64>),
}

/// Checks the words of a step.
pub(crate) fn check<'w>(
    expects: impl Iterator<Item = &'w String>,
    shown: Option<&Shown>,
    objects: &Objects,
) -> Result<(), String> {
    for word in expects {
        let (expected, found) = if RESULTS.contains(&&**word) {
            (&**word, shown.map_or("no call", |shown| shown.result).to_owned())
        } else if STATES.contains(&&**word) {
            let breaker = objects.breaker();
            (&**word, breaker.map_or("no breaker", |breaker| breaker.state().as_str()).to_owned())
        } else {
            let value = word
                .split_once('=')
                .and_then(|(key, expected)| Some((expected, value(key, shown, objects)?)));
            let (expected, value) = value.ok_or_else(|| format!("`{word}` is nothing to see"))?;
            (expected, show(&value, expected).map_err(|()| format!("`{word}` is no value"))?)
        };
        if expected != found {
            let key = word.split_once('=').map_or(String::new(), |(key, _)| format!("{key}="));
            return Err(format!("expected {key}{expected}, found {key}{found}"));
        }
    }
    Ok(())
}

/// Says a value in the words in which another one is expected, where it is the same.
fn show(value: &Value, expected: &str) -> Result<String, ()> {
    let (is_same, found) = match value {
        Value::Time(found) => {
            let expected = match expected {
                "none" => None,
                time => Some(Time::read(time).ok_or(())?.0),
            };
            (expected == *found, format!("{found:?}"))
        }
        Value::Count(found) => {
            let expected = match expected {
                "none" => None,
                count => Some(count.parse().map_err(|_| ())?),
            };
            (expected == *found, format!("{found:?}"))
        }
        Value::Share(found) => {
            let expected: Option<f64> = match expected {
                "none" => None,
                share => Some(share.parse().map_err(|_| ())?),
            };
            (expected == *found, format!("{found:?}"))
        }
    };
    Ok(if is_same { expected.to_owned() } else { found })
}

fn value(key: &str, shown: Option<&Shown>, objects: &Objects) -> Option<Value> {
    of_call(key, shown)
        .or_else(|| of_breaker(key, objects))
        .or_else(|| of_limiter(key, objects))
        .or_else(|| of_bulkhead(key, objects))
        .or_else(|| of_budget(key, objects))
}

fn of_call(key: &str, shown: Option<&Shown>) -> Option<Value> {
    let shown = shown?;
    Some(match key {
        "retry_after" => Value::Time(shown.retry_after),
        "took" => Value::Time(Some(shown.took)),
        "time_left" => Value::Time(shown.bodies.time_left),
        "attempt" => Value::Count(Some(shown.bodies.attempt.into())),
        "polls" => Value::Count(Some(shown.bodies.polls.into())),
        "attempts" => Value::Count(Some(shown.bodies.ran.into())),
        "live" => Value::Count(Some(shown.bodies.live.into())),
        "told" => Value::Count(shown.told),
        "code" => Value::Count(shown.code),
        "status" => Value::Count(shown.status),
        _ => return None,
    })
}

fn of_breaker(key: &str, objects: &Objects) -> Option<Value> {
    let found = objects.breaker()?.statistics();
    let count = match key {
        "window" => found.calls_in_window(),
        "successes" => found.successes(),
        "failures" => found.failures(),
        "slow" => found.slow(),
        "rejected" => found.rejected(),
        "ignored" => found.ignored(),
        "stale" => found.stale(),
        "transitions" => found.transitions(),
        "failure_rate" => return Some(Value::Share(found.failure_rate())),
        "slow_rate" => return Some(Value::Share(found.slow_rate())),
        _ => return None,
    };
    Some(Value::Count(Some(count)))
}

fn of_limiter(key: &str, objects: &Objects) -> Option<Value> {
    let found = objects.limiter.as_ref()?.statistics();
    let count = match key {
        "admitted" => found.admitted(),
        "turns_waited" => found.waited(),
        "limited" => found.rejected(),
        "available" => found.available(),
        _ => return None,
    };
    Some(Value::Count(Some(count)))
}

fn of_bulkhead(key: &str, objects: &Objects) -> Option<Value> {
    let found = objects.bulkhead.as_ref()?.statistics();
    let count = match key {
        "in_flight" => found.in_flight(),
        "queued" => found.queued(),
        "places" => found.max_concurrent().into(),
        "entered" => found.entered(),
        "queue_waited" => found.waited(),
        "turned_away" => found.rejected(),
        _ => return None,
    };
    Some(Value::Count(Some(count)))
}

fn of_budget(key: &str, objects: &Objects) -> Option<Value> {
    let found = objects.budget.as_ref()?.statistics();
    let count = match key {
        "budget_calls" => found.calls(),
        "afforded" => found.afforded(),
        "not_afforded" => found.refused(),
        _ => return None,
    };
    Some(Value::Count(Some(count)))
}

/// Whether a word says how a call ended.
pub(crate) fn is_result(word: &str) -> bool {
    RESULTS.contains(&word)
}
