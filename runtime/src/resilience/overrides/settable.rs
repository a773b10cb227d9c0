//! What can be set from outside, mechanism by mechanism.

use std::fmt;

use super::literal::Parsed;
#[cfg(feature = "chaos")]
use crate::resilience::chaos;
use crate::resilience::{breaker, bulkhead, hedge, limit, policy, retry, timeout};

/// A mechanism, called as its attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Timeout,
    Retry,
    Hedge,
    CircuitBreaker,
    RateLimit,
    Bulkhead,
    Chaos,
}

impl Part {
    /// Outermost first.
    pub(crate) const ALL: [Self; 7] = [
        Self::Timeout,
        Self::Retry,
        Self::Hedge,
        Self::CircuitBreaker,
        Self::RateLimit,
        Self::Bulkhead,
        Self::Chaos,
    ];

    /// The name of its attribute.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Timeout => "timeout",
            Self::Hedge => "hedge",
            Self::CircuitBreaker => "circuit_breaker",
            Self::RateLimit => "rate_limit",
            Self::Bulkhead => "bulkhead",
            Self::Chaos => "chaos",
        }
    }

    /// Its bit in the word of a policy.
    pub(crate) const fn bit(self) -> u32 {
        match self {
            Self::Retry => policy::RETRY,
            Self::Timeout => policy::TIMEOUT,
            Self::Hedge => policy::HEDGE,
            Self::CircuitBreaker => policy::BREAKER,
            Self::RateLimit => policy::LIMIT,
            Self::Bulkhead => policy::BULKHEAD,
            Self::Chaos => policy::CHAOS,
        }
    }

    /// Its options but `enabled`; those that nest have a dot.
    pub(crate) fn options(self) -> impl Iterator<Item = &'static str> {
        let (some, more): (&[&str], &[&str]) = match self {
            Self::Retry => (retry::Settings::OPTIONS, retry::Limits::OPTIONS),
            Self::Timeout => (timeout::Limits::OPTIONS, &[]),
            Self::Hedge => (hedge::Settings::OPTIONS, &[]),
            Self::CircuitBreaker => (breaker::Template::OPTIONS, &[]),
            Self::RateLimit => (limit::Template::OPTIONS, &[]),
            Self::Bulkhead => (bulkhead::Template::OPTIONS, &[]),
            #[cfg(feature = "chaos")]
            Self::Chaos => (chaos::Settings::OPTIONS, &[]),
            #[cfg(not(feature = "chaos"))]
            Self::Chaos => (&[], &[]),
        };
        some.iter().chain(more).copied()
    }

    /// Whether an option takes this; it has to be one of [`Part::options`].
    pub(crate) fn check(self, option: &str, text: &str) -> Parsed<()> {
        match self {
            Self::Retry if retry::Limits::OPTIONS.contains(&option) => {
                check(retry::Limits::DEFAULT, option, text)
            }
            Self::Retry => check(retry::Settings::DEFAULT, option, text),
            Self::Timeout => check(timeout::Limits::NONE, option, text),
            Self::Hedge => check(hedge::Settings::DEFAULT, option, text),
            Self::CircuitBreaker => check(breaker::Template::DEFAULT, option, text),
            Self::RateLimit => check(limit::Template::ANY, option, text),
            Self::Bulkhead => check(bulkhead::Template::ANY, option, text),
            #[cfg(feature = "chaos")]
            Self::Chaos => check(chaos::Settings::NONE, option, text),
            #[cfg(not(feature = "chaos"))]
            Self::Chaos => Ok(()),
        }
    }
}

/// Sets an option of something that nobody uses.
fn check<T: Settable>(mut numbers: T, option: &str, text: &str) -> Parsed<()> {
    numbers.set(option, text)
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The numbers of a mechanism.
pub(crate) trait Settable {
    const PART: Part;
    /// In the order in which they are set: what one changes another one may set anew.
    const OPTIONS: &'static [&'static str];

    /// Sets one of them, or says what to write instead.
    fn set(&mut self, option: &str, text: &str) -> Parsed<()>;
}
