//! What a limit that several processes share takes from the declaration of one.

use super::{RateLimiter, Template};
use crate::resilience::instances::Home;

impl RateLimiter {
    /// Another limiter of this name, with one part in so many of rate and burst.
    pub(crate) fn part(&self, parts: u32) -> Self {
        let parts = parts.max(1);
        let Template { rate, burst, .. } = self.template;
        let template =
            Template { rate: rate.part(parts), burst: (burst / parts).max(1), ..self.template };
        Self { home: Home::new(self.home.name()), template }
    }

    /// What was declared: the interval and the tolerance, and how long to wait, in nanoseconds.
    pub(crate) fn pace_and_patience(&self) -> ((u64, u64), u64) {
        let pace = self.template.pace();
        ((pace.interval, pace.tolerance), self.template.wait)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.home.name()
    }
}
