//! Head sampling: whether a span is recorded, decided when it starts.
//!
//! A sampler is a small `Copy` value and a decision a comparison or two: no randomness, no
//! allocation. What is random is the trace id, so that all services that see a trace decide alike.
//!
//! # By ratio
//!
//! The ratio is [consistent probability sampling][probability] as OpenTelemetry defines it: of the
//! trace id the right 56 bits, which W3C Trace Context level 2 demands to be random, are a number
//! `R`; the trace is kept if `R ≥ T`, where `T = (1 − ratio) · 2⁵⁶` is the rejection threshold.
//! Chosen over the older "lower bits below ratio · 2⁶³", because every SDK cut different bits there,
//! while this rule is written down; the specification calls it `ProbabilitySampler` and means
//! `traceidratio` to become it. Whatever a lower ratio keeps, a higher one keeps too: services with
//! different ratios have the rarer traces in common, and complete.
//!
//! The threshold goes with the trace, in [`tracestate`][handling] as `ot=th:…` (hexadecimal, without
//! the zeros at its end: `ot=th:c` for a quarter, `ot=th:0` for all), and is exported with each
//! span: a backend counts a span `2⁵⁶ / (2⁵⁶ − T)` times. It has four digits behind those that are
//! `f`, as is recommended, which makes 0.1 a 0.100006; what is written is what decides.
//!
//! | the sampler | a sampled trace then has |
//! |---|---|
//! | `traceidratio` | its own threshold |
//! | obeys the parent | the parent's threshold; none if the parent has none, or one that contradicts its sampled flag (`R < T`) |
//! | `always_on` | 0 instead of a caller's threshold, else none |
//! | `rate_limited` | none: what depends on the load is no probability |
//!
//! An explicit randomness (`ot=rv:…`) counts instead of the trace id's. It, other keys of `ot` and
//! the members of others stay. A trace that is not sampled has no threshold.
//!
//! # By rate
//!
//! [`Sampler::per_second`] records at most so many traces a second that begin here. It follows the
//! generic cell rate algorithm: in `t` seconds at most `N · (t + 1)` traces, with no more than one
//! second's worth (but always one) at once, from the first moment on. Which of them are recorded is
//! first come, first served, so services downstream should obey their parents.
//!
//! [probability]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
//! [handling]: https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/

mod limiter;
mod names;
mod otel_state;
mod overrides;

use std::{error, fmt};

use super::id::TraceId;

pub(crate) use limiter::Limiter;
pub(crate) use otel_state::{OtelState, with_threshold};
pub use overrides::Overrides;

/// Decides at its start whether a span is recorded.
///
/// The default is `parentbased_always_on`: what the caller decided, and everything that starts here.
///
/// ```
/// use spandrel::trace::id::TraceId;
/// use spandrel::trace::sampler::{Decision, ParentDecision, Sampler};
///
/// let sampler = Sampler::ratio(0.1)?.parent_based();
/// let trace = TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
/// assert_eq!(sampler.decide(None, trace), Decision::Drop);
///
/// let caller = ParentDecision { sampled: true, remote: true };
/// assert_eq!(sampler.decide(Some(caller), trace), Decision::Record);
/// assert_eq!(sampler.to_string(), "parentbased_traceidratio(0.1)");
/// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    root: Rule,
    obeys: Obeys,
}

/// What a sampler decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The span is not recorded; the trace is passed on as not sampled.
    Drop,
    /// The span is recorded, and the trace passed on as sampled.
    Record,
}

/// What was decided about the parent of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentDecision {
    /// Whether the parent is recorded.
    pub sampled: bool,
    /// Whether the parent is a span of another process.
    pub remote: bool,
}

/// Says why a text describes no sampler, and what would.
///
/// ```
/// use spandrel::trace::sampler::Sampler;
///
/// let error = Sampler::parse("sometimes", None).unwrap_err();
/// assert!(error.to_string().starts_with("unknown sampler `sometimes`; valid are `always_on`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSampler {
    message: String,
}

