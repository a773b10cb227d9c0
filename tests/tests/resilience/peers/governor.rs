//! `governor`: a rate limit.

use std::{num::NonZeroU32, sync::Arc};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};

use super::guard::{Calling, Cannot, Fail, Guard, alone, body, interval};
use crate::conformance::{Line, Outcome, case::Case};

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, _outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    alone(case, |policy| usize::from(policy.rate_limit.is_some()))?;
    let limit = case.policy.rate_limit.as_ref().ok_or("no such policy")?;
    if limit.wait.is_some() {
        return Err("no limit to how long a call waits");
    }
    if limit.observe {
        return Err("no mode that only observes");
    }
    let burst = NonZeroU32::new(limit.burst.unwrap_or(limit.calls)).ok_or("no burst of nought")?;
    let quota = Quota::with_period(interval(limit)).ok_or("no rate without measure")?;
    let limiter = RateLimiter::direct_with_clock(quota.allow_burst(burst), MonotonicClock);
    Ok(Box::new(Governor { limiter: Arc::new(limiter) }))
}

type Limiter =
    RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

struct Governor {
    limiter: Arc<Limiter>,
}

impl Guard for Governor {
    fn call(&self, line: Arc<Line>) -> Calling {
        let limiter = Arc::clone(&self.limiter);
        Box::pin(async move {
            limiter.check().map_err(|not_until| {
                let wait = not_until.wait_time_from(MonotonicClock.now());
                Fail::Refused("rate_limited", Some(wait))
            })?;
            body(line).await
        })
    }

    fn says_when(&self) -> bool {
        true
    }
}
