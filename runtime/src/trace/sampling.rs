//! What decides whether a new local root is recorded.

use crate::site::Site;

/// The sampler of a recorder or of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampling {
    pub(crate) never: bool,
}

const SAMPLED: u8 = 1;
const RANDOM: u8 = 2;

impl Sampling {
    /// Decides about a root: `(recorded, W3C flags)`; `parent` are the flags of a remote parent.
    pub(crate) fn decide(&self, _site: &Site, _trace: u128, parent: Option<u8>) -> (bool, u8) {
        let random = parent.map_or(RANDOM, |flags| flags & RANDOM);
        let sampled = !self.never && parent.is_none_or(|flags| flags & SAMPLED != 0);
        (sampled, random | u8::from(sampled))
    }
}
