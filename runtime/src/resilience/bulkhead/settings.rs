//! How a bulkhead is declared.

use std::time::Duration;

use super::{Bulkhead, Template};
use crate::resilience::{Mode, instances::Home, nanos};

/// How a bulkhead finds out by itself how many calls the callee can take.
///
/// ```
/// use spandrel::resilience::{Adaptive, Bulkhead};
///
/// static SEARCH: Bulkhead = Bulkhead::new("search", 20).adaptive(Adaptive::aimd(5, 100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptive {
    pub(super) law: Law,
    pub(super) min: u32,
    pub(super) max: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    /// One more with each round of successes, a tenth less at a failure.
    Aimd,
    /// As many as keep the time of a call near the best one.
    Gradient,
}

impl Adaptive {
    /// Adds a place for each round of calls that succeed, takes away a tenth at a failure.
    ///
    /// A round is as many calls as there are places. As TCP's congestion avoidance (RFC 5681) does.
    ///
    /// # Panics
    ///
    /// If `min` is 0 or above `max`; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn aimd(min: u32, max: u32) -> Self {
        Self::new(Law::Aimd, min, max)
    }

    /// Keeps as many places as leave the time of a call near that without a queue.
    ///
    /// After `Gradient2` of Netflix's concurrency-limits: by the ratio of the usual to the present
    /// time of a call, with room for a short queue. Unlike there, calls that seem to queue change
    /// what is usual only slowly, so that a lasting overload does not become the norm.
    ///
    /// # Panics
    ///
    /// If `min` is 0 or above `max`; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn gradient(min: u32, max: u32) -> Self {
        Self::new(Law::Gradient, min, max)
    }

    const fn new(law: Law, min: u32, max: u32) -> Self {
        assert!(min >= 1, "an adaptive bulkhead has at least 1 place");
        assert!(min <= max, "`min` is at most `max`");
        Self { law, min, max }
    }
}

/// How it is declared. What is not said is as documented at each.
impl Bulkhead {
    /// A bulkhead of this name with so many places; empty: as the function that it protects.
    ///
    /// # Panics
    ///
    /// If `max_concurrent` is 0; in a `static`, that is an error at compile time.
    #[must_use]
    pub const fn new(name: &'static str, max_concurrent: u32) -> Self {
        assert!(max_concurrent >= 1, "`max_concurrent` is at least 1");
        let template = Template {
            places: max_concurrent,
            queue: 0,
            wait: 0,
            mode: Mode::Auto,
            adaptive: None,
        };
        Self { home: Home::new(name), template }
    }

    /// Shares its state with all other bulkheads that are `shared` under this name.
    ///
    /// They must have the same numbers. Where they have not, those of the first to be used hold,
    /// and that is said on stderr and shown by [`policies`](crate::policies).
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.home.share();
        self
    }

    /// Has so many calls wait for a place at a time; none unless told.
    ///
    /// Takes effect together with [`wait`](Self::wait), which says for how long.
    #[must_use]
    pub const fn queue(mut self, calls: u32) -> Self {
        self.template.queue = calls;
        self
    }

    /// Has a call wait for a place for at most so long; not at all unless told.
    ///
    /// Takes effect together with [`queue`](Self::queue), which says how many may wait.
    #[must_use]
    pub const fn wait(mut self, most: Duration) -> Self {
        self.template.wait = nanos::of(most);
        self
    }

    /// Lets the number of places follow what the callee can take, from `max_concurrent` on.
    #[must_use]
    pub const fn adaptive(mut self, adaptive: Adaptive) -> Self {
        self.template.adaptive = Some(adaptive);
        self
    }

    /// Refuses nothing, and counts what it would have refused.
    #[must_use]
    pub const fn observe(mut self) -> Self {
        self.template.mode = Mode::Observe;
        self
    }
}
