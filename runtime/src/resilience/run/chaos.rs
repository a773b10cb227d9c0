//! Calls that are none of those in which something is to go wrong.

use super::{Run, SyncRun};
use crate::resilience::policy::{CHAOS, Has, Parts};

impl<P: Parts, H: Has> Run<'_, P, H> {
    /// With faults on purpose only if this is one of the calls that they are for.
    #[inline(always)]
    pub fn chaos_when(mut self, is_meant: bool) -> Self {
        if !is_meant {
            self.core.word &= !CHAOS;
        }
        self
    }
}

impl<P: Parts, H: Has> SyncRun<'_, P, H> {
    /// The same for functions that are not asynchronous.
    #[inline(always)]
    pub fn chaos_when(self, is_meant: bool) -> Self {
        Self(self.0.chaos_when(is_meant))
    }
}
