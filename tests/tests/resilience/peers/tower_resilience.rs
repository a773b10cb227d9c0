//! `tower-resilience`: a layer for each mechanism, here in the order in which ours nest.

use std::sync::Arc;

use tower::{Layer, Service, ServiceExt, service_fn, util::BoxCloneService};
use tower_resilience_bulkhead::{BulkheadHandle, BulkheadLayer, BulkheadServiceError};
use tower_resilience_circuitbreaker::{
    CircuitBreakerError, CircuitBreakerLayer, CircuitMetrics, CircuitState, SlidingWindowType,
};
use tower_resilience_fallback::{FallbackError, FallbackLayer};
use tower_resilience_hedge::{HedgeError, HedgeLayer};
use tower_resilience_ratelimiter::{RateLimiterHandle, RateLimiterLayer, RateLimiterServiceError};
use tower_resilience_retry::{ExponentialBackoff, RetryLayer};
use tower_resilience_timelimiter::{TimeLimiterError, TimeLimiterLayer};

use super::{
    backon::{Again, attempts},
    guard::{
        Break, Calling, Cannot, Fail, Guard, Number, Rule, at_once, body, has, interval, waits,
    },
};
use crate::conformance::{
    Good, Line, Outcome,
    case::{self, Case, Judge, Numbers, Time, Window},
    script::{Control, Kind},
};

type Stack = BoxCloneService<Arc<Line>, Good, Fail>;

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    let mut handles = Handles::default();
    let mut stack: Stack = BoxCloneService::new(service_fn(body));
    if let Some(inner) = &case.inner {
        stack = wrap(stack, inner, (Judge::Default, case, outcomes), &mut handles)?;
    }
    stack = wrap(stack, &case.policy, (case.judge, case, outcomes), &mut handles)?;
    Ok(Box::new(Layers { stack, handles }))
}

/// Puts the layers of a policy around a service.
fn wrap(
    mut stack: Stack,
    policy: &Numbers,
    (judge, case, outcomes): (Judge, &Case, &[Outcome]),
    handles: &mut Handles,
) -> Result<Stack, Cannot> {
    let Numbers { breaker, rate_limit, bulkhead, retry, timeout, hedge, fallback } = policy;
    if let Some(time) = timeout.as_ref().and_then(|timeout| timeout.attempt) {
        stack = limited(stack, time, "attempt_timeout");
    }
    if let Some(bulkhead) = bulkhead {
        stack = placed(stack, bulkhead, handles)?;
    }
    if let Some(limit) = rate_limit {
        stack = paced(stack, limit, handles)?;
    }
    if let Some(breaker) = breaker {
        if has(outcomes, |outcome| outcome.kind == Kind::Ignored) {
            return Err("no third verdict beside success and failure");
        }
        stack = broken(stack, &Break::read(breaker, judge)?, handles)?;
    }
    if let Some(hedge) = hedge {
        stack = hedged(stack, hedge)?;
    }
    if let Some(retry) = retry {
        if has(outcomes, |outcome| outcome.retry_after.is_some()) {
            return Err("no wait that the error asks for");
        }
        stack = retried(stack, retry, judge, case)?;
    }
    if let Some(time) = timeout.as_ref().and_then(|timeout| timeout.total) {
        stack = limited(stack, time, "timeout");
    }
    if let Some(fallback) = fallback {
        stack = rescued(stack, fallback);
    }
    Ok(stack)
}

fn limited(stack: Stack, time: Time, word: &'static str) -> Stack {
    let layer = TimeLimiterLayer::builder().timeout_duration(time.0).build();
    boxed(layer.layer(stack), move |error| match error {
        TimeLimiterError::Timeout => Fail::Refused(word, None),
        TimeLimiterError::Inner(fail) => fail,
    })
}

