//! Whom a layer has its policy from.

use std::{ops::Deref, sync::Arc};

use crate::{
    resilience::{
        Bulkhead, CircuitBreaker, Policy, RateLimiter, Timeout,
        policy::{HEDGE, Parts, RETRY},
    },
    site::Site,
};

/// A policy that lasts as long as the program, or as somebody needs it.
#[derive(Debug)]
pub(super) enum Held<P: 'static> {
    Declared(&'static P),
    Shared(Arc<P>),
}

impl<P> Held<P> {
    pub(super) fn shared(parts: P) -> Self {
        Self::Shared(Arc::new(parts))
    }
}

impl<P> Deref for Held<P> {
    type Target = P;

    fn deref(&self) -> &P {
        match self {
            Self::Declared(parts) => parts,
            Self::Shared(parts) => parts,
        }
    }
}

impl<P> Clone for Held<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Declared(parts) => Self::Declared(parts),
            Self::Shared(parts) => Self::Shared(Arc::clone(parts)),
        }
    }
}

/// A policy without what needs more than one attempt.
///
/// Made by [`PolicyLayer::once`](super::PolicyLayer::once).
#[derive(Debug)]
pub struct Once(pub(super) Held<Policy>);

impl Once {
    fn policy(&self) -> &Policy {
        &self.0
    }
}

impl Parts for Once {
    fn word(&self) -> u32 {
        self.policy().word() & !(RETRY | HEDGE)
    }

    fn name(&self) -> &'static str {
        self.policy().name()
    }

    fn begin(&self, site: Option<&'static Site>) {
        self.policy().begin(site);
    }

    fn timeout(&self) -> Option<&Timeout> {
        self.policy().timeout()
    }

    fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        self.policy().circuit_breaker()
    }

    fn rate_limit(&self) -> Option<&RateLimiter> {
        self.policy().rate_limit()
    }

    fn bulkhead(&self) -> Option<&Bulkhead> {
        self.policy().bulkhead()
    }

    #[cfg(feature = "chaos")]
    fn chaos(&self) -> Option<&crate::resilience::Chaos> {
        self.policy().chaos()
    }
}
