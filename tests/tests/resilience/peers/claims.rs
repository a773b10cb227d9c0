//! What we call a defect of another library, each shown by its own interface.

use std::{
    future::{Future, pending, ready},
    pin::{Pin, pin},
    task::{Context, Waker},
    time::Duration,
};

use ::backon::{BackoffBuilder, ExponentialBuilder};
use ::failsafe::{
    StateMachine, backoff,
    failure_policy::{self, ConsecutiveFailures},
    futures::CircuitBreaker as _,
};
use ::recloser::{AsyncRecloser, Recloser};
use tokio::sync::oneshot;
use tower::{Service, ServiceExt, service_fn};
use tower_resilience_circuitbreaker::{
    CircuitBreakerConfigBuilder, CircuitBreakerHandle, CircuitBreakerLayer, CircuitState,
    SlidingWindowType,
};
use tower_resilience_retry::{ExponentialRandomBackoff, IntervalFunction};

use super::{clock::Clocks, guard::at_once, play::frozen};

type Answer = Result<(), ()>;

const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

/// Polls a call for the first time; it goes on.
fn begin<F: Future>(mut call: Pin<&mut F>) -> bool {
    call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

/// Passes so much time, and then a little more: for who opens only then.
async fn pass(clocks: &Clocks, time: Duration) {
    clocks.advance(time).await;
    clocks.advance(NANOSECOND).await;
}

fn failsafe() -> StateMachine<ConsecutiveFailures<backoff::Constant>, ()> {
    let policy = failure_policy::consecutive_failures(1, backoff::constant(SECOND));
    ::failsafe::Config::new().failure_policy(policy).build()
}

#[test]
fn failsafe_lets_everybody_through_while_half_open() {
    frozen(async |clocks| {
        let breaker = failsafe();
        assert!(breaker.call(ready(Answer::Err(()))).await.is_err());
        assert!(!breaker.is_call_permitted());
        pass(clocks, SECOND).await;

        let mut calls: Vec<_> =
            (0..100).map(|_| Box::pin(breaker.call(pending::<Answer>()))).collect();

        let through =
            calls.iter_mut().filter_map(|call| begin(call.as_mut()).then_some(())).count();
        assert_eq!(through, 100);
    });
}

#[test]
fn failsafe_judges_by_calls_of_an_earlier_life() {
    frozen(async |clocks| {
        let breaker = failsafe();
        let (end, old) = oneshot::channel::<()>();
        let mut old = pin!(breaker.call(async { old.await.map_err(|_| ()) }));
        assert!(begin(old.as_mut()));
        assert!(breaker.call(ready(Answer::Err(()))).await.is_err());
        pass(clocks, SECOND).await;
        assert!(breaker.call(ready(Answer::Ok(()))).await.is_ok());
        assert!(breaker.is_call_permitted(), "it has closed");

        drop(end);
        assert!(old.await.is_err());

        assert!(!breaker.is_call_permitted());
    });
}

fn recloser(half_open: usize) -> AsyncRecloser {
    let built = Recloser::custom()
        .closed_len(1)
        .half_open_len(half_open)
        .error_rate(0.5)
        .open_wait(SECOND)
        .build();
    built.call(|| Answer::Ok(())).expect("fills the ring");
    AsyncRecloser::from(built)
}

#[test]
fn recloser_lets_everybody_through_while_half_open() {
    frozen(async |clocks| {
        let breaker = recloser(1);
        assert!(breaker.call(ready(Answer::Err(()))).await.is_err());
        pass(clocks, SECOND).await;

        let mut calls: Vec<_> =
            (0..100).map(|_| Box::pin(breaker.call(pending::<Answer>()))).collect();

        let through =
            calls.iter_mut().filter_map(|call| begin(call.as_mut()).then_some(())).count();
        assert_eq!(through, 100);
    });
}

#[test]
fn recloser_judges_by_calls_of_an_earlier_life() {
    frozen(async |clocks| {
        let breaker = recloser(1);
        let mut old: Vec<_> = (0..2)
            .map(|_| {
                let (end, told) = oneshot::channel::<()>();
                (end, Box::pin(breaker.call(async { told.await.map_err(|_| ()) })))
            })
            .collect();
        assert!(old.iter_mut().all(|(_, call)| begin(call.as_mut())));
        assert!(breaker.call(ready(Answer::Err(()))).await.is_err());
        pass(clocks, SECOND).await;
        let mut probe = pin!(breaker.call(pending::<Answer>()));
        assert!(begin(probe.as_mut()));

        for (end, call) in old {
            drop(end);
            assert!(call.await.is_err());
        }

        let next = breaker.call(ready(Answer::Ok(()))).await;
        assert!(matches!(next, Err(::recloser::Error::Rejected)), "{next:?}");
    });
}

/// A breaker around calls that end as their requests say.
fn tower_breaker(
    builder: CircuitBreakerConfigBuilder,
) -> (impl Fn(Answer) -> Result<(), ()>, CircuitBreakerHandle) {
    let (layer, handle) = builder.build_with_handle().unwrap();
    let service = tower::Layer::layer(&layer, service_fn(ready::<Answer>));
    let call = move |answer| {
        let mut service = service.clone();
        at_once(
            async move { service.ready().await.map_err(|_| ())?.call(answer).await.map_err(|_| ()) },
        )
    };
    (call, handle)
}

#[test]
fn tower_resilience_never_slides_its_window_of_calls() {
    frozen(async |_| {
        let builder = CircuitBreakerLayer::builder().sliding_window_size(10);
        let (call, breaker) = tower_breaker(builder.failure_rate_threshold(0.5));
        for _ in 0..1_000 {
            call(Ok(())).unwrap();
        }

        // Ten times its window of nothing but failures.
        for _ in 0..100 {
            call(Err(())).unwrap_err();
        }

        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(at_once(breaker.metrics()).total_calls, 1_100);
    });
}

#[test]
fn tower_resilience_ignores_the_least_number_of_calls() {
    frozen(async |_| {
        let builder = CircuitBreakerLayer::builder().sliding_window_size(100);
        let (call, breaker) = tower_breaker(builder.minimum_number_of_calls(5));

        for _ in 0..99 {
            call(Err(())).unwrap_err();
        }

        assert_eq!(breaker.state(), CircuitState::Closed);
        call(Err(())).unwrap_err();
        assert_eq!(breaker.state(), CircuitState::Open);
    });
}

#[test]
fn tower_resilience_reports_calls_that_its_window_of_time_has_lost() {
    frozen(async |clocks| {
        let builder = CircuitBreakerLayer::builder()
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(SECOND);
        let (call, breaker) = tower_breaker(builder);
        call(Err(())).unwrap_err();

        pass(clocks, 3_600 * SECOND).await;

        assert_eq!(at_once(breaker.metrics()).failure_count, 1);
    });
}

#[test]
fn tower_resilience_judges_by_calls_of_an_earlier_life() {
    frozen(async |clocks| {
        let builder = CircuitBreakerLayer::builder().consecutive_failures(1);
        let (layer, breaker) = builder.wait_duration_in_open(SECOND).build_with_handle().unwrap();
        let service = service_fn(async |end: oneshot::Receiver<()>| end.await);
        let mut service = tower::Layer::layer(&layer, service);
        let calls = [(); 3].map(|()| oneshot::channel::<()>());
        let [(end_old, old), (end_bad, bad), (end_probe, probe)] = calls;
        let mut old = pin!(service.ready().await.unwrap().call(old));
        assert!(begin(old.as_mut()));
        drop(end_bad);
        service.ready().await.unwrap().call(bad).await.unwrap_err();
        pass(clocks, SECOND).await;
        let mut probe = pin!(service.ready().await.unwrap().call(probe));
        assert!(begin(probe.as_mut()));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);

        drop(end_old);
        old.await.unwrap_err();

        assert_eq!(breaker.state(), CircuitState::Open, "and its probe is still under way");
        drop(end_probe);
    });
}

