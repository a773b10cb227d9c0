//! A limiter as programs use it.

use std::task::{Context, Waker};

use super::*;
use crate::time;

fn core(limiter: &RateLimiter) -> Core {
    Core::make(&limiter.template, "test", None)
}

#[test]
fn who_stops_waiting_gives_the_place_back() {
    let limiter = RateLimiter::new("", Rate::per_second(10)).burst(1).wait(Duration::from_secs(1));
    let core = core(&limiter);
    let waits = || [(); 3].map(|()| Core::admit(&core, 100, core.patience()).unwrap());

    let [first, second, third] = waits();
    let nanos = [&first, &second, &third].map(Wait::nanos);
    drop(second);
    let next = Core::admit(&core, 100, core.patience()).unwrap();

    assert_eq!(nanos, [0, 100_000_000, 200_000_000]);
    assert_eq!(next.nanos(), 100_000_000);
    let found = core.statistics(100);
    assert_eq!((found.admitted(), found.waited(), found.rejected()), (3, 3, 0));
}

#[test]
fn a_future_that_is_dropped_while_it_waits_gives_its_place_back() {
    let limiter = RateLimiter::new("", Rate::per_hour(1)).wait(Duration::from_secs(7_200));
    limiter.check().unwrap();

    for _ in 0..3 {
        let mut waiting = Box::pin(limiter.call_async(|| async { Ok::<_, Rejected>(()) }));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        // One more would have to wait for longer than it may.
        let next = Core::admit(&**limiter.home.get(&limiter.template), time::nanos(), 0);
        assert!(next.is_err());
    }

    assert_eq!(limiter.statistics().admitted(), 1);
}

#[test]
fn observing_it_lets_all_through_and_counts_what_it_would_have_refused() {
    let limiter = RateLimiter::new("", Rate::per_hour(2)).observe();

    assert!((0..5).all(|_| limiter.check().is_ok()));

    let found = limiter.statistics();
    assert_eq!((found.admitted(), found.rejected()), (5, 3));
}

#[test]
fn another_rate_takes_effect_at_the_next_call() {
    let limiter = RateLimiter::new("", Rate::per_hour(1));
    limiter.check().unwrap();
    let hour = Duration::from_secs(3_600);
    assert!(limiter.check().unwrap_err().retry_after() > Some(hour / 2));

    limiter.configure(&RateLimiter::new("", Rate::per_hour(3)));

    assert!(limiter.check().is_ok() && limiter.check().is_ok());
    assert!(limiter.check().unwrap_err().retry_after() < Some(hour / 2));
}
