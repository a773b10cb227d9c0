//! A call may be dropped at any of its polls, whatever protects it: nothing is lost, and what was
//! counted adds up.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Waker},
    time::Duration,
};

use spandrel::{
    resilience::{
        self, Backoff, Bulkhead, CircuitBreaker, CircuitState, Hedge, Policy, Rate, RateLimiter,
        Retry, Timeout,
    },
    testing,
};

use crate::conformance::{Failed, Good, Line, Outcome};

/// What protects a call, bit by bit.
const RETRY: u32 = 1;
const TIMEOUT: u32 = 2;
const HEDGE: u32 = 4;
const BREAKER: u32 = 8;
const LIMIT: u32 = 16;
const BULKHEAD: u32 = 32;
/// The call is the probe of a breaker that was open.
const PROBES: u32 = 64;
const ALL: u32 = 127;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The policies of a call, which whoever knows their name shares.
struct Protection {
    parts: u32,
    name: &'static str,
}

impl Protection {
    fn has(&self, part: u32) -> bool {
        self.parts & part != 0
    }

    fn breaker(&self) -> CircuitBreaker {
        CircuitBreaker::new(self.name).consecutive(2).open_for(ms(10)).shared()
    }

    fn limiter(&self) -> RateLimiter {
        RateLimiter::new(self.name, Rate::per_second(100)).burst(1).wait(ms(1_000)).shared()
    }

    fn bulkhead(&self) -> Bulkhead {
        Bulkhead::new(self.name, 1).queue(5).wait(ms(1_000)).shared()
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy::new(self.name);
        if self.has(RETRY) {
            let retry = Retry::new(self.name).backoff(Backoff::constant(ms(2)));
            policy = policy.retry(retry.max_attempts(4));
        }
        if self.has(TIMEOUT) {
            policy = policy.timeout(Timeout::new(self.name).attempt(ms(6)).total(ms(60)));
        }
        if self.has(HEDGE) {
            policy = policy.hedge(Hedge::new(self.name).after(ms(1)));
        }
        if self.has(BREAKER) {
            policy = policy.circuit_breaker(self.breaker());
        }
        if self.has(LIMIT) {
            policy = policy.rate_limit(self.limiter());
        }
        if self.has(BULKHEAD) {
            policy = policy.bulkhead(self.bulkhead());
        }
        policy
    }
}

/// Drops a call after so many polls, or lets it come to its end first; `true`: that it did.
fn drop_after(polls: u64, parts: u32) -> bool {
    static PLAYED: AtomicU32 = AtomicU32::new(0);
    let number = PLAYED.fetch_add(1, Relaxed);
    let what = format!("{parts:#09b} dropped after {polls} polls");
    let name = String::leak(format!("dropped {number}"));
    let protection = Protection { parts, name };
    let capture = testing::capture();
    let clock = Arc::new(capture.mock_clock());
    let mut context = Context::from_waker(Waker::noop());
    capture.run(|| {
        let (policy, breaker) = (protection.policy(), protection.breaker());
        let (limiter, bulkhead) = (protection.limiter(), protection.bulkhead());
        if protection.has(PROBES) {
            for _ in 0..2 {
                let _: Result<(), _> = breaker.call(|| Err(Failed::Unscripted));
            }
            clock.advance(ms(10));
        }
        // The first turn is taken, and the place for two milliseconds.
        limiter.check().unwrap();
        let begun = clock.unix_nanos();
        let mut other = Some(Box::pin(bulkhead.call_async(pending::<Result<(), Failed>>)));
        assert!(other.as_mut().unwrap().as_mut().poll(&mut context).is_pending());
        let script = ["F(3ms)", "S(4ms)", "F(3ms)", "S(3ms)"];
        let script = script.map(|word| Outcome::read(word).unwrap());
        let line = Arc::new(Line::new(Arc::clone(&clock), Some(&script)));
        let before = breaker.statistics();
        let made = AtomicU64::new(0);
        let mut call = Box::pin(policy.run_async(|| {
            made.fetch_add(1, Relaxed);
            Arc::clone(&line).run_async()
        }));

        let is_over = (0..polls).any(|poll| {
            if poll == 2 {
                other = None;
            }
            let polled = call.as_mut().poll(&mut context);
            clock.advance(ms(1));
            polled.is_ready()
        });
        drop((call, other));

        let bodies = line.bodies();
        assert_eq!(bodies.live, 0, "{what}: a body lives on");
        assert_eq!((resilience::attempt(), resilience::time_left()), (0, None), "{what}");
        let (turns, places) = (limiter.statistics(), bulkhead.statistics());
        assert_eq!((places.in_flight(), places.queued()), (0, 0), "{what}: a place is lost");
        // Each attempt was let through by one door after the other, or is counted where it was not.
        let (made, ran) = (made.into_inner(), u64::from(bodies.ran));
        if protection.has(BREAKER) {
            let found = breaker.statistics();
            let verdicts = |s: &resilience::CircuitStatistics| {
                s.successes() + s.failures() + s.ignored() + s.stale() + s.rejected()
            };
            assert_eq!(verdicts(&found) - verdicts(&before), made, "{what}: {found:?}");
        }
        if protection.has(LIMIT) && !protection.has(BULKHEAD) {
            assert_eq!(turns.admitted(), ran + 1, "{what}: {turns:?}");
        }
        if protection.has(BULKHEAD) {
            assert_eq!(places.entered(), ran + 1, "{what}: {places:?}");
        }
        if protection.has(LIMIT) {
            // Ten milliseconds for each turn that was used, the first one among them.
            let free_at = begun + turns.admitted() * 10_000_000;
            clock.advance(Duration::from_nanos(free_at.saturating_sub(clock.unix_nanos())));
            assert!(limiter.check().is_ok(), "{what}: a turn is lost");
        }
        if protection.has(PROBES) && breaker.state() == CircuitState::HalfOpen {
            let probe = breaker.call(|| Ok::<_, Failed>(Good::Fallback));
            assert_eq!(probe, Ok(Good::Fallback), "{what}: a probe is lost");
        }
        is_over
    })
}

#[test]
fn nothing_is_lost_and_all_adds_up_wherever_a_call_is_dropped() {
    let mut played = 0;
    for parts in (0..=ALL).filter(|parts| parts & PROBES == 0 || parts & BREAKER != 0) {
        let mut polls = 0;
        while !drop_after(polls, parts) {
            polls += 1;
            assert!(polls < 300, "{parts:#09b} has no end");
        }
        assert!(polls > 2, "{parts:#09b} never waited");
        played += polls + 1;
    }
    println!("{played} calls dropped");
}
