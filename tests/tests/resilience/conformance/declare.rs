//! Declares the policies of a case, with what is told and the rest as it is by default.

use std::time::Duration;

use spandrel::resilience::{
    Backoff, Bulkhead, CircuitBreaker, Hedge, Jitter, OnCancel, Rate, RateLimiter, RejectedKinds,
    Retry, RetryBudget, Timeout, Window,
};

use super::case::{self, Time};

pub(super) fn kinds(names: &[String]) -> RejectedKinds {
    names.iter().fold(RejectedKinds::NONE, |kinds, name| {
        kinds.or(match &**name {
            "bulkhead_full" => RejectedKinds::BULKHEAD_FULL,
            "circuit_open" => RejectedKinds::CIRCUIT_OPEN,
            "rate_limited" => RejectedKinds::RATE_LIMITED,
            "timeout" => RejectedKinds::TIMEOUT,
            _ => panic!("`{name}` is no kind of rejection"),
        })
    })
}

/// Applies what is told, and leaves the rest as it is by default.
fn set<T, V>(object: T, value: Option<V>, set: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => set(object, value),
        None => object,
    }
}

fn time(time: Option<Time>) -> Option<Duration> {
    time.map(|time| time.0)
}

pub(super) fn breaker(numbers: &case::Breaker, name: &'static str) -> CircuitBreaker {
    let case::Breaker { observe, .. } = *numbers;
    let window = numbers.window.as_ref().map(|window| match window {
        case::Window::Calls(calls) => Window::calls(*calls),
        case::Window::Time(time) => Window::time(time.0),
    });
    let on_cancel = numbers.on_cancel.map(|on_cancel| match on_cancel {
        case::OnCancel::FailureIfSlow => OnCancel::FailureIfSlow,
        case::OnCancel::Ignore => OnCancel::Ignore,
    });
    let made = CircuitBreaker::new(name).shared();
    let made = set(made, numbers.failure_rate, CircuitBreaker::failure_rate);
    let made = set(made, window, CircuitBreaker::window);
    let made = set(made, numbers.min_calls, CircuitBreaker::min_calls);
    let made = set(made, time(numbers.slow_call), CircuitBreaker::slow_call);
    let made = set(made, numbers.slow_rate, CircuitBreaker::slow_rate);
    let made = set(made, numbers.consecutive, CircuitBreaker::consecutive);
    let made = set(made, time(numbers.open_for), CircuitBreaker::open_for);
    let made = set(made, numbers.open_backoff, CircuitBreaker::open_backoff);
    let made = set(made, time(numbers.open_max), CircuitBreaker::open_max);
    let made = set(made, numbers.probes, CircuitBreaker::probes);
    let made = set(made, numbers.half_open_rate, CircuitBreaker::half_open_rate);
    let made = set(made, numbers.max_failures, CircuitBreaker::max_failures);
    let made = set(made, on_cancel, CircuitBreaker::on_cancel);
    if observe { made.observe() } else { made }
}

pub(super) fn limiter(numbers: &case::RateLimit, name: &'static str) -> RateLimiter {
    let made = RateLimiter::new(name, Rate::new(numbers.calls, numbers.per.0)).shared();
    let made = set(made, numbers.burst, RateLimiter::burst);
    let made = set(made, time(numbers.wait), RateLimiter::wait);
    if numbers.observe { made.observe() } else { made }
}

pub(super) fn bulkhead(numbers: &case::Bulkhead, name: &'static str) -> Bulkhead {
    let made = Bulkhead::new(name, numbers.max_concurrent).shared();
    let made = set(made, numbers.queue, Bulkhead::queue);
    let made = set(made, time(numbers.wait), Bulkhead::wait);
    if numbers.observe { made.observe() } else { made }
}

pub(super) fn retry(numbers: &case::Retry, name: &'static str) -> Retry {
    let backoff = numbers.backoff.as_ref().map(|numbers| {
        let made = Backoff::exponential(numbers.first.0, numbers.cap.0);
        set(made, numbers.factor, Backoff::factor).jitter(match numbers.jitter {
            case::Jitter::Decorrelated => Jitter::Decorrelated,
            case::Jitter::Equal => Jitter::Equal,
            case::Jitter::Full => Jitter::Full,
            case::Jitter::None => Jitter::None,
            case::Jitter::Proportional(share) => Jitter::Proportional(share),
        })
    });
    let made = Retry::new(name).retry_on(kinds(&numbers.retry_on));
    let made = match &numbers.budget {
        Some(numbers) => made.budget(budget(numbers, name)),
        None => made.without_budget(),
    };
    let made = set(made, numbers.max_attempts, Retry::max_attempts);
    let made = set(made, backoff, Retry::backoff);
    let made = set(made, time(numbers.max_elapsed), Retry::max_elapsed);
    set(made, numbers.idempotent, Retry::idempotent)
}

pub(super) fn budget(numbers: &case::Budget, name: &'static str) -> RetryBudget {
    let made = RetryBudget::new(name);
    let made = set(made, numbers.share, RetryBudget::share);
    let made = set(made, numbers.reserve_per_second, RetryBudget::reserve_per_second);
    set(made, time(numbers.window), RetryBudget::window)
}

pub(super) fn timeout(numbers: &case::Timeout, name: &'static str) -> Timeout {
    let made = Timeout::new(name);
    let made = set(made, time(numbers.attempt), Timeout::attempt);
    set(made, time(numbers.total), Timeout::total)
}

pub(super) fn hedge(numbers: &case::Hedge, name: &'static str) -> Hedge {
    let made = Hedge::new(name);
    let made = set(made, time(numbers.after), Hedge::after);
    set(made, numbers.max_attempts, Hedge::max_attempts)
}
