//! Policies of a test's own.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use spandrel::{
    Rejected, bulkhead, circuit_breaker, fallback, rate_limit,
    resilience::{
        Bulkhead, CircuitBreaker, CircuitState, Hedge, Keyed, Mode, PolicyStatus, Rate,
        RateLimiter, RetryBudget,
    },
    retry, scripted,
    testing::{self, Test},
};

use crate::Failed;

static BREAKER: CircuitBreaker = CircuitBreaker::new("isolated breaker").consecutive(1);
static LIMITER: RateLimiter = RateLimiter::new("isolated limiter", Rate::per_hour(1));
static BULKHEAD: Bulkhead = Bulkhead::new("isolated bulkhead", 1);
static BUDGET: RetryBudget = RetryBudget::new("isolated budget").share(0.0).reserve_per_second(0.1);
static TENANTS: Keyed<RateLimiter> =
    Keyed::new(RateLimiter::new("isolated tenants", Rate::per_hour(1)));
static ONE: RateLimiter = RateLimiter::new("isolated shared", Rate::per_hour(1)).shared();
static SAME: RateLimiter = RateLimiter::new("isolated shared", Rate::per_hour(1)).shared();

fn fails() -> Result<(), Failed> {
    Err(Failed::Busy)
}

/// Uses up all there is; whoever finds less than that has seen another test.
fn uses_all() {
    assert_eq!(BREAKER.state(), CircuitState::Closed);
    assert_eq!(BREAKER.call(fails), Err(Failed::Busy));
    assert_eq!(BREAKER.call(fails), Err(Failed::Refused));
    assert!(LIMITER.check().is_ok() && LIMITER.check().is_err());
    assert!(BUDGET.try_retry() && !BUDGET.try_retry());
    assert!(TENANTS.get("acme").check().is_ok() && TENANTS.get("acme").check().is_err());
    assert!(ONE.check().is_ok() && SAME.check().is_err());
    BULKHEAD.resize(5);
}

#[test]
fn tests_beside_each_other_see_no_policy_of_another() {
    let together = Arc::new(Barrier::new(8));
    let run = |_| {
        let together = Arc::clone(&together);
        thread::spawn(move || {
            testing::run(|_| {
                together.wait();
                uses_all();
                together.wait();
                assert_eq!(BREAKER.state(), CircuitState::Open);
            });
        })
    };
    let threads: Vec<_> = (0..8).map(run).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());

    // And the program has seen none of them.
    assert_eq!(BREAKER.state(), CircuitState::Closed);
    assert_eq!((LIMITER.statistics().admitted(), TENANTS.keys()), (0, 0));
    assert_eq!(BULKHEAD.statistics().max_concurrent(), 1);
}

#[test]
fn what_the_program_did_before_is_not_seen_by_a_test() {
    static USED: RateLimiter = RateLimiter::new("used before", Rate::per_hour(1));
    assert!(USED.check().is_ok());

    testing::run(|_| assert!(USED.check().is_ok()));

    assert!(USED.check().is_err());
}

#[spandrel::test]
fn a_test_lists_its_own_policies() {
    assert!(spandrel::policies().is_empty());

    LIMITER.check().unwrap();
    let _ = TENANTS.get("acme");
    // Gone when it is listed.
    CircuitBreaker::new("local").disable();

    let listed = spandrel::policies();
    let names: Vec<_> = listed.iter().map(|policy| (policy.name(), policy.key())).collect();
    assert_eq!(names, [("isolated limiter", None), ("isolated tenants", Some("acme"))]);
}

#[spandrel::test]
async fn what_carries_the_context_belongs_to_the_test() {
    BREAKER.force_open();

    let state = || BREAKER.state();
    let task = spandrel::spawn(async move { state() }).await.unwrap();
    let blocking = spandrel::spawn_blocking(state).await.unwrap();
    let carried = spandrel::thread::spawn(state).join().unwrap();
    let here = tokio::spawn(async move { state() }).await.unwrap();
    let elsewhere = thread::spawn(state).join().unwrap();

    assert_eq!([task, blocking, carried, here], [CircuitState::ForcedOpen; 4]);
    assert_eq!(elsewhere, CircuitState::Closed);
}

