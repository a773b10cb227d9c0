//! Head sampling: whether a span is recorded, decided when it starts.
//!
//! A sampler is a small `Copy` value and a decision a comparison or two: no clock, no randomness, no
//! allocation. What is random is the trace id, so that all services that see a trace decide alike.
//!
//! The ratio is consistent probability sampling as OpenTelemetry defines it: of the trace id the
//! right 56 bits, which W3C Trace Context level 2 demands to be random, are a number `R`; the trace
//! is kept if `R ≥ (1 − ratio) · 2⁵⁶`. Chosen over the older "lower bits below ratio · 2⁶³", because
//! every SDK cut different bits there, while this rule is written down and its threshold can be
//! sent along in `tracestate`. Whatever a lower ratio keeps, a higher one keeps too: services with
//! different ratios have the rarer traces in common, and complete.

mod names;
mod overrides;

use std::{error, fmt};

use super::id::TraceId;

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
enum Rule {
    AlwaysOff,
    AlwaysOn,
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
    /// The module says by which rule. A ratio below 2⁻⁵⁷ is zero.
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
        Ok(Self { root: Rule::Ratio { ratio, threshold: RANGE - kept }, obeys: Obeys::Nobody })
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
    #[must_use]
    pub const fn decide(&self, parent: Option<ParentDecision>, trace_id: TraceId) -> Decision {
        let sampled = match (self.obeys, parent) {
            (Obeys::Any, Some(parent)) => parent.sampled,
            (Obeys::Local, Some(parent)) if !parent.remote => parent.sampled,
            _ => match self.root {
                Rule::AlwaysOff => false,
                Rule::AlwaysOn => true,
                Rule::Ratio { threshold, .. } => randomness(trace_id) >= threshold,
            },
        };
        if sampled { Decision::Record } else { Decision::Drop }
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

/// Writes the sampler's name in `OTEL_TRACES_SAMPLER`, and its ratio in parentheses.
impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.obeys != Obeys::Nobody {
            f.write_str("parentbased_")?;
        }
        match self.root {
            Rule::AlwaysOff => f.write_str("always_off"),
            Rule::AlwaysOn => f.write_str("always_on"),
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

/// The right 56 bits of a trace id.
const fn randomness(trace_id: TraceId) -> u64 {
    trace_id.to_u128() as u64 & (RANGE - 1)
}

#[cfg(test)]
mod tests;
