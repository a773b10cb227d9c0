//! What generated code writes: judged by type and by predicates, with fallbacks behind.

use std::io;

use super::*;
use crate::{
    __private::resilience::{
        Any, Ended, Given, Refusal, Run, Settled, Stale, SyncRun, accepted, caught_here, rejectable,
    },
    outcome::Outcome,
    resilience::{Class, Failure, run::Judged},
    site::{Meta, Site},
};

fn refused<R>(kind: RejectedKind) -> Settled<R> {
    Err(Rejected::new(kind, "x"))
}

fn fails(class: io::ErrorKind) -> Ended<io::Result<u32>> {
    Ok(Err(class.into()))
}

fn in_short(judged: Judged) -> (Outcome, Option<bool>, bool, Option<Class>) {
    (judged.outcome, judged.failed, judged.again, judged.class())
}

#[test]
fn an_error_is_a_failure_and_anything_else_is_fine() {
    let good: Ended<Result<u32, ()>> = Ok(Ok(1));
    let bad: Ended<Result<u32, ()>> = Ok(Err(()));
    let other: Ended<Option<u32>> = Ok(None);

    let judged = [crate::__judge!(run, good), crate::__judge!(run, other)].map(in_short);
    assert_eq!(judged, [(Outcome::Ok, Some(false), false, None); 2]);
    let judged = in_short(crate::__judge!(run, bad));
    assert_eq!(judged, (Outcome::Error, Some(true), true, None));
    let full = Rejected::new(RejectedKind::BulkheadFull, "x");
    let full: Ended<()> = Err(Refusal::of(&full));
    let judged = in_short(crate::__judge!(run, full));
    assert_eq!(judged, (Outcome::Rejected, None, true, Some(Class::NotSent)));
}

#[test]
fn ignoring_counts_for_more_than_failing_and_that_for_more_than_the_class() {
    let denied = fails(io::ErrorKind::PermissionDenied);
    let failed = |judged: Judged| judged.failed;

    let both = crate::__judge!(run, denied, ignore_if = Result::is_err, failure_if = |_| true);
    assert_eq!(failed(both), None);
    assert_eq!(failed(crate::__judge!(run, denied, failure_if = |_| false)), Some(false));
    let class = crate::__judge!(run, denied, classify = (true, true));
    assert_eq!((class.failed, class.again), (None, false));
    let class = crate::__judge!(run, denied, failure_if = |_| true, classify = (true, false));
    assert_eq!((class.failed, class.again), (Some(true), false));
    let ok: Ended<Result<u32, ()>> = Ok(Ok(503));
    let seen = crate::__judge!(run, ok, failure_if = |r| *r == Ok(503), retry_if = |_| true);
    assert_eq!((seen.failed, seen.again), (Some(true), true));
}

#[test]
fn an_error_is_classified_by_what_it_can_and_through_what_hides_it() {
    struct Opaque;
    impl resilience::Classify for Opaque {
        fn classify(&self) -> Class {
            Class::Throttled { retry_after: Some(ms(5)) }
        }
    }
    type Boxed = Box<dyn std::error::Error + Send + Sync>;
    let own: Ended<Result<(), Opaque>> = Ok(Err(Opaque));
    let hidden: Boxed = io::Error::from(io::ErrorKind::ConnectionRefused).into();
    let hidden: Ended<Result<(), Boxed>> = Ok(Err(hidden));
    let wrapped: Ended<io::Result<()>> =
        Ok(Err(io::Error::other(io::Error::from(io::ErrorKind::PermissionDenied))));

    let judged = crate::__judge!(run, own, classify = (true, true));
    assert_eq!((judged.asked_after(), judged.again), (Some(ms(5)), true));
    let judged = crate::__judge!(run, hidden, classify = (true, true));
    assert_eq!(judged.class(), Some(Class::NotSent));
    let judged = crate::__judge!(run, wrapped, classify = (true, true));
    assert_eq!(judged.class(), Some(Class::Permanent));
}

#[test]
fn an_error_may_say_when_to_come_back() {
    let bad: Ended<Result<(), u64>> = Ok(Err(12));

    let judged = crate::__judge!(run, bad, retry_after = |error| Some(ms(*error)));

    assert_eq!(judged.asked_after(), Some(ms(12)));
}

#[test]
fn a_fallback_stands_in_for_what_it_names_and_for_all_if_it_names_nothing() {
    let error = || -> Settled<Result<u32, u32>> { Ok(Err(7)) };
    let open = || -> Settled<Result<u32, u32>> { refused(RejectedKind::CircuitOpen) };
    let kinds = RejectedKinds::CIRCUIT_OPEN;

    for ended in [error(), open()] {
        assert_eq!(crate::__fallback!(ended, value = 1), Ok(Ok(1)));
    }
    assert_eq!(crate::__fallback!(error(), value = 1, on = kinds), error());
    assert_eq!(crate::__fallback!(open(), value = 1, on = kinds), Ok(Ok(1)));
    assert_eq!(crate::__fallback!(open(), value = 1, when = |e| *e == 7), open());
    assert_eq!(crate::__fallback!(error(), value = 1, when = |e| *e == 7), Ok(Ok(1)));
    let answered = crate::__fallback!(error(), failure => match failure {
        Failure::Error(code) => Ok(code * 2),
        _ => Err(0),
    });
    assert_eq!(answered, Ok(Ok(14)));
    let plain: Settled<&str> = refused(RejectedKind::RateLimited);
    assert_eq!(accepted(crate::__fallback!(plain, value = "sorry")), "sorry");
}