#[spandrel::test]
fn what_is_captured_within_a_test_is_part_of_it() {
    BREAKER.force_open();

    let capture = testing::capture();
    capture.run(|| assert_eq!(BREAKER.state(), CircuitState::ForcedOpen));
    drop(capture);

    assert_eq!(BREAKER.state(), CircuitState::ForcedOpen);
}

#[spandrel::test]
fn a_policy_that_moves_keeps_what_it_knows() {
    let limiter = RateLimiter::new("moves", Rate::per_hour(1));
    limiter.check().unwrap();

    let moved = Box::new(limiter);

    assert!(moved.check().is_err());
    assert!(RateLimiter::new("moves", Rate::per_hour(1)).check().is_ok());
}

#[retry(max_attempts = 2, backoff = "1ms", retry_if = |ended| *ended == Err(Failed::Busy))]
#[circuit_breaker(consecutive = 2)]
#[rate_limit("2/h", burst = 2)]
#[bulkhead(max_concurrent = 2)]
fn guarded(is_busy: bool) -> Result<(), Failed> {
    if is_busy { fails() } else { Ok(()) }
}

fn opens_and_names_its_own() {
    assert_eq!(guarded(true), fails());
    assert_eq!(guarded(false), Err(Failed::Refused));
    let listed = spandrel::policies();
    let names: Vec<_> = listed.iter().map(PolicyStatus::name).collect();
    assert_eq!(names, ["guarded"; 4], "{listed:?}");
}

#[test]
fn policies_of_functions_begin_anew_in_each_test_under_their_names() {
    for _ in 0..3 {
        testing::Setup::new().start_paused().run(|_| opens_and_names_its_own());
    }
    assert_eq!(guarded(false), Ok(()));
}

#[fallback(stale = "1h", key = id)]
#[scripted]
fn price(id: u32) -> Result<u32, Failed> {
    if id == 0 { Err(Failed::Busy) } else { Ok(id) }
}

#[test]
fn the_last_good_answer_is_that_of_the_same_test() {
    testing::run(|t| {
        t.script(price, [Ok(7), Err(Failed::Busy)]);
        assert_eq!([price(0), price(0)], [Ok(7), Ok(7)]);
    });
    testing::run(|_| assert_eq!(price(0), Err(Failed::Busy)));
}

#[test]
fn how_long_calls_take_is_learnt_in_each_test() {
    static HEDGE: Hedge = Hedge::new("isolated hedge").after_p95();
    let hedges = || {
        testing::Setup::new().start_paused().run_async(|_| async {
            let calls = |number: u64, takes: u64| async move {
                let mut attempts = 0;
                for _ in 0..number {
                    let call = HEDGE.call_async(|| {
                        attempts += 1;
                        async move {
                            tokio::time::sleep(Duration::from_millis(takes)).await;
                            Ok::<_, Rejected>(())
                        }
                    });
                    call.await.unwrap();
                }
                attempts
            };
            [calls(1, 1_000).await, calls(100, 10).await, calls(1, 1_000).await]
        })
    };

    assert_eq!(hedges(), [1, 100, 2]);
    assert_eq!(hedges(), [1, 100, 2]);
}

#[spandrel::test]
fn a_breaker_that_is_yet_to_be_used_can_be_forced_open(t: Test) {
    let open = t.force_open("guarded");

    assert_eq!(guarded(false), Err(Failed::Refused));
    drop(open);
    assert_eq!(guarded(false), Ok(()));
}

#[spandrel::test]
fn breakers_forced_open_are_as_before_when_the_last_lets_go(t: Test) {
    let breaker = CircuitBreaker::new("payments").observe();
    assert_eq!(breaker.call(|| Ok::<_, Failed>(())), Ok(()));

    let (first, second, third) =
        (breaker.forced_open(), t.force_open("payments"), breaker.forced_open());
    drop(first);
    assert_eq!(breaker.mode(), Mode::ForcedOpen);
    drop(third);
    assert_eq!(breaker.mode(), Mode::ForcedOpen);
    drop(second);
    assert_eq!(breaker.mode(), Mode::Observe);
}

#[spandrel::test]
fn what_was_decided_while_a_breaker_was_forced_open_stays() {
    let breaker = CircuitBreaker::new("payments");
    let open = breaker.forced_open();

    breaker.disable();
    drop(open);

    assert_eq!(breaker.mode(), Mode::Disabled);
}