/// What decides where no parent does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    AlwaysOff,
    AlwaysOn,
    Limited {
        per_second: f64,
    },
    /// The threshold follows from the ratio, which is kept to be shown.
    Ratio {
        ratio: f64,
        threshold: u64,
    },
}

/// Which parents decide for their children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obeys {
    Any,
    Local,
    Nobody,
}

impl Sampler {
    /// Records every span.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// assert_eq!(Sampler::parse("always_on", None)?, Sampler::always_on());
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    #[must_use]
    pub const fn always_on() -> Self {
        Self { root: Rule::AlwaysOn, obeys: Obeys::Nobody }
    }

    /// Records no span.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// assert_eq!(Sampler::parse("always_off", None)?, Sampler::always_off());
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    #[must_use]
    pub const fn always_off() -> Self {
        Self { root: Rule::AlwaysOff, obeys: Obeys::Nobody }
    }

    /// Records a share of all traces, the same ones in every service with that ratio.
    ///
    /// The [module](self) says by which rule, and what it tells others. A ratio below 2⁻⁵⁷ is zero.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// assert_eq!(Sampler::ratio(0.1)?.to_string(), "traceidratio(0.1)");
    /// assert!(Sampler::ratio(1.5).is_err());
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    ///
    /// # Errors
    /// The ratio is not between 0 and 1.
    pub fn ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        if !(0.0..=1.0).contains(&ratio) {
            let message = format!("the ratio `{ratio}` is not between 0 and 1");
            return Err(InvalidSampler::new(message));
        }
        // Scaling by a power of two loses nothing, as `1.0 - ratio` would for a small ratio.
        let kept = (ratio * RANGE as f64).round() as u64;
        let threshold = rounded(RANGE - kept);
        Ok(Self { root: Rule::Ratio { ratio, threshold }, obeys: Obeys::Nobody })
    }

    /// Records at most so many traces a second, and all of them while there are fewer.
    ///
    /// The [module](self) says by which rule. Each process has a limit of its own, and so has each
    /// pattern of [`Overrides`]: the functions that one matches share it.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// let sampler = Sampler::per_second(100.0)?.parent_based();
    /// assert_eq!(sampler.to_string(), "parentbased_rate_limited(100)");
    /// assert!(Sampler::per_second(0.2).is_ok(), "one in five seconds");
    /// assert!(Sampler::per_second(-1.0).is_err());
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    ///
    /// # Errors
    /// The rate is not between 0 and a million.
    pub fn per_second(rate: f64) -> Result<Self, InvalidSampler> {
        if !(0.0..=MOST_PER_SECOND).contains(&rate) {
            let message = format!("the rate `{rate}` is not between 0 and 1000000");
            return Err(InvalidSampler::new(message));
        }
        let root = if rate > 0.0 { Rule::Limited { per_second: rate } } else { Rule::AlwaysOff };
        Ok(Self { root, obeys: Obeys::Nobody })
    }

    /// Obeys the decision about the parent, and decides itself only where there is none.
    ///
    /// ```
    /// use spandrel::trace::sampler::Sampler;
    ///
    /// assert_eq!(Sampler::always_on().parent_based(), Sampler::default());
    /// ```
    #[must_use]
    pub const fn parent_based(self) -> Self {
        Self { obeys: Obeys::Any, ..self }
    }

    /// Obeys parents of this process only: callers may continue traces, but not decide.
    ///
    /// ```
    /// use spandrel::trace::id::TraceId;
    /// use spandrel::trace::sampler::{Decision, ParentDecision, Sampler};
    ///
    /// let sampler = Sampler::always_off().local_parent_based();
    /// let trace = TraceId::from_u128(1).unwrap();
    /// let caller = ParentDecision { sampled: true, remote: true };
    /// assert_eq!(sampler.decide(Some(caller), trace), Decision::Drop);
    /// ```
    #[must_use]
    pub const fn local_parent_based(self) -> Self {
        Self { obeys: Obeys::Local, ..self }
    }

    /// Decides about a span with this parent in this trace.
    ///
    /// As if nothing had been recorded yet: how many traces a second there were, and what
    /// `tracestate` says, a recorder knows.
    #[must_use]
    pub const fn decide(&self, parent: Option<ParentDecision>, trace_id: TraceId) -> Decision {
        let sampled = match (self.obeyed(parent), self.root) {
            (Some(sampled), _) => sampled,
            (None, Rule::AlwaysOff) => false,
            (None, Rule::AlwaysOn | Rule::Limited { .. }) => true,
            (None, Rule::Ratio { threshold, .. }) => randomness(trace_id) >= threshold,
        };
        if sampled { Decision::Record } else { Decision::Drop }
    }

    /// The parent's decision, if that one is obeyed.
    pub(crate) const fn obeyed(&self, parent: Option<ParentDecision>) -> Option<bool> {
        match (self.obeys, parent) {
            (Obeys::Any, Some(parent)) => Some(parent.sampled),
            (Obeys::Local, Some(parent)) if !parent.remote => Some(parent.sampled),
            _ => None,
        }
    }

    pub(crate) const fn rule(&self) -> Rule {
        self.root
    }

    /// The threshold that it tells others.
    pub(crate) const fn threshold(&self) -> Option<u64> {
        match self.root {
            Rule::Ratio { threshold, .. } if threshold < RANGE => Some(threshold),
            _ => None,
        }
    }

    /// What keeps its limit.
    pub(crate) fn limiter(&self) -> Option<Limiter> {
        match self.root {
            Rule::Limited { per_second } => {
                Some(Limiter::new((limiter::SECOND as f64 / per_second) as u64))
            }
            _ => None,
        }
    }
}

