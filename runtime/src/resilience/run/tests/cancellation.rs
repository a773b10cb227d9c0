//! A call may be dropped at any of its waits, whatever protects it: nothing is lost.

use super::*;
use crate::resilience::{given::Given, plain::run_async, policy::Any};

/// What protects a call, bit by bit.
const RETRY: u32 = 1;
const TIMEOUT: u32 = 2;
const HEDGE: u32 = 4;
const BREAKER: u32 = 8;
const LIMIT: u32 = 16;
const BULKHEAD: u32 = 32;
const ALL: u32 = 63;

struct Live<'l>(&'l Cell<i32>);

impl<'l> Live<'l> {
    fn new(live: &'l Cell<i32>) -> Self {
        live.set(live.get() + 1);
        Self(live)
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Drops a call after so many polls, or lets it come to its end first; `true`: that it did.
fn drop_after(polls: u64, parts: u32) -> bool {
    let with = |part| parts & part != 0;
    let lab = Lab::new();
    let breaker = CircuitBreaker::new("b").consecutive(1).open_for(ms(10)).probes(1);
    let limiter = RateLimiter::new("l", Rate::per_second(100)).burst(1).wait(ms(1_000));
    let bulkhead = Bulkhead::new("p", 1).queue(5).wait(ms(1_000));
    let mut policy = Policy::new("x");
    if with(RETRY) {
        policy = policy.retry(Retry::new("r").backoff(Backoff::constant(ms(2))));
    }
    if with(TIMEOUT) {
        policy = policy.timeout(Timeout::new("t").attempt(ms(6)).total(ms(60)));
    }
    if with(HEDGE) {
        policy = policy.hedge(Hedge::new("h").after(ms(1)));
    }
    let mut given = Given::new(&policy);
    let begun = lab.run(|| {
        if with(BREAKER) {
            given = given.circuit_breaker(&breaker);
            // The call is the probe of a breaker that has been open.
            let _: Result<(), _> = breaker.call(|| Err(Failed::Own(0)));
            lab.clock.advance(ms(10));
        }
        if with(LIMIT) {
            given = given.rate_limit(&limiter);
            limiter.check().unwrap();
        }
        lab.clock.unix_nanos()
    });
    if with(BULKHEAD) {
        given = given.bulkhead(&bulkhead);
    }
    let mut context = Context::from_waker(Waker::noop());
    let (live, attempts) = (Cell::new(0), Cell::new(0_u32));

    let is_over = lab.run(|| {
        // The place is taken for the first two milliseconds.
        let mut other = Some(Box::pin(bulkhead.call_async(pending::<Result<(), Failed>>)));
        let _ = other.as_mut().unwrap().as_mut().poll(&mut context);
        let mut call = Box::pin(run_async::<_, _, _, _, Any>(&given, || {
            attempts.set(attempts.get() + 1);
            let number = attempts.get();
            let live = Live::new(&live);
            async move {
                let _live = live;
                sleep(3).await;
                if number == 1 { Err(Failed::Own(1)) } else { Ok(number) }
            }
        }));
        let is_over = (0..polls).any(|poll| {
            if poll == 2 {
                other = None;
            }
            let polled = call.as_mut().poll(&mut context);
            lab.clock.advance(ms(1));
            polled.is_ready()
        });
        drop((call, other));
        is_over
    });

    let what = format!("{parts:#08b} dropped after {polls} polls");
    assert_eq!(live.get(), 0, "{what}: a body lives on");
    assert_eq!(resilience::attempt(), 0, "{what}");
    assert_eq!(lab.run(resilience::time_left), None, "{what}");
    lab.run(|| {
        let places = bulkhead.statistics();
        assert_eq!((places.in_flight(), places.queued()), (0, 0), "{what}: a place is lost");
        if with(BREAKER) && breaker.state() == CircuitState::HalfOpen {
            let probe = breaker.call(|| Ok::<_, Failed>(()));
            assert_eq!(probe, Ok(()), "{what}: a probe is lost");
        }
        if with(LIMIT) {
            // Ten milliseconds for each that went through; what only waited has cost nothing.
            let free_at = begun + limiter.statistics().admitted() * 10_000_000;
            if let Some(left) = free_at.checked_sub(lab.clock.unix_nanos()) {
                lab.clock.advance(Duration::from_nanos(left));
            }
            assert!(limiter.check().is_ok(), "{what}: a turn is lost");
        }
    });
    is_over
}

#[test]
fn nothing_is_lost_wherever_a_call_is_dropped() {
    for parts in 0..=ALL {
        let mut polls = 0;
        while !drop_after(polls, parts) {
            polls += 1;
            assert!(polls < 200, "{parts:#08b} has no end");
        }
        assert!(polls > 3, "{parts:#08b} never waited");
    }
}
