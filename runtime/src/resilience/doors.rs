//! The parts of a policy that decide whether a call may go ahead, one set for each key where asked.

use std::sync::{Arc, OnceLock};

use super::{
    Bulkhead, CircuitBreaker, Hedge, Instanced, Keyed, Policy, RateLimiter, Retry, Timeout,
    instances::{Owner, Sealed},
    overrides::Scopes,
    policy::Parts,
};
use crate::site::Site;

/// What stands before a call.
#[derive(Debug)]
pub(super) struct Doors {
    pub(super) circuit_breaker: Option<CircuitBreaker>,
    pub(super) rate_limit: Option<RateLimiter>,
    pub(super) bulkhead: Option<Bulkhead>,
}

impl Doors {
    pub(super) const NONE: Self = Self { circuit_breaker: None, rate_limit: None, bulkhead: None };
}

/// The doors of a policy for one key; without any of its own, the pattern for those.
#[derive(Debug)]
pub(super) struct DoorsOfKey {
    policy: &'static Policy,
    doors: Doors,
}

/// The doors of all keys.
pub(super) type DoorsOfKeys = OnceLock<Box<Keyed<DoorsOfKey>>>;

impl Sealed for DoorsOfKey {
    fn own_name(&self) -> &'static str {
        self.policy.name()
    }

    fn for_key(&self, owner: Owner<'_>, key: Arc<str>) -> Self {
        fn of<P: Sealed>(pattern: Option<&P>, owner: Owner<'_>, key: &Arc<str>) -> Option<P> {
            let pattern = pattern?;
            Some(match pattern.own_name() {
                "" => pattern.for_key(owner, Arc::clone(key)),
                name => {
                    let scopes = &Scopes::of_name(name);
                    pattern.for_key(Owner { name, scopes }, Arc::clone(key))
                }
            })
        }
        let pattern = self.policy.doors();
        let doors = Doors {
            circuit_breaker: of(pattern.circuit_breaker.as_ref(), owner, &key),
            rate_limit: of(pattern.rate_limit.as_ref(), owner, &key),
            bulkhead: of(pattern.bulkhead.as_ref(), owner, &key),
        };
        Self { policy: self.policy, doors }
    }

    fn is_at_rest(&self, now: u64) -> bool {
        let Doors { circuit_breaker, rate_limit, bulkhead } = &self.doors;
        circuit_breaker.as_ref().is_none_or(|it| it.is_at_rest(now))
            && rate_limit.as_ref().is_none_or(|it| it.is_at_rest(now))
            && bulkhead.as_ref().is_none_or(|it| it.is_at_rest(now))
    }
}

/// A policy as it is for one key.
#[derive(Debug)]
pub struct ForKey(Instanced<DoorsOfKey>);

impl Policy {
    /// The policy for this key: its retries and timeouts, with doors that only this key has.
    ///
    /// As [`Keyed`] keeps them: for a bounded number of keys at a time.
    ///
    /// ```
    /// use spandrel::resilience::{Policy, Rate, RateLimiter, Rejected};
    ///
    /// static PROVIDER: Policy =
    ///     Policy::new("provider").rate_limit(RateLimiter::new("provider", Rate::per_hour(1)));
    ///
    /// let ask = |host| PROVIDER.for_key(host).run(|| Ok::<_, Rejected>(42));
    /// assert!(ask("eu").is_ok());
    /// assert!(ask("eu").is_err());
    /// assert!(ask("us").is_ok());
    /// ```
    #[must_use]
    pub fn for_key(&'static self, key: &str) -> ForKey {
        let keyed = self.keyed_doors().get_or_init(|| {
            let keyed = Keyed::new(DoorsOfKey { policy: self, doors: Doors::NONE });
            Box::new(if self.labels_key() { keyed.label_key() } else { keyed })
        });
        ForKey(keyed.get(key))
    }
}

impl Parts for ForKey {
    #[inline]
    fn word(&self) -> u32 {
        self.0.policy.word()
    }

    fn name(&self) -> &'static str {
        self.0.policy.name()
    }

    fn begin(&self, site: Option<&'static Site>) {
        self.0.policy.begin(site);
    }

    fn retry(&self) -> Option<&Retry> {
        self.0.policy.retry()
    }

    fn timeout(&self) -> Option<&Timeout> {
        self.0.policy.timeout()
    }

    fn hedge(&self) -> Option<&Hedge> {
        self.0.policy.hedge()
    }

    fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        self.0.doors.circuit_breaker.as_ref()
    }

    fn rate_limit(&self) -> Option<&RateLimiter> {
        self.0.doors.rate_limit.as_ref()
    }

    fn bulkhead(&self) -> Option<&Bulkhead> {
        self.0.doors.bulkhead.as_ref()
    }

    #[cfg(feature = "chaos")]
    fn chaos(&self) -> Option<&super::Chaos> {
        self.0.policy.chaos()
    }
}
