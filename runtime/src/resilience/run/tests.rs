//! One engine, driven with and without `async`, on a clock that stands still but for its waits.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{
    resilience::{
        self, Backoff, Bulkhead, CircuitBreaker, CircuitState, Deadline, Hedge, Jitter, Policy,
        Rate, RateLimiter, Rejected, RejectedKind, RejectedKinds, Retry, RetryBudget, Timeout,
    },
    testing::{self, Capture, MockClock},
    value::Value,
};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[derive(Debug, PartialEq)]
enum Failed {
    Own(u32),
    Refused(Rejected),
}

impl From<Rejected> for Failed {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl Failed {
    fn kind(&self) -> Option<RejectedKind> {
        match self {
            Self::Own(_) => None,
            Self::Refused(rejected) => Some(rejected.kind()),
        }
    }
}

/// A clock of its own, and nothing else of the program.
struct Lab {
    capture: Capture,
    clock: MockClock,
}

impl Lab {
    fn new() -> Self {
        let capture = testing::capture();
        let clock = capture.mock_clock();
        Self { capture, clock }
    }

    fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        self.capture.run(run)
    }

    /// Runs a future to its end; whenever it waits, a millisecond passes. How many did?
    fn drive<F: Future>(&self, future: F) -> (F::Output, u64) {
        self.run(|| {
            let mut future = pin!(future);
            let mut context = Context::from_waker(Waker::noop());
            for passed in 0..1_000_000 {
                if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                    return (value, passed);
                }
                self.clock.advance(ms(1));
            }
            panic!("it waits for ever");
        })
    }

    /// How many milliseconds pass while it runs.
    fn time<R>(&self, run: impl FnOnce() -> R) -> (R, u64) {
        let before = self.clock.unix_nanos();
        let value = self.run(run);
        (value, (self.clock.unix_nanos() - before) / 1_000_000)
    }
}

