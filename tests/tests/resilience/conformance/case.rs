//! What stands in a file of cases.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de::Error};

use super::objects::Way;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The rule, as a sentence.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) policy: Numbers,
    /// A policy around the body, within the other one.
    #[serde(default)]
    pub(crate) inner: Option<Numbers>,
    /// What `configure` changes to.
    #[serde(default)]
    pub(crate) reconfigured: Option<Numbers>,
    /// What chance is; without it, its own.
    #[serde(default)]
    pub(crate) chance: Option<f64>,
    #[serde(default)]
    pub(crate) judge: Judge,
    pub(crate) script: Vec<String>,
    /// In what the code is known to be otherwise; once it is not, this has to go.
    #[serde(default)]
    pub(crate) differs: Option<String>,
    /// Why the plain object cannot be played.
    #[serde(default)]
    plain: Option<String>,
    /// Why the engine for functions cannot.
    #[serde(default)]
    sync: Option<String>,
    /// Why the engine for futures cannot.
    #[serde(default)]
    r#async: Option<String>,
}

impl Case {
    pub(crate) fn reason(&self, way: Way) -> Option<&str> {
        let reason = match way {
            Way::Plain => &self.plain,
            Way::Sync => &self.sync,
            Way::Async => &self.r#async,
        };
        reason.as_deref()
    }
}

/// By what an outcome is judged, beside the type of what is returned.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Judge {
    #[default]
    Default,
    /// What the error says.
    Classify,
    /// The same, to the circuit breaker alone.
    ClassifyForBreaker,
    /// And to the retry alone.
    ClassifyForRetry,
    /// A predicate for which only what is bad is a failure, also where it is an `Ok`.
    FailureIf,
    /// Both.
    FailureIfAndClassify,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbers {
    pub(crate) breaker: Option<Breaker>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) bulkhead: Option<Bulkhead>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Timeout>,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) fallback: Option<Fallback>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Breaker {
    pub(crate) failure_rate: Option<f64>,
    pub(crate) window: Option<Window>,
    pub(crate) min_calls: Option<u32>,
    pub(crate) slow_call: Option<Time>,
    pub(crate) slow_rate: Option<f64>,
    pub(crate) consecutive: Option<u32>,
    pub(crate) open_for: Option<Time>,
    pub(crate) open_backoff: Option<f64>,
    pub(crate) open_max: Option<Time>,
    pub(crate) probes: Option<u32>,
    pub(crate) half_open_rate: Option<f64>,
    pub(crate) max_failures: Option<u32>,
    /// `ignore` or `failure_if_slow`.
    pub(crate) on_cancel: Option<OnCancel>,
    #[serde(default)]
    pub(crate) observe: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnCancel {
    FailureIfSlow,
    Ignore,
}

/// So many calls, or a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Window {
    Calls(u32),
    Time(Time),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) calls: u32,
    pub(crate) per: Time,
    pub(crate) burst: Option<u32>,
    pub(crate) wait: Option<Time>,
    #[serde(default)]
    pub(crate) observe: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulkhead {
    pub(crate) max_concurrent: u32,
    pub(crate) queue: Option<u32>,
    pub(crate) wait: Option<Time>,
    #[serde(default)]
    pub(crate) observe: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    pub(crate) max_attempts: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) max_elapsed: Option<Time>,
    /// None: without one.
    pub(crate) budget: Option<Budget>,
    pub(crate) idempotent: Option<bool>,
    #[serde(default)]
    pub(crate) retry_on: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backoff {
    pub(crate) first: Time,
    pub(crate) cap: Time,
    pub(crate) factor: Option<f64>,
    #[serde(default)]
    pub(crate) jitter: Jitter,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Jitter {
    Decorrelated,
    Equal,
    Full,
    #[default]
    None,
    Proportional(f64),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    pub(crate) share: Option<f64>,
    pub(crate) reserve_per_second: Option<f64>,
    pub(crate) window: Option<Time>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeout {
    pub(crate) attempt: Option<Time>,
    pub(crate) total: Option<Time>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hedge {
    /// None: by what 95 of 100 calls took.
    pub(crate) after: Option<Time>,
    pub(crate) max_attempts: Option<u32>,
}

/// Answers in place of what it names; of everything, if it names nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fallback {
    pub(crate) on: Option<Vec<String>>,
    /// The letters of the errors.
    pub(crate) when: Option<String>,
}

/// A time, as `1h`, `3s`, `250ms`, `7us` or `1ns`, or a sum of them with `+`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Time(pub Duration);

impl Time {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let part = |text: &str| {
            let digits = text.find(|c: char| !c.is_ascii_digit())?;
            let count: u64 = text[..digits].parse().ok()?;
            Some(match &text[digits..] {
                "h" => Duration::from_secs(count * 3_600),
                "s" => Duration::from_secs(count),
                "ms" => Duration::from_millis(count),
                "us" => Duration::from_micros(count),
                "ns" => Duration::from_nanos(count),
                _ => return None,
            })
        };
        text.split('+').map(part).sum::<Option<_>>().map(Self)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no time")))
    }
}
