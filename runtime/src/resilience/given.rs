//! A policy some parts of which somebody else owns.

use super::{
    Bulkhead, CircuitBreaker, Hedge, Policy, RateLimiter, Retry, Timeout,
    limit::shared::SharedLimit,
    policy::{BREAKER, BULKHEAD, LIMIT, OFF_SHIFT, Parts},
};
use crate::site::Site;

/// A policy in which some objects of the program's own take their places.
#[derive(Clone, Copy, Debug)]
pub struct Given<'p> {
    policy: &'p Policy,
    circuit_breaker: Option<&'p CircuitBreaker>,
    rate_limit: Option<&'p RateLimiter>,
    shared_limit: Option<&'p dyn SharedLimit>,
    bulkhead: Option<&'p Bulkhead>,
}

impl<'p> Given<'p> {
    /// The policy as it is.
    #[inline]
    #[must_use]
    pub fn new(policy: &'p Policy) -> Self {
        let (circuit_breaker, rate_limit) = (policy.circuit_breaker(), policy.rate_limit());
        let bulkhead = policy.bulkhead();
        Self { policy, circuit_breaker, rate_limit, shared_limit: None, bulkhead }
    }

    /// With this circuit breaker.
    #[inline]
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: &'p CircuitBreaker) -> Self {
        self.circuit_breaker = Some(breaker);
        self
    }

    /// With this rate limit.
    #[inline]
    #[must_use]
    pub fn rate_limit(mut self, limiter: &'p RateLimiter) -> Self {
        self.rate_limit = Some(limiter);
        self
    }

    /// With this rate limit of several processes.
    #[inline]
    #[must_use]
    pub fn shared_limit(mut self, limit: &'p dyn SharedLimit) -> Self {
        self.shared_limit = Some(limit);
        self
    }

    /// With this bulkhead.
    #[inline]
    #[must_use]
    pub fn bulkhead(mut self, bulkhead: &'p Bulkhead) -> Self {
        self.bulkhead = Some(bulkhead);
        self
    }
}

impl Parts for Given<'_> {
    #[inline]
    fn word(&self) -> u32 {
        let bit = |part: bool, bit| u32::from(part) * bit;
        let word = self.policy.word();
        let all = word
            | bit(self.circuit_breaker.is_some(), BREAKER)
            | bit(self.rate_limit.is_some() || self.shared_limit.is_some(), LIMIT)
            | bit(self.bulkhead.is_some(), BULKHEAD);
        all & !(word >> OFF_SHIFT)
    }

    fn name(&self) -> &'static str {
        self.policy.name()
    }

    fn begin(&self, site: Option<&'static Site>) {
        self.policy.begin(site);
    }

    fn retry(&self) -> Option<&Retry> {
        self.policy.retry()
    }

    fn timeout(&self) -> Option<&Timeout> {
        self.policy.timeout()
    }

    fn hedge(&self) -> Option<&Hedge> {
        self.policy.hedge()
    }

    fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        self.circuit_breaker
    }

    fn rate_limit(&self) -> Option<&RateLimiter> {
        self.rate_limit
    }

    fn shared_limit(&self) -> Option<&dyn SharedLimit> {
        self.shared_limit
    }

    fn bulkhead(&self) -> Option<&Bulkhead> {
        self.bulkhead
    }

    #[cfg(feature = "chaos")]
    fn chaos(&self) -> Option<&super::Chaos> {
        self.policy.chaos()
    }
}
