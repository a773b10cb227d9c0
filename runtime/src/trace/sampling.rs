//! Asks the samplers whether a new local root is recorded.

use super::{
    id::{TraceFlags, TraceId},
    sampler::{Overrides, ParentDecision, Sampler},
};
use crate::site::Site;

/// The sampler of a recorder or of a scope, and its exceptions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampling {
    pub(crate) sampler: Sampler,
    pub(crate) overrides: Overrides,
}

impl Sampling {
    /// Decides about a root; `parent` are the flags of a remote parent.
    pub(crate) fn decide(
        &self,
        site: &Site,
        trace: TraceId,
        parent: Option<TraceFlags>,
    ) -> (bool, TraceFlags) {
        let sampler = self.of(site);
        let decision =
            parent.map(|parent| ParentDecision { sampled: parent.is_sampled(), remote: true });
        let sampled = sampler.decide(decision, trace).is_sampled();
        // A trace id of ours is random in all its bytes; of another one the flag tells.
        let random = parent.is_none_or(TraceFlags::is_random);
        let flag = |set, flag: TraceFlags| if set { flag } else { TraceFlags::default() };
        (sampled, flag(sampled, TraceFlags::SAMPLED) | flag(random, TraceFlags::RANDOM))
    }

    fn of(&self, site: &Site) -> Sampler {
        if self.overrides.is_empty() {
            return self.sampler;
        }
        let path = format!("{}::{}", site.target(), site.span_name());
        self.overrides.find(&path).unwrap_or(self.sampler)
    }
}