impl Decision {
    /// Whether the span is recorded.
    ///
    /// ```
    /// use spandrel::trace::sampler::Decision;
    ///
    /// assert!(Decision::Record.is_sampled() && !Decision::Drop.is_sampled());
    /// ```
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        matches!(self, Self::Record)
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::always_on().parent_based()
    }
}

/// Writes the sampler's name in `OTEL_TRACES_SAMPLER`, and its ratio or rate in parentheses.
impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.obeys != Obeys::Nobody {
            f.write_str("parentbased_")?;
        }
        match self.root {
            Rule::AlwaysOff => f.write_str("always_off"),
            Rule::AlwaysOn => f.write_str("always_on"),
            Rule::Limited { per_second } => write!(f, "rate_limited({per_second})"),
            Rule::Ratio { ratio, .. } => write!(f, "traceidratio({ratio})"),
        }?;
        if self.obeys == Obeys::Local { f.write_str(" of local parents") } else { Ok(()) }
    }
}

impl InvalidSampler {
    fn new(message: String) -> Self {
        Self { message }
    }
}

impl fmt::Display for InvalidSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for InvalidSampler {}

/// How many values the random part of a trace id has.
const RANGE: u64 = 1 << 56;

/// Beyond that there is nothing to limit: nanoseconds would not tell one rate from the next.
const MOST_PER_SECOND: f64 = 1_000_000.0;

/// Rounds a threshold to four hexadecimal digits behind those that are `f`.
///
/// The precision that the specification recommends, and the same thresholds as in other SDKs. It
/// is monotonous, for the precision changes where both agree.
const fn rounded(threshold: u64) -> u64 {
    let digits = 4 + (threshold << 8).leading_ones() / 4;
    if threshold >= RANGE || digits >= 14 {
        return threshold;
    }
    let unit = 1 << (4 * (14 - digits));
    (threshold + unit / 2) / unit * unit
}

/// The right 56 bits of a trace id.
pub(crate) const fn randomness(trace_id: TraceId) -> u64 {
    trace_id.to_u128() as u64 & (RANGE - 1)
}

#[cfg(test)]
mod tests;
