//! Who stands in line for a place, and what races may cost.

use super::*;

#[test]
fn time_that_is_over_in_the_line_is_a_timeout_of_a_call_that_never_began() {
    let lab = Lab::new();
    let bulkhead = Bulkhead::new("x", 1).queue(1).wait(ms(1_000)).shared();
    let breaker = CircuitBreaker::new("x").consecutive(1).shared();
    let policy = Policy::new("x")
        .timeout(Timeout::new("x").total(ms(50)))
        .retry(Retry::new("x").retry_on(RejectedKinds::BULKHEAD_FULL))
        .circuit_breaker(CircuitBreaker::new("x").consecutive(1).shared())
        .bulkhead(Bulkhead::new("x", 1).queue(1).wait(ms(1_000)).shared());

    let (refused, waited) = lab.run(|| {
        let _place = bulkhead.try_enter().unwrap();
        lab.drive(policy.run_async(|| async { Ok::<_, Failed>(()) }))
    });

    let Err(Failed::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.kind(), RejectedKind::Timeout(Deadline::Total));
    assert_eq!((refused.ran(), refused.attempts(), waited), (false, 0, 50));
    let (state, failures) = lab.run(|| (breaker.state(), breaker.statistics().failures()));
    assert_eq!((state, failures), (CircuitState::Closed, 0));
}

#[test]
fn a_thread_whose_time_is_over_in_the_line_says_so() {
    let bulkhead = Bulkhead::new("y", 1).queue(1).wait(ms(60_000)).shared();
    let policy = Policy::new("y")
        .timeout(Timeout::new("y").total(ms(2)))
        .bulkhead(Bulkhead::new("y", 1).queue(1).wait(ms(60_000)).shared());
    let _place = bulkhead.try_enter().unwrap();

    let refused = policy.run(|| Ok::<_, Failed>(()));

    let Err(Failed::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.kind(), RejectedKind::Timeout(Deadline::Total));
    assert!(!refused.ran());
}

#[test]
fn a_hedge_has_a_budget_of_its_own() {
    let lab = Lab::new();
    let own = RetryBudget::new("").share(0.5).reserve_per_second(0.0);
    let policy = Policy::new("payments")
        .retry(steady("payments").budget(RetryBudget::new("payments").share(0.01)))
        .hedge(Hedge::new("payments").after(ms(10)).budget(own));
    let begun = Cell::new(0);

    for _ in 0..10 {
        let (result, _) = lab.drive(policy.run_async(|| async {
            begun.set(begun.get() + 1);
            sleep(20).await;
            Ok::<_, Failed>(())
        }));
        result.unwrap();
    }

    assert_eq!(begun.get(), 10 + 5);
}