/// Is ready after so many milliseconds, on the clock of the lab.
async fn sleep(wait: u64) {
    let mut left = wait;
    poll_fn(|_| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

/// Without chance, so that waits are known; without a budget, which all of one name would share.
const fn steady(policy: &'static str) -> Retry {
    let backoff = Backoff::exponential(ms(100), ms(10_000)).jitter(Jitter::None);
    Retry::new(policy).without_budget().backoff(backoff)
}

/// Plays a script, one line for each attempt, in both ways: what came of it, after how many
/// attempts and milliseconds.
fn play(
    policy: impl Fn() -> Policy,
    script: &[Result<u32, u32>],
) -> (Result<u32, Failed>, usize, u64) {
    let line = |attempts: &Cell<usize>| {
        let at = attempts.replace(attempts.get() + 1);
        // Attempts that were refused have numbers, too.
        assert!(resilience::attempt() as usize > at);
        script[at.min(script.len() - 1)].map_err(Failed::Own)
    };
    let (lab, policy_here, attempts) = (Lab::new(), policy(), Cell::new(0));
    let (sync, waited) = lab.time(|| policy_here.run(|| line(&attempts)));
    let sync = (sync, attempts.get(), waited);
    let (lab, policy_here, attempts) = (Lab::new(), policy(), Cell::new(0));
    let body = || async { line(&attempts) };
    let (asynchronous, waited) = lab.drive(policy_here.run_async(body));
    let asynchronous = (asynchronous, attempts.get(), waited);
    assert_eq!(sync, asynchronous);
    sync
}

#[test]
fn a_call_is_made_until_it_succeeds() {
    let policy = || Policy::new("x").retry(steady("x").max_attempts(5));

    assert_eq!(play(policy, &[Ok(1)]), (Ok(1), 1, 0));
    assert_eq!(play(policy, &[Err(1), Err(2), Ok(3)]), (Ok(3), 3, 300));
    assert_eq!(play(policy, &[Err(7)]), (Err(Failed::Own(7)), 5, 1_500));
}

#[test]
fn what_the_last_attempt_returned_is_what_the_caller_gets() {
    let policy = || Policy::new("x").retry(steady("x"));

    assert_eq!(play(policy, &[Err(1), Err(2), Err(3), Ok(4)]), (Err(Failed::Own(3)), 3, 300));
}

#[test]
fn a_wait_that_would_end_too_late_is_not_begun() {
    let retry = || steady("x").max_attempts(9);
    let total =
        |most| move || Policy::new("x").retry(retry()).timeout(Timeout::new("x").total(ms(most)));
    let elapsed = |most| move || Policy::new("x").retry(retry().max_elapsed(ms(most)));

    for most in [300, 699] {
        assert_eq!(play(total(most), &[Err(1)]), (Err(Failed::Own(1)), 3, 300), "{most}");
        assert_eq!(play(elapsed(most), &[Err(1)]), (Err(Failed::Own(1)), 3, 300), "{most}");
    }
    assert_eq!(play(total(700), &[Err(1)]).1, 4);
}

#[test]
fn a_budget_that_is_used_up_leaves_first_attempts_alone() {
    let lab = Lab::new();
    let retry = Retry::new("x").max_attempts(2).backoff(Backoff::constant(Duration::ZERO));
    let policy = Policy::new("x").retry(retry);

    // A hundred of reserve and a fifth of the calls, within one moment.
    let attempts = Cell::new(0);
    let call = || {
        let before = attempts.get();
        let body = || {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(Failed::Own(1))
        };
        let result = lab.run(|| policy.run(body));
        (result, attempts.get() - before)
    };
    let made: usize = (0..1_000).map(|_| call().1).sum();

    assert!((1_100..1_400).contains(&made), "{made}");
    let last: Vec<_> = (0..5).map(|_| call()).collect();
    assert!(last.iter().all(|(result, _)| *result == Err(Failed::Own(1))));
    assert!(last.iter().any(|(_, attempts)| *attempts == 1), "{last:?}");
}

#[test]
fn a_breaker_judges_each_attempt_and_ends_the_retries() {
    let policy = || {
        let breaker = CircuitBreaker::new("b").consecutive(2).min_calls(1_000);
        Policy::new("x").retry(steady("x").max_attempts(5)).circuit_breaker(breaker)
    };

    let (result, attempts, waited) = play(policy, &[Err(1)]);

    let Err(Failed::Refused(rejected)) = result else { panic!("{result:?}") };
    assert_eq!((rejected.kind(), rejected.policy()), (RejectedKind::CircuitOpen, "b"));
    assert_eq!((rejected.attempts(), attempts, waited), (2, 2, 300));
}

#[test]
fn retries_that_wait_for_a_breaker_wait_as_long_as_it_says() {
    let policy = || {
        let breaker = CircuitBreaker::new("b").consecutive(2).open_for(ms(1_000));
        let retry = steady("x").max_attempts(9).retry_on(RejectedKinds::CIRCUIT_OPEN);
        Policy::new("x").retry(retry).circuit_breaker(breaker)
    };

    // 100, 200 until the rejection, 1,000 - 200 until it half-opens.
    assert_eq!(play(policy, &[Err(1), Err(2), Ok(3)]), (Ok(3), 3, 1_100));
}

#[test]
fn a_rate_limit_lets_wait_who_has_time_for_it() {
    let limited = |total| {
        let limiter = RateLimiter::new("l", Rate::per_second(10)).burst(1).wait(ms(1_000));
        let timeout = Timeout::new("x").total(ms(total));
        Policy::new("x").rate_limit(limiter).timeout(timeout)
    };
    let lab = Lab::new();
    let patient = limited(5_000);
    let call = || lab.time(|| patient.run(|| Ok::<_, Failed>(1)));

    assert_eq!([call(), call()], [(Ok(1), 0), (Ok(1), 100)]);
    let call = || lab.drive(patient.run_async(|| async { Ok::<_, Failed>(1) }));
    assert_eq!(call(), (Ok(1), 100));
    let hasty = limited(50);
    assert_eq!(lab.time(|| hasty.run(|| Ok::<_, Failed>(1))), (Ok(1), 0));
    let (refused, waited) = lab.drive(hasty.run_async(|| async { Ok::<_, Failed>(1) }));
    assert_eq!((refused.unwrap_err().kind(), waited), (Some(RejectedKind::RateLimited), 0));
}

#[test]
fn who_queues_for_a_place_is_not_queueing_any_more_when_the_time_is_over() {
    let lab = Lab::new();
    let bulkhead = Bulkhead::new("b", 1).queue(1).wait(ms(500));
    let policy = Policy::new("x").bulkhead(bulkhead).timeout(Timeout::new("x").total(ms(50)));
    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(policy.run_async(pending::<Result<(), Failed>>));
    assert!(lab.run(|| first.as_mut().poll(&mut context)).is_pending());

    let (second, waited) = lab.drive(policy.run_async(|| async { Ok::<_, Failed>(()) }));

    assert_eq!(
        (second.unwrap_err().kind(), waited),
        (Some(RejectedKind::Timeout(Deadline::Total)), 50)
    );
}

#[test]
fn a_body_is_dropped_before_its_caller_learns_that_it_took_too_long() {
    struct Tells(Rc<Cell<bool>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let lab = Lab::new();
    let timeout = Timeout::new("t").attempt(ms(50));
    let dropped = Rc::new(Cell::new(false));
    let tells = Tells(Rc::clone(&dropped));

    let call = async {
        let late = timeout.call_async(async {
            let _tells = tells;
            pending::<Result<(), Failed>>().await
        });
        let late = pin!(late);
        (late.await, dropped.get())
    };
    let ((result, was_dropped), waited) = lab.drive(call);

    let kind = RejectedKind::Timeout(Deadline::Attempt);
    let Err(Failed::Refused(rejected)) = result else { panic!("{result:?}") };
    assert_eq!((rejected.kind(), rejected.policy(), rejected.attempts()), (kind, "t", 1));
    assert!(rejected.ran() && was_dropped);
    assert_eq!(waited, 50);
}

#[test]
fn a_value_that_is_ready_in_the_same_poll_as_the_timer_wins() {
    let lab = Lab::new();
    let timeout = Timeout::new("t").attempt(ms(50));
    let ready_after = |wait| {
        lab.drive(timeout.call_async(async move {
            sleep(wait).await;
            Ok::<_, Failed>(())
        }))
    };

    assert_eq!(ready_after(50), (Ok(()), 50));
    assert!(ready_after(51).0.is_err());
}

#[test]
fn a_timeout_that_observes_counts_a_late_attempt_once_and_cuts_none_off() {
    let lab = Lab::new();
    let timeout = Timeout::new("t").attempt(ms(50)).total(ms(500)).observe();
    let twice = |wait| {
        lab.drive(timeout.call_async(async move {
            sleep(wait).await;
            sleep(wait).await;
            Ok::<_, Failed>(())
        }))
    };

    assert_eq!((twice(20), timeout.late()), ((Ok(()), 40), 0));
    assert_eq!((twice(90), timeout.late()), ((Ok(()), 180), 1));
    assert_eq!((twice(400), timeout.late()), ((Ok(()), 800), 2));
}

#[test]
fn time_runs_out_for_an_attempt_or_for_all_of_them() {
    let lab = Lab::new();
    let attempts = Cell::new(0);
    let policy = |total| {
        let timeout = Timeout::new("x").attempt(ms(50)).total(ms(total));
        Policy::new("x").retry(steady("x").max_attempts(3)).timeout(timeout)
    };
    let call = |total| {
        attempts.set(0);
        let hang = || {
            attempts.set(attempts.get() + 1);
            pending::<Result<(), Failed>>()
        };
        let policy = policy(total);
        let (result, waited) = lab.drive(policy.run_async(hang));
        let Err(Failed::Refused(rejected)) = result else { panic!("{result:?}") };
        (rejected.kind(), rejected.attempts(), attempts.get(), waited)
    };

    // 50 + 100 + 50 + 200 + 50
    let attempt = RejectedKind::Timeout(Deadline::Attempt);
    assert_eq!(call(10_000), (attempt, 3, 3, 450));
    // In the middle of the second attempt.
    let total = RejectedKind::Timeout(Deadline::Total);
    assert_eq!(call(170), (total, 2, 2, 170));
    // No wait that ends too late.
    assert_eq!(call(140), (attempt, 1, 1, 50));
}

#[test]
fn whatever_is_called_within_sees_the_nearer_end() {
    let lab = Lab::new();
    let outer = Timeout::new("outer").total(ms(100));
    let left = |inner: u64| {
        let inner = Timeout::new("inner").total(ms(inner));
        let call = outer.call_async(async {
            inner
                .call_async(async {
                    let first = resilience::time_left();
                    sleep(30).await;
                    Ok::<_, Failed>((first, resilience::time_left()))
                })
                .await
        });
        lab.drive(call).0.unwrap()
    };

    assert_eq!(left(500), (Some(ms(100)), Some(ms(70))));
    assert_eq!(left(40), (Some(ms(40)), Some(ms(10))));
    assert_eq!(lab.run(resilience::time_left), None);
}

#[test]
fn a_retry_within_a_deadline_begins_no_wait_that_would_outlive_it() {
    let lab = Lab::new();
    let outer = Timeout::new("outer").total(ms(250));
    let retry = steady("inner").max_attempts(9);

    let call = outer.call_async(retry.call_async(|| async { Err::<(), _>(Failed::Own(1)) }));

    assert_eq!(lab.drive(call), (Err(Failed::Own(1)), 100));
}

#[test]
fn a_synchronous_body_sees_its_deadline_and_is_not_believed_after_it() {
    let lab = Lab::new();
    let policy = Policy::new("x").timeout(Timeout::new("x").total(ms(100)));
    let call = |takes| {
        lab.time(|| {
            policy.run(|| {
                assert_eq!(resilience::time_left(), Some(ms(100)));
                lab.clock.advance(ms(takes));
                Ok::<_, Failed>(7)
            })
        })
        .0
    };

    assert_eq!(call(100), Ok(7));
    let kind = RejectedKind::Timeout(Deadline::Total);
    assert_eq!(call(101).unwrap_err().kind(), Some(kind));
}

#[test]
fn attempts_within_attempts_have_numbers_of_their_own() {
    let lab = Lab::new();
    let (outer, inner) = (steady("outer"), steady("inner"));
    let seen = RefCell::new(Vec::new());
    let call = || {
        outer.call(|| {
            let result = inner.call(|| {
                seen.borrow_mut().push(resilience::attempt());
                Err::<(), _>(Failed::Own(1))
            });
            seen.borrow_mut().push(10 * resilience::attempt());
            result
        })
    };

    lab.run(call).unwrap_err();

    assert_eq!(*seen.borrow(), [1, 2, 3, 10, 1, 2, 3, 20, 1, 2, 3, 30]);
    assert_eq!(resilience::attempt(), 0);
}

#[test]
fn a_panic_is_a_failure_and_goes_on_as_it_was() {
    let policy = || Policy::new("x").circuit_breaker(CircuitBreaker::new("b").consecutive(1));
    let (lab, sync, asynchronous) = (Lab::new(), policy(), policy());
    let fails = || -> Result<(), Failed> { std::panic::resume_unwind(Box::new(17)) };

    let first = catch_unwind(AssertUnwindSafe(|| lab.run(|| sync.run(fails))));
    let second =
        catch_unwind(AssertUnwindSafe(|| lab.drive(asynchronous.run_async(|| async { fails() }))));

    assert_eq!(first.unwrap_err().downcast_ref(), Some(&17));
    assert_eq!(second.unwrap_err().downcast_ref(), Some(&17));
    for policy in [sync, asynchronous] {
        let refused = lab.run(|| policy.run(|| Ok::<_, Failed>(())));
        assert_eq!(refused.unwrap_err().kind(), Some(RejectedKind::CircuitOpen));
    }
    assert_eq!(resilience::attempt(), 0);
}

#[test]
fn the_first_to_succeed_wins_and_the_others_are_gone_by_then() {
    let lab = Lab::new();
    let hedge = Hedge::new("h").after(ms(50)).max_attempts(3);
    let (begun, gone) = (Cell::new(0_u32), Cell::new(0_u32));
    struct Gone<'g>(&'g Cell<u32>);
    impl Drop for Gone<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    // The second takes 20 milliseconds, the others for ever.
    let call = async {
        let won = hedge.call_async(|| {
            begun.set(begun.get() + 1);
            let (number, going) = (begun.get(), Gone(&gone));
            async move {
                let _going = going;
                sleep(if number == 2 { 20 } else { 1_000 }).await;
                Ok::<_, Failed>(number)
            }
        });
        (pin!(won).await, gone.get())
    };

    assert_eq!(lab.drive(call), ((Ok(2), 2), 70));
}

#[test]
fn if_all_attempts_that_race_fail_the_first_says_how() {
    let lab = Lab::new();
    let hedge = Hedge::new("h").after(ms(50)).max_attempts(3);
    let begun = Cell::new(0);

    let call = hedge.call_async(|| {
        begun.set(begun.get() + 1);
        let number = begun.get();
        async move {
            sleep(if number == 1 { 200 } else { 10 }).await;
            Err::<(), _>(Failed::Own(number))
        }
    });

    assert_eq!(lab.drive(call), (Err(Failed::Own(1)), 200));
    assert_eq!(begun.get(), 3);
}

#[test]
fn a_hedge_by_what_calls_usually_take_begins_when_that_is_known() {
    let lab = Lab::new();
    let hedge = Hedge::new("h").after_p95();
    let begun = Cell::new(0);
    let call = |takes| {
        begun.set(0);
        let call = hedge.call_async(|| {
            begun.set(begun.get() + 1);
            async move {
                sleep(takes).await;
                Ok::<_, Failed>(())
            }
        });
        let (_, waited) = lab.drive(call);
        (begun.get(), waited)
    };

    for number in 0..100 {
        assert_eq!(call(10), (1, 10), "{number}");
    }
    let (attempts, waited) = call(1_000);

    assert_eq!((attempts, waited), (2, 1_000));
    assert_eq!(call(10), (1, 10));
}

#[cfg(feature = "chaos")]
#[test]
fn a_fault_on_purpose_is_a_failure_like_any_other() {
    let policy = || {
        let breaker = CircuitBreaker::new("b").consecutive(2);
        let chaos = resilience::Chaos::new("c").fault(1.0);
        Policy::new("x").retry(steady("x").max_attempts(5)).circuit_breaker(breaker).chaos(chaos)
    };

    let (result, attempts, waited) = play(policy, &[Ok(1)]);

    assert_eq!(result.unwrap_err().kind(), Some(RejectedKind::CircuitOpen));
    assert_eq!((attempts, waited), (0, 300));
}

#[cfg(feature = "chaos")]
#[test]
fn a_delay_on_purpose_takes_of_the_time_of_the_attempt() {
    let lab = Lab::new();
    let late = |delay| {
        let chaos = resilience::Chaos::new("c").latency(ms(delay), ms(delay));
        let timeout = Timeout::new("x").attempt(ms(50));
        let policy = Policy::new("x").timeout(timeout).chaos(chaos);
        let call = policy.run_async(|| async {
            sleep(30).await;
            Ok::<_, Failed>(())
        });
        let (result, waited) = lab.drive(call);
        (result.err().and_then(|error| error.kind()), waited)
    };

    let kind = RejectedKind::Timeout(Deadline::Attempt);
    assert_eq!(late(20), (None, 50));
    assert_eq!(late(21), (Some(kind), 50));
    assert_eq!(late(500), (Some(kind), 50));
}

#[test]
fn each_further_attempt_is_a_span_with_its_number() {
    let lab = Lab::new();
    let retry = steady("x");
    let attempts = Cell::new(0);
    let body = || {
        attempts.set(attempts.get() + 1);
        if attempts.get() < 3 { Err(Failed::Own(1)) } else { Ok(()) }
    };

    lab.run(|| {
        let span = crate::Span::start("call").enter();
        retry.call(body).unwrap();
        drop(span);
    });
    let spans = lab.capture.spans();

    let call = spans.iter().find(|span| span.name == "call").unwrap();
    let tried: Vec<_> = spans.iter().filter(|span| span.name == "attempt").collect();
    assert_eq!(tried.len(), 2);
    for (span, number) in tried.iter().zip([2_i64, 3]) {
        assert_eq!(span.parent_span_id, Some(call.span_id));
        assert_eq!(span.attribute("retry.attempt"), Some(&Value::from(number).into()));
    }
    assert_eq!(call.attribute("retry.stopped"), Some(&Value::from("success").into()));
}

mod cancellation;
mod line;
mod macros;
mod told;