fn placed(stack: Stack, bulkhead: &case::Bulkhead, handles: &mut Handles) -> Result<Stack, Cannot> {
    if bulkhead.observe {
        return Err("no mode that only observes");
    }
    let builder = BulkheadLayer::builder().max_concurrent_calls(bulkhead.max_concurrent as usize);
    // The queue has no end, so it is as long as is waited at all.
    let builder = match (bulkhead.queue, bulkhead.wait) {
        (Some(1..), Some(wait)) => builder.max_wait_duration(wait.0),
        _ => builder.reject_when_full(),
    };
    let (layer, handle) = builder.build_with_handle().map_err(|_| "not these numbers")?;
    handles.bulkhead = Some(handle);
    Ok(boxed(layer.layer(stack), |error| match error {
        BulkheadServiceError::Bulkhead(_) => Fail::Refused("bulkhead_full", None),
        BulkheadServiceError::Inner(fail) => fail,
    }))
}

fn paced(stack: Stack, limit: &case::RateLimit, handles: &mut Handles) -> Result<Stack, Cannot> {
    if limit.observe {
        return Err("no mode that only observes");
    }
    // A bucket of tokens, which holds the limit and the burst together.
    let (layer, handle) = RateLimiterLayer::builder()
        .limit_for_period(1)
        .refresh_period(interval(limit))
        .burst_size(limit.burst.unwrap_or(limit.calls) as usize - 1)
        .timeout_duration(limit.wait.map_or_else(Default::default, |wait| wait.0))
        .build_with_handle()
        .map_err(|_| "not these numbers")?;
    handles.limiter = Some(handle);
    Ok(boxed(layer.layer(stack), |error| match error {
        RateLimiterServiceError::RateLimited => Fail::Refused("rate_limited", None),
        RateLimiterServiceError::Inner(fail) => fail,
    }))
}

fn broken(stack: Stack, numbers: &Break, handles: &mut Handles) -> Result<Stack, Cannot> {
    if numbers.backoff.is_some() || numbers.open_max < numbers.open_for {
        return Err("each time it is open is as long as the first");
    }
    if numbers.half_open.is_some() {
        return Err("the first probe that fails decides");
    }
    let mut builder = CircuitBreakerLayer::builder()
        .wait_duration_in_open(numbers.open_for)
        .permitted_calls_in_half_open(numbers.probes as usize);
    match &numbers.rule {
        Rule::Row(row) => builder = builder.consecutive_failures(*row as usize),
        Rule::Share { share, window, min_calls } => {
            builder =
                builder.failure_rate_threshold(*share).minimum_number_of_calls(*min_calls as usize);
            builder = match window {
                Window::Calls(calls) => builder.sliding_window_size(*calls as usize),
                Window::Time(time) => builder
                    .sliding_window_type(SlidingWindowType::TimeBased)
                    .sliding_window_duration(time.0),
            };
        }
    }
    if let Some((time, share)) = numbers.slow {
        builder = builder.slow_call_duration_threshold(time).slow_call_rate_threshold(share);
    }
    let judge = numbers.judge;
    let built = builder
        .failure_classifier(move |returned: &Result<Good, Fail>| match returned {
            Ok(good) => judge == Judge::FailureIf && matches!(good, Good::Bad(_)),
            // What another layer turned away says nothing about the callee.
            Err(Fail::Refused("rate_limited" | "bulkhead_full", _)) => false,
            Err(Fail::Refused(..)) => true,
            Err(fail) => Break::fails(judge, fail),
        })
        .build_with_handle();
    let (layer, handle) = built.map_err(|_| "not these numbers")?;
    let (read, reset) = (handle.clone(), handle.clone());
    handles.breaker = Some(Breaker {
        read: Box::new(move || at_once(read.metrics())),
        force_open: Box::new(move || at_once(handle.force_open())),
        reset: Box::new(move || at_once(reset.reset())),
    });
    Ok(boxed(layer.layer(stack), |error| match error {
        CircuitBreakerError::OpenCircuit => Fail::Refused("circuit_open", None),
        CircuitBreakerError::Inner(fail) => fail,
    }))
}

fn hedged(stack: Stack, hedge: &case::Hedge) -> Result<Stack, Cannot> {
    let after = hedge.after.ok_or("no delay that is measured")?;
    let layer = HedgeLayer::builder()
        .delay(after.0)
        .max_hedged_attempts(hedge.max_attempts.unwrap_or(2) as usize)
        .build();
    Ok(boxed(layer.layer(stack), |error| match error {
        HedgeError::AllAttemptsFailed(fail) | HedgeError::Inner(fail) => fail,
    }))
}

