//! A shared limit as an attribute declares it: in a `static`, with the link of the first call.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

use super::{SharedRateLimiter, WhileAway};
use crate::{
    redis_1::Link,
    resilience::{RateLimiter, Rejected, SharedLimit},
    site::Described,
};

/// The numbers of a limit, and its way to Redis as soon as somebody knows it.
#[derive(Debug)]
pub struct DeclaredLimit {
    declared: RateLimiter,
    away: WhileAway,
    made: OnceLock<SharedRateLimiter>,
}

/// What one call asks of it.
#[derive(Debug)]
pub struct Question<'l, 'k> {
    limiter: &'l SharedRateLimiter,
    key: Option<&'k str>,
}

impl DeclaredLimit {
    /// Not linked to any Redis yet.
    #[must_use]
    pub const fn new(declared: RateLimiter, away: WhileAway) -> Self {
        Self { declared, away, made: OnceLock::new() }
    }

    /// Leave for a call.
    pub fn ask(&self, link: &Link) -> Question<'_, 'static> {
        Question { limiter: self.limiter(link), key: None }
    }

    /// Leave for a call with this key.
    pub fn ask_for<'k>(&self, link: &Link, key: &'k str) -> Question<'_, 'k> {
        Question { limiter: self.limiter(link), key: Some(key) }
    }

    #[inline]
    fn limiter(&self, link: &Link) -> &SharedRateLimiter {
        self.made
            .get_or_init(|| SharedRateLimiter::new(link, self.declared.part(1)).away(self.away))
    }
}

impl Described for DeclaredLimit {
    fn described(&self) -> String {
        let away = match self.away {
            WhileAway::Local => "local",
            WhileAway::Open => "open",
            WhileAway::Closed => "closed",
        };
        format!("{}, in Redis, away = {away}", self.declared.numbers())
    }

    /// All processes have to agree on them.
    fn is_settable(&self) -> bool {
        false
    }
}

impl SharedLimit for Question<'_, '_> {
    fn whose(&self) -> (&'static str, Option<Arc<str>>) {
        (self.limiter.declared.name(), self.key.map(Arc::from))
    }

    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<(), Rejected>> + Send + '_>> {
        Box::pin(async move {
            match self.key {
                Some(key) => self.limiter.check_for(key).await,
                None => self.limiter.check().await,
            }
        })
    }
}
