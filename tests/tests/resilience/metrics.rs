//! What policies count, as whoever reads metrics sees it.

use std::{sync::mpsc, thread, time::Duration};

use spandrel::{
    Rejected, circuit_breaker, fallback,
    metrics::Labels,
    rate_limit,
    resilience::{
        Backoff, Bulkhead, CircuitBreaker, Hedge, Keyed, Policy, Rate, RateLimiter, Retry, Timeout,
    },
    testing,
};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn count(name: &str, labels: &(impl Labels + ?Sized)) -> f64 {
    testing::metrics().count(name, labels).unwrap_or(f64::NAN)
}

fn fails() -> Result<(), Rejected> {
    Err(Rejected::new(spandrel::resilience::RejectedKind::Chaos, "the callee"))
}

#[test]
fn a_breaker_shows_its_calls_its_changes_and_all_its_states() {
    static METRED: CircuitBreaker = CircuitBreaker::new("metred").consecutive(2);
    let calls =
        |kind| count("resilience.circuit_breaker.calls", &[("policy", "metred"), ("kind", kind)]);
    let states = || {
        ["closed", "half_open", "open", "disabled", "forced_open"].map(|state| {
            count("resilience.circuit_breaker.state", &[("policy", "metred"), ("state", state)])
        })
    };

    METRED.call(|| Ok::<_, Rejected>(())).unwrap();
    assert_eq!(states(), [1.0, 0.0, 0.0, 0.0, 0.0]);
    (0..3).for_each(|_| drop(METRED.call(fails)));

    let kinds = ["success", "failure", "rejected", "ignored", "stale"];
    assert_eq!(kinds.map(calls), [1.0, 2.0, 1.0, 0.0, 0.0]);
    assert_eq!(states(), [0.0, 0.0, 1.0, 0.0, 0.0]);
    let changed = [("policy", "metred"), ("reason", "consecutive"), ("to", "open")];
    assert_eq!(count("resilience.circuit_breaker.transitions", &changed), 1.0);
    let open = [("policy", "metred"), ("state", "open")];
    assert!(count("resilience.circuit_breaker.time_in_state", &open) >= 0.0);
    METRED.force_open();
    assert_eq!(states(), [0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn keys_and_objects_are_added_up_and_count_on_when_they_are_gone() {
    static TENANTS: Keyed<RateLimiter> =
        Keyed::new(RateLimiter::new("metred tenants", Rate::per_hour(1))).max_keys(2);
    let calls = |kind| {
        count("resilience.rate_limiter.calls", &[("policy", "metred tenants"), ("kind", kind)])
    };

    for tenant in ["a", "b", "c", "d"] {
        let _ = (TENANTS.get(tenant).check(), TENANTS.get(tenant).check());
    }
    assert_eq!(["admitted", "rejected"].map(calls), [3.0, 5.0]);

    let owned = RateLimiter::new("metred tenants", Rate::per_hour(1));
    owned.check().unwrap();
    assert_eq!(calls("admitted"), 4.0);
    drop(owned);
    assert_eq!(calls("admitted"), 4.0);
}

#[test]
fn keys_are_told_apart_where_the_program_asks_for_it() {
    #[rate_limit(rate = "1/h", key = region, label_key)]
    fn send_to(region: &str) -> Result<(), Rejected> {
        let _ = region;
        Ok(())
    }

    let _ = (send_to("eu"), send_to("eu"), send_to("us"));

    let calls = |key, kind| {
        let labels = [("policy", "send_to"), ("key", key), ("kind", kind)];
        count("resilience.rate_limiter.calls", &labels)
    };
    assert_eq!([calls("eu", "admitted"), calls("eu", "rejected")], [1.0, 1.0]);
    assert_eq!([calls("us", "admitted"), calls("us", "rejected")], [1.0, 0.0]);
}

#[test]
fn retries_are_counted_with_their_waits_and_why_they_ended() {
    static RETRIED: Policy = Policy::new("metred retry").retry(
        Retry::new("metred retry").max_attempts(3).backoff(Backoff::exponential(ms(1), ms(2))),
    );

    let _ = RETRIED.run(fails);
    RETRIED.run(|| Ok::<_, Rejected>(())).unwrap();

    let policy = [("policy", "metred retry")];
    assert_eq!(count("resilience.retry.attempts", &policy), 2.0);
    let delays = testing::metrics().distribution("resilience.retry.delay", &policy).unwrap();
    assert_eq!(delays.count, 2);
    assert!(delays.sum <= 0.004, "{delays:?}");
    let why = [("policy", "metred retry"), ("reason", "attempts")];
    assert_eq!(count("resilience.retry.calls", &why), 1.0);
    let afforded = [("policy", "metred retry"), ("kind", "afforded")];
    assert_eq!(count("resilience.retry.budget.retries", &afforded), 2.0);
    assert!(count("resilience.retry.budget.available", &policy) >= 90.0);
}

#[test]
fn a_bulkhead_shows_who_is_in_who_waits_and_for_how_long() {
    static STORE: Bulkhead = Bulkhead::new("metred store", 1).queue(1).wait(ms(60_000));
    let policy = [("policy", "metred store")];
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let first = thread::spawn(move || {
        STORE.call(|| {
            enter.send(()).unwrap();
            let _ = left.recv();
            Ok::<_, Rejected>(())
        })
    });
    entered.recv().unwrap();
    let second = thread::spawn(|| STORE.call(|| Ok::<_, Rejected>(())));
    while count("resilience.bulkhead.queued", &policy) < 1.0 {
        thread::yield_now();
    }

    assert_eq!(count("resilience.bulkhead.in_flight", &policy), 1.0);
    assert!(STORE.call(|| Ok::<_, Rejected>(())).is_err());
    drop(leave);
    first.join().unwrap().unwrap();
    second.join().unwrap().unwrap();

    assert_eq!(count("resilience.bulkhead.in_flight", &policy), 0.0);
    assert_eq!(count("resilience.bulkhead.queued", &policy), 0.0);
    let calls =
        |kind| count("resilience.bulkhead.calls", &[("policy", "metred store"), ("kind", kind)]);
    assert_eq!(["entered", "rejected"].map(calls), [2.0, 1.0]);
    let waits = testing::metrics().distribution("resilience.bulkhead.wait.duration", &policy);
    assert_eq!(waits.unwrap().count, 1);
}

#[tokio::test]
async fn what_took_too_long_is_counted_and_what_was_begun_beside_it() {
    static SLOW: Policy =
        Policy::new("metred slow").timeout(Timeout::new("metred slow").attempt(ms(1)));
    static HEDGED: Hedge = Hedge::new("metred hedge").after(ms(1));

    let slow = SLOW.run_async(std::future::pending::<Result<(), Rejected>>).await;
    let mut first = true;
    let hedged = HEDGED.call_async(|| {
        let hangs = std::mem::replace(&mut first, false);
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok::<_, Rejected>(())
        }
    });

    assert!(slow.is_err());
    hedged.await.unwrap();
    let expired = [("policy", "metred slow"), ("kind", "attempt")];
    assert_eq!(count("resilience.timeout.expired", &expired), 1.0);
    assert_eq!(count("resilience.hedge.attempts", &[("policy", "metred hedge")]), 1.0);
}

#[tokio::test]
async fn a_wait_at_a_rate_limit_is_measured() {
    static PACED: RateLimiter =
        RateLimiter::new("metred pace", Rate::per_second(1_000)).burst(1).wait(ms(60_000));

    // Whoever is held up long enough by the machine has nothing to wait for.
    while PACED.statistics().waited() == 0 {
        PACED.call_async(|| async { Ok::<_, Rejected>(()) }).await.unwrap();
    }

    let waits = testing::metrics()
        .distribution("resilience.rate_limiter.wait.duration", &[("policy", "metred pace")]);
    assert_eq!(waits.unwrap().count, 1);
}

#[test]
fn a_fallback_counts_what_it_stood_in_for() {
    #[fallback(value = 0)]
    #[circuit_breaker(consecutive = 1)]
    fn metred_price() -> Result<u32, Rejected> {
        fails().map(|()| 1)
    }

    for _ in 0..3 {
        assert_eq!(metred_price(), Ok(0));
    }

    let served =
        |kind| count("resilience.fallback.calls", &[("policy", "metred_price"), ("kind", kind)]);
    assert_eq!(["error", "circuit_open"].map(served), [1.0, 2.0]);
}