fn retried(stack: Stack, retry: &case::Retry, judge: Judge, case: &Case) -> Result<Stack, Cannot> {
    if retry.max_elapsed.is_some() {
        return Err("no limit of time");
    }
    if retry.budget.is_some() {
        return Err("a budget that each success fills by a whole retry");
    }
    let (first, cap, factor) = waits(retry.backoff.as_ref(), case.chance)?;
    let backoff = ExponentialBackoff::new(first).max_interval(cap).multiplier(factor);
    let (again, kinds) = (Again::new(judge, retry), retry.retry_on.clone());
    let layer = RetryLayer::builder()
        .max_attempts(attempts(retry))
        .backoff(backoff.map_err(|_| "not these numbers")?)
        .retry_on(move |fail: &Fail| match fail {
            Fail::Refused("attempt_timeout", _) | Fail::Own(_) => again.may(fail),
            Fail::Refused(word, _) => kinds.iter().any(|kind| kind == word),
        })
        .build();
    Ok(boxed(layer.layer(stack), |fail| fail))
}

fn rescued(stack: Stack, fallback: &case::Fallback) -> Stack {
    let case::Fallback { on, when } = fallback.clone();
    let layer = FallbackLayer::builder()
        .value(Good::Fallback)
        .handle(move |fail: &Fail| match fail {
            Fail::Refused(word, _) => match &on {
                Some(on) => on.iter().any(|kind| word.ends_with(&**kind)),
                None => when.is_none(),
            },
            Fail::Own(failed) => match &when {
                Some(letters) => letters.chars().any(|letter| Kind::read(letter) == failed.kind()),
                None => on.is_none(),
            },
        })
        .build();
    boxed(layer.layer(stack), |error| match error {
        FallbackError::Inner(fail) | FallbackError::FallbackFailed(fail) => fail,
    })
}

fn boxed<S, E>(service: S, fail: impl Fn(E) -> Fail + Clone + Send + 'static) -> Stack
where
    S: Service<Arc<Line>, Response = Good, Error = E> + Clone + Send + 'static,
    S::Future: Send + 'static,
    E: 'static,
{
    BoxCloneService::new(service.map_err(fail))
}

#[derive(Default)]
struct Handles {
    breaker: Option<Breaker>,
    bulkhead: Option<BulkheadHandle>,
    limiter: Option<RateLimiterHandle>,
}

struct Breaker {
    read: Box<dyn Fn() -> CircuitMetrics>,
    force_open: Box<dyn Fn()>,
    reset: Box<dyn Fn()>,
}

struct Layers {
    stack: Stack,
    handles: Handles,
}

impl Guard for Layers {
    fn call(&self, line: Arc<Line>) -> Calling {
        let mut stack = self.stack.clone();
        Box::pin(async move { stack.ready().await?.call(line).await })
    }

    fn state(&self) -> Option<&'static str> {
        let breaker = self.handles.breaker.as_ref()?;
        Some(match (breaker.read)().state {
            CircuitState::Closed => "closed",
            CircuitState::Open => "open",
            CircuitState::HalfOpen => "half_open",
        })
    }

    fn number(&self, key: &str) -> Option<Number> {
        let Handles { breaker, bulkhead, limiter } = &self.handles;
        let breaker = || breaker.as_ref().map(|breaker| (breaker.read)());
        Some(match key {
            "window" => Number::Count(breaker()?.total_calls as u64),
            "failure_rate" => Number::Share(breaker()?.failure_rate),
            "slow_rate" => Number::Share(breaker()?.slow_call_rate),
            "in_flight" => Number::Count(bulkhead.as_ref()?.active_calls() as u64),
            "places" => Number::Count(bulkhead.as_ref()?.max_concurrent() as u64),
            "available" => Number::Count(limiter.as_ref()?.available_permits() as u64),
            _ => return None,
        })
    }

    fn controls(&self, control: Control) -> bool {
        matches!(control, Control::ForceOpen | Control::Reset) && self.handles.breaker.is_some()
    }

    fn control(&self, control: Control) -> Result<(), Cannot> {
        let breaker = self.handles.breaker.as_ref().ok_or("no such control by hand")?;
        match control {
            Control::ForceOpen => (breaker.force_open)(),
            _ => (breaker.reset)(),
        }
        Ok(())
    }
}
