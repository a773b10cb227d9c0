//! What a service may be told, and that nothing is lost whatever is dropped.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use tower_layer::Layer as _;
use tower_service::Service;

use crate::resilience::{
    Bulkhead, CircuitBreaker, CircuitState, Fallback, Rate, RateLimiter, Rejected, RejectedKind,
};

/// Answers what it was asked for.
#[derive(Clone)]
struct Echo;

impl Service<Result<u8, Rejected>> for Echo {
    type Response = u8;
    type Error = Rejected;
    type Future = Ready<Result<u8, Rejected>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Result<u8, Rejected>) -> Self::Future {
        ready(request)
    }
}

fn get_ready<S: Service<Result<u8, Rejected>, Error = Rejected>>(service: &mut S) -> bool {
    match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(())) => true,
        Poll::Ready(Err(error)) => panic!("the service is not broken: {error}"),
        Poll::Pending => false,
    }
}

fn poll<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn call<S>(service: &mut S, request: Result<u8, Rejected>) -> Poll<Result<u8, Rejected>>
where
    S: Service<Result<u8, Rejected>, Response = u8, Error = Rejected>,
{
    assert!(get_ready(service));
    poll(&mut Box::pin(service.call(request)))
}

fn failure() -> Result<u8, Rejected> {
    Err(Rejected::new(RejectedKind::Chaos, "echo"))
}

#[test]
fn a_breaker_judges_the_answers_and_refuses_in_the_call() {
    let breaker = CircuitBreaker::new("layer").consecutive(2);
    let mut service = breaker.layer().layer(Echo);

    assert_eq!(call(&mut service, Ok(1)), Poll::Ready(Ok(1)));
    for _ in 0..2 {
        assert_eq!(call(&mut service, failure()), Poll::Ready(failure()));
    }
    let refused = call(&mut service, Ok(2));

    assert_eq!(breaker.state(), CircuitState::Open);
    assert!(
        matches!(refused, Poll::Ready(Err(error)) if error.kind() == RejectedKind::CircuitOpen)
    );
}

#[test]
fn a_probe_whose_future_is_dropped_is_given_back() {
    let breaker = CircuitBreaker::new("layer").consecutive(1).open_for(Duration::from_nanos(1));
    let mut service = breaker.layer().layer(Echo);
    assert_eq!(call(&mut service, failure()), Poll::Ready(failure()));

    drop(service.call(Ok(1)));

    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(call(&mut service, Ok(2)), Poll::Ready(Ok(2)));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_place_is_given_back_by_whatever_holds_it() {
    let bulkhead = Bulkhead::new("layer", 1);
    let mut service = bulkhead.layer().layer(Echo);
    let in_flight = || bulkhead.statistics().in_flight();

    // The service, dropped between getting ready and the call.
    assert!(get_ready(&mut service) && get_ready(&mut service));
    let mut other = service.clone();
    assert_eq!(in_flight(), 1);
    drop(service);
    assert_eq!(in_flight(), 0);

    // The future, before and after its answer.
    assert!(get_ready(&mut other));
    let unanswered = other.call(Ok(1));
    assert_eq!(in_flight(), 1);
    drop(unanswered);
    assert_eq!(in_flight(), 0);
    assert!(get_ready(&mut other));
    let mut answered = Box::pin(other.call(Ok(1)));
    assert_eq!(poll(&mut answered), Poll::Ready(Ok(1)));
    assert_eq!(in_flight(), 0);
}

#[test]
fn a_full_bulkhead_refuses_in_the_call_and_the_service_stays_usable() {
    let bulkhead = Bulkhead::new("layer", 1);
    let layer = bulkhead.layer();
    let [mut first, mut second] = [(); 2].map(|()| layer.layer(Echo));
    assert!(get_ready(&mut first));

    let refused = call(&mut second, Ok(2));
    assert!(
        matches!(refused, Poll::Ready(Err(error)) if error.kind() == RejectedKind::BulkheadFull)
    );
    assert_eq!(call(&mut first, Ok(1)), Poll::Ready(Ok(1)));

    assert_eq!(call(&mut second, Ok(2)), Poll::Ready(Ok(2)));
}

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_service_that_waits_is_woken_when_there_is_a_place_and_leaves_the_line_when_dropped() {
    let bulkhead = Bulkhead::new("layer", 1).queue(2).wait(Duration::MAX);
    let layer = bulkhead.layer();
    let [mut first, mut second, mut third] = [(); 3].map(|()| layer.layer(Echo));
    assert!(get_ready(&mut first));
    assert!(!get_ready(&mut second));
    let woken = Arc::new(Counting::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(third.poll_ready(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(bulkhead.statistics().queued(), 2);

    drop(second);
    drop(first);

    assert_eq!(woken.0.load(Relaxed), 1);
    assert_eq!(call(&mut third, Ok(3)), Poll::Ready(Ok(3)));
    let statistics = bulkhead.statistics();
    assert_eq!((statistics.in_flight(), statistics.queued()), (0, 0));
}

#[test]
fn a_turn_is_given_back_by_a_service_that_is_not_called() {
    let limiter = RateLimiter::new("layer", Rate::per_hour(1));
    let mut service = limiter.layer().layer(Echo);

    assert!(get_ready(&mut service));
    drop(service.clone());
    assert!(limiter.check().is_err());
    drop(service);

    assert!(limiter.check().is_ok());
}

#[test]
fn an_exhausted_limiter_refuses_in_the_call() {
    let limiter = RateLimiter::new("layer", Rate::per_hour(1));
    let mut service = limiter.layer().layer(Echo);

    assert_eq!(call(&mut service, Ok(1)), Poll::Ready(Ok(1)));
    let refused = call(&mut service, Ok(1));

    assert!(
        matches!(refused, Poll::Ready(Err(error)) if error.kind() == RejectedKind::RateLimited)
    );
}

#[test]
fn a_fallback_answers_for_a_service_and_for_what_refuses_its_calls() {
    let breaker = CircuitBreaker::new("echo").consecutive(1);
    let fallback = Fallback::new("echo", |error: Rejected| match error.kind() {
        RejectedKind::CircuitOpen => Ok(2),
        RejectedKind::Chaos => Ok(3),
        _ => Err(error),
    });
    let mut service = fallback.layer().layer(breaker.layer().layer(Echo));

    let answers = [Ok(1), failure(), Ok(1)].map(|request| call(&mut service, request));

    assert_eq!(answers, [Poll::Ready(Ok(1)), Poll::Ready(Ok(3)), Poll::Ready(Ok(2))]);
}

mod policies;
