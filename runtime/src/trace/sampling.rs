//! Asks the samplers whether a new local root is recorded, and says so in its `tracestate`.
//!
//! What a sampler decides is a pure function; what it needs beside that is here: the state of the
//! limited ones, and the thresholds that the others tell to whoever comes after them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{
    context::Extra,
    id::{TraceFlags, TraceId},
    propagation::{SamplingState, TraceState},
    sampler::{
        Limiter, OtelState, Overrides, ParentDecision, Rule, Sampler, randomness, with_threshold,
    },
    threshold,
};
use crate::{diag, site::Site, time};

/// The sampler of a recorder or of a scope, and its exceptions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampling {
    sampler: Chosen,
    overrides: Overrides,
    /// The samplers of the overrides, in their order.
    overriding: Box<[Chosen]>,
}

/// A sampler at work.
#[derive(Clone, Debug)]
struct Chosen {
    sampler: Sampler,
    /// What the context of a trace that it keeps has in its flags, if that trace had no state.
    flags: Option<u16>,
    limiter: Option<Limiter>,
}

/// What a local root begins under.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Under<'a> {
    /// The flags of a remote parent.
    pub(crate) parent: Option<TraceFlags>,
    /// What came with them, or alone.
    pub(crate) extra: Option<&'a Extra>,
}

/// What was decided about a local root.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Root {
    pub(crate) sampled: bool,
    pub(crate) w3c: TraceFlags,
    /// For the flags of its context; see [`threshold`].
    pub(crate) flags: u16,
    /// Takes the place of the state that came.
    pub(crate) trace_state: Option<TraceState>,
}

impl Sampling {
    pub(crate) fn new(sampler: Sampler, overrides: Overrides) -> Self {
        let overriding = overrides.samplers().map(Chosen::new).collect();
        Self { sampler: Chosen::new(sampler), overrides, overriding }
    }

    /// Decides about a root.
    #[inline]
    pub(crate) fn decide(&self, site: &Site, trace: TraceId, under: Under<'_>) -> Root {
        let chosen = self.of(site);
        match under {
            Under { parent: None, extra: None } => chosen.begin(trace),
            under => chosen.join(trace, under),
        }
    }

    /// Whether an exception says that nothing is ever recorded where the site begins a trace.
    pub(crate) fn silences(&self, site: &Site) -> bool {
        !self.overriding.is_empty()
            && !std::ptr::eq(self.of(site), &self.sampler)
            && self.of(site).sampler.rule() == Rule::AlwaysOff
    }

    fn of(&self, site: &Site) -> &Chosen {
        if self.overriding.is_empty() {
            return &self.sampler;
        }
        let position = self.overrides.position(site.target(), site.span_name());
        position.and_then(|position| self.overriding.get(position)).unwrap_or(&self.sampler)
    }
}

impl Under<'_> {
    /// What was decided before; a caller that defers has decided nothing.
    fn decision(self) -> Option<ParentDecision> {
        let caller = self.extra.and_then(|extra| extra.caller);
        let sampled = match (self.parent, caller) {
            (_, Some(SamplingState::Defer)) => None,
            (Some(flags), _) => Some(flags.is_sampled()),
            (None, caller) => caller.and_then(SamplingState::decision),
        }?;
        Some(ParentDecision { sampled, remote: true })
    }

    /// Whether the trace id is another's, and nobody says that it is random.
    fn presumes_randomness(self, said: OtelState) -> bool {
        said.randomness.is_none() && self.parent.is_some_and(|flags| !flags.is_random())
    }
}

impl Chosen {
    fn new(sampler: Sampler) -> Self {
        let state = |threshold| with_threshold(&TraceState::new(), Some(threshold));
        let flags =
            sampler.threshold().and_then(|threshold| threshold::flags_of(&state(threshold)));
        Self { sampler, flags, limiter: sampler.limiter() }
    }

    /// Decides about a trace of which nothing is known.
    #[inline]
    fn begin(&self, trace: TraceId) -> Root {
        let (sampled, threshold) = self.decide(randomness(trace), OtelState::default());
        let root = Root::new(sampled, true);
        match (threshold.filter(|_| sampled), self.flags) {
            (None, _) => root,
            (Some(_), Some(flags)) => Root { flags, ..root },
            (threshold, None) => root.telling(&TraceState::new(), threshold),
        }
    }

    /// Decides about a trace that came with a request, or about which a caller has said something.
    #[inline(never)]
    fn join(&self, trace: TraceId, under: Under<'_>) -> Root {
        let none = TraceState::new();
        let came = under.extra.map_or(&none, |extra| &extra.trace_state);
        let said = OtelState::read(came);
        let randomness = said.randomness.unwrap_or(randomness(trace));
        let (sampled, threshold) = match self.sampler.obeyed(under.decision()) {
            Some(sampled) => (sampled, said.threshold.filter(|threshold| randomness >= *threshold)),
            None => {
                if self.sampler.threshold().is_some() && under.presumes_randomness(said) {
                    warn_of_presumption();
                }
                self.decide(randomness, said)
            }
        };
        // A trace id of ours is random in all its bytes; of another one the flag tells.
        let root = Root::new(sampled, under.parent.is_none_or(TraceFlags::is_random));
        // Whoever does not record a span has no probability to tell.
        let threshold = threshold.filter(|_| sampled);
        if said.threshold == threshold && said.has_threshold == threshold.is_some() {
            return root;
        }
        match self.flags.filter(|_| came.is_empty()) {
            Some(flags) => Root { flags, ..root },
            None => root.telling(came, threshold),
        }
    }

    /// Decides without a parent; also the threshold that the trace has from then on.
    #[inline]
    fn decide(&self, randomness: u64, said: OtelState) -> (bool, Option<u64>) {
        match (self.sampler.rule(), &self.limiter) {
            (Rule::AlwaysOff, _) => (false, None),
            // Says nothing about a trace that nobody samples by probability.
            (Rule::AlwaysOn, _) => (true, said.has_threshold.then_some(0)),
            (Rule::Ratio { threshold, .. }, _) => (randomness >= threshold, Some(threshold)),
            (Rule::Limited { .. }, None) => (true, None),
            (Rule::Limited { .. }, Some(limiter)) => (limiter.admit(time::steady_nanos()), None),
        }
    }
}

impl Root {
    #[inline]
    fn new(sampled: bool, random: bool) -> Self {
        let flag = |set, flag: TraceFlags| if set { flag } else { TraceFlags::default() };
        let w3c = flag(sampled, TraceFlags::SAMPLED) | flag(random, TraceFlags::RANDOM);
        Self { sampled, w3c, flags: 0, trace_state: None }
    }

    /// With another threshold than came.
    #[cold]
    fn telling(self, came: &TraceState, threshold: Option<u64>) -> Self {
        Self { trace_state: Some(with_threshold(came, threshold)), ..self }
    }
}

impl Default for Chosen {
    fn default() -> Self {
        Self::new(Sampler::default())
    }
}

/// Asked for by the specification, where a ratio decides about traces of senders that do not say
/// that their trace ids are random.
#[cold]
fn warn_of_presumption() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.load(Relaxed) && !SAID.swap(true, Relaxed) {
        diag::warn(format_args!(
            "`traceidratio` takes the trace ids of callers for random although they do not say so \
             (the random flag of W3C Trace Context level 2); if they are not, too many or too few \
             of these traces are recorded: let the callers decide with `parentbased_traceidratio`, \
             or upgrade them (said once)"
        ));
    }
}

#[cfg(test)]
#[path = "sampling_tests.rs"]
mod tests;