#[test]
fn a_fallback_may_take_its_time() {
    fn at_once(_: Failure<u32>) -> Result<u32, u32> {
        Ok(1)
    }
    async fn in_time(_: Failure<u32>) -> Result<u32, u32> {
        sleep(3).await;
        Ok(2)
    }
    let lab = Lab::new();
    let error = || -> Settled<Result<u32, u32>> { Ok(Err(7)) };

    let answers = async {
        let first = crate::__fallback!(error(), f => crate::__answer!(at_once(f)).await);
        (first, crate::__fallback!(error(), f => crate::__answer!(in_time(f)).await))
    };

    assert_eq!(lab.drive(answers), ((Ok(Ok(1)), Ok(Ok(2))), 3));
}

#[test]
fn the_last_good_answer_is_served_for_its_key_and_its_time() {
    let lab = Lab::new();
    let stale = Stale::new(ms(100));
    let serve = |key: &str, ended: Settled<Result<String, u32>>| {
        lab.run(|| crate::__stale!(&stale, ended, &(key)))
    };
    let good = |text: &str| -> Settled<Result<String, u32>> { Ok(Ok(text.to_owned())) };

    assert_eq!(serve("a", Ok(Err(1))), Ok(Err(1)));
    assert_eq!(serve("a", good("first")), good("first"));
    assert_eq!(serve("a", Ok(Err(1))), good("first"));
    assert_eq!(serve("b", Ok(Err(1))), Ok(Err(1)));
    lab.clock.advance(ms(101));
    assert_eq!(serve("a", Ok(Err(1))), Ok(Err(1)));
}

#[test]
fn a_fallback_stands_in_for_a_panic_where_it_is_asked_to() {
    let call = |panics: bool| {
        caught_here(|| -> Settled<Result<u32, u32>> {
            if panics {
                std::panic::resume_unwind(Box::new(1));
            }
            Ok(Ok(1))
        })
    };

    let served = crate::__on_panic!(call(true), ended => { ended }, failure => match failure {
        Failure::<u32>::Panicked => Ok(2),
        _ => Err(0),
    });
    let returned = crate::__on_panic!(call(false), ended => { ended }, value = 3);

    assert_eq!([returned, served], [Ok(Ok(1)), Ok(Ok(2))]);
}

static SITE: Site = Site::new(Meta::block("charge", module_path!(), file!(), line!()));

#[test]
fn generated_code_runs_through_the_same_engine() {
    static POLICY: Policy = Policy::new("").retry(steady(""));
    let lab = Lab::new();
    let (mut attempts, mut tried) = (0, 0);

    let call = async {
        let mut run = Run::<_, Any>::begin(&SITE, &POLICY);
        let value = loop {
            let ended = run
                .attempt(async {
                    attempts += 1;
                    if attempts < 3 { Err(Failed::Own(attempts)) } else { Ok(attempts) }
                })
                .await;
            crate::__settle!(awaits, run, ended);
        };
        accepted::<Result<u32, Failed>>(value)
    };
    assert_eq!(lab.drive(call), (Ok(3), 300));
    let (value, waited) = lab.time(|| {
        let mut run = SyncRun::<_, Any>::begin(&SITE, &POLICY);
        let value = loop {
            let ended = run.attempt(|| {
                tried += 1;
                Err::<(), _>(Failed::Own(tried))
            });
            crate::__settle!(blocks, run, ended, retry_if = |r| *r == Err(Failed::Own(1)));
        };
        rejectable(value)
    });

    assert_eq!((value, waited), (Err(Failed::Own(2)), 100));
}

#[test]
fn a_policy_without_a_name_is_called_as_its_function() {
    static POLICY: Policy = Policy::new("").timeout(Timeout::new("").attempt(ms(5)));
    static BREAKER: CircuitBreaker = CircuitBreaker::new("own").consecutive(1);
    let lab = Lab::new();
    let given = Given::new(&POLICY).circuit_breaker(&BREAKER);
    let call = || async {
        let mut run = Run::<_, Any>::begin(&SITE, &given);
        let ended = run.attempt(pending::<Result<(), Failed>>()).await;
        crate::__finish!(run, ended)
    };

    let late = lab.drive(call()).0.unwrap_err();
    let refused = lab.drive(call()).0.unwrap_err();

    assert_eq!((late.policy(), late.attempts()), ("charge", 1));
    assert_eq!((refused.policy(), refused.attempts()), ("own", 0));
}

#[test]
fn a_race_is_decided_by_what_the_function_asks() {
    static POLICY: Policy = Policy::new("").hedge(Hedge::new("").after(ms(50)));
    let lab = Lab::new();
    let begun = Cell::new(0_u64);

    let call = async {
        let mut run = Run::<_, Any>::begin(&SITE, &POLICY);
        let ended = run
            .hedged(
                || {
                    begun.set(begun.get() + 1);
                    let number = begun.get();
                    async move {
                        sleep(100 * number).await;
                        number
                    }
                },
                |ended| crate::__judge!(run, ended, failure_if = |number| *number == 1),
            )
            .await;
        crate::__finish!(run, ended)
    };

    // The first is no success, so the second is waited for: 50 + 200.
    assert_eq!(lab.drive(call), (Ok(2), 250));
}
