//! What calls tell of themselves when they are over: to callers, to doors, to each other.

use super::*;
use crate::resilience::{
    Adaptive,
    given::Given,
    plain::{run, run_async},
    policy::Any,
};

#[test]
fn a_bulkhead_that_adapts_learns_of_calls_under_a_policy() {
    let policies =
        || [Policy::new("x"), Policy::new("x").timeout(Timeout::new("x").attempt(ms(1)))];
    let fails = || Err::<(), _>(Failed::Own(1));
    for policy in policies() {
        let (lab, places) = (Lab::new(), Bulkhead::new("x", 4).adaptive(Adaptive::aimd(1, 10)));
        let given = Given::new(&policy).bulkhead(&places);

        for _ in 0..50 {
            let _ = lab.run(|| run::<_, _, _, Any>(&given, fails));
        }

        assert_eq!(places.statistics().max_concurrent(), 1);
    }
    for policy in policies() {
        let (lab, places) = (Lab::new(), Bulkhead::new("x", 4).adaptive(Adaptive::aimd(1, 10)));
        let given = Given::new(&policy).bulkhead(&places);

        for _ in 0..50 {
            let _ = lab.drive(run_async::<_, _, _, _, Any>(&given, || async {
                sleep(2).await;
                fails()
            }));
        }

        assert_eq!(places.statistics().max_concurrent(), 1);
    }
}

#[test]
fn attempts_have_numbers_of_their_own_also_where_they_race() {
    let policy =
        Policy::new("x").retry(steady("x").max_attempts(2)).hedge(Hedge::new("x").after(ms(5)));
    let seen = RefCell::new(Vec::new());

    let (result, _) = Lab::new().drive(policy.run_async(|| async {
        seen.borrow_mut().push(resilience::attempt());
        sleep(10).await;
        Err::<(), _>(Failed::Own(1))
    }));

    assert_eq!(result, Err(Failed::Own(1)));
    assert_eq!(*seen.borrow(), [1, 2, 3, 4]);
}

#[test]
fn attempts_that_raced_are_attempts_that_ran() {
    let policy = Policy::new("x")
        .timeout(Timeout::new("x").total(ms(50)))
        .hedge(Hedge::new("x").after(ms(5)).max_attempts(3));
    let begun = Cell::new(0);

    let (result, _) = Lab::new().drive(policy.run_async(|| {
        begun.set(begun.get() + 1);
        pending::<Result<(), Failed>>()
    }));

    let Err(Failed::Refused(refused)) = result else { panic!("{result:?}") };
    assert_eq!((refused.attempts(), begun.get()), (3, 3));
}

#[test]
fn attempts_that_were_refused_did_not_run() {
    let lab = Lab::new();
    let policy = Policy::new("x")
        .retry(steady("x"))
        .circuit_breaker(CircuitBreaker::new("x").consecutive(1));
    let attempts = |lab: &Lab| {
        let (result, _) = lab.drive(policy.run_async(|| async { Err::<(), _>(Failed::Own(1)) }));
        match result {
            Err(Failed::Refused(refused)) => refused.attempts(),
            other => panic!("{other:?}"),
        }
    };

    assert_eq!([attempts(&lab), attempts(&lab)], [1, 0]);
}

#[cfg(feature = "chaos")]
mod chaos {
    use super::*;
    use crate::resilience::Chaos;

    #[test]
    fn a_fault_on_purpose_has_the_name_of_who_means_it() {
        let policy = Policy::new("x").chaos(Chaos::new("storm").fault(1.0));

        let result = policy.run(|| Ok::<_, Failed>(()));

        let Err(Failed::Refused(refused)) = result else { panic!("{result:?}") };
        assert_eq!(refused.policy(), "storm");
    }

    #[test]
    fn a_delay_on_purpose_takes_of_the_time_that_a_thread_has() {
        let late = || Chaos::new("x").latency(ms(60), ms(60));
        let whole = Policy::new("x").chaos(late()).timeout(Timeout::new("x").total(ms(20)));
        let each = Policy::new("x").chaos(late()).timeout(Timeout::new("x").attempt(ms(20)));

        for policy in [whole, each] {
            let (lab, ran) = (Lab::new(), Cell::new(false));
            let (result, waited) = lab.time(|| {
                policy.run(|| {
                    ran.set(true);
                    Ok::<_, Failed>(())
                })
            });

            let kind = result.unwrap_err().kind();
            assert!(matches!(kind, Some(RejectedKind::Timeout(_))), "{kind:?}");
            assert_eq!((ran.get(), waited), (false, 20));
        }
    }
}