#[test]
fn tower_resilience_clears_nothing_when_it_is_reset_while_closed() {
    frozen(async |_| {
        let builder = CircuitBreakerLayer::builder().consecutive_failures(2);
        let (call, breaker) = tower_breaker(builder);
        call(Err(())).unwrap_err();

        at_once(breaker.reset());

        assert_eq!(at_once(breaker.metrics()).failure_count, 1);
        call(Err(())).unwrap_err();
        assert_eq!(breaker.state(), CircuitState::Open);
    });
}

#[test]
fn tower_resilience_waits_longer_than_its_cap_by_jitter() {
    let backoff = ExponentialRandomBackoff::new(SECOND, 0.5).unwrap().max_interval(SECOND);

    // Each of them is longer in half of all cases.
    assert!((0..1_000).any(|_| backoff.next_interval(0) > SECOND));
}

#[test]
fn backon_waits_longer_than_its_cap_at_first() {
    let backoff = ExponentialBuilder::new().with_min_delay(2 * SECOND).with_max_delay(SECOND);

    let waits: Vec<_> = backoff.build().take(2).collect();

    assert_eq!(waits, [2 * SECOND, SECOND]);
}

#[test]
fn backon_waits_longer_than_its_cap_by_jitter() {
    let backoff = ExponentialBuilder::new().with_min_delay(SECOND).with_max_delay(SECOND);

    let waits = backoff.with_jitter().without_max_times().build();

    assert!(waits.take(1_000).any(|wait| wait > SECOND));
}
