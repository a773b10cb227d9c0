//! What attributes of policies do that only some functions ask for: threads, faults, Redis, races.

#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unwrap_used,
    reason = "functions are written as those that are protected"
)]

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use spandrel::{
    Rejected, Span, chaos, circuit_breaker, fallback, policy, rate_limit,
    redis_1::Link,
    resilience::{self, Deadline, Failure, Policy, RejectedKind, with_chaos, with_chaos_here},
    resilient, retry, timeout, traced,
};

use super::{assert_send, block_on};

#[derive(Debug, PartialEq)]
enum Failed {
    Busy,
    Broken,
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
            Self::Refused(rejected) => Some(rejected.kind()),
            _ => None,
        }
    }
}

mod threads {
    use super::*;

    #[timeout("60s", sync = thread)]
    #[traced]
    fn seen(number: u32) -> Result<(u32, u32, bool, Option<String>), Failed> {
        let left = resilience::time_left().unwrap() <= Duration::from_mins(1);
        let trace = Span::current().trace_id().map(|id| id.to_string());
        Ok((number, resilience::attempt(), left, trace))
    }

    #[timeout("10ms", sync = thread)]
    fn hangs(until: Receiver<()>, ended: Sender<()>) -> Result<(), Failed> {
        until.recv().unwrap();
        ended.send(()).unwrap();
        Ok(())
    }

    #[timeout(attempt = "10ms", sync = thread)]
    #[retry(max_attempts = 3, backoff = "1ms", budget = none, clone(script))]
    fn scripted(script: std::sync::Arc<Mutex<Vec<Receiver<()>>>>) -> Result<(), Failed> {
        let next = script.lock().unwrap().pop();
        match next {
            Some(hang) => {
                let _ = hang.recv();
                Ok(())
            }
            None => Err(Failed::Broken),
        }
    }

    #[timeout("60s", sync = thread)]
    fn panics(why: String) -> Result<(), Failed> {
        std::panic::resume_unwind(Box::new(why))
    }

    #[test]
    fn a_body_on_a_thread_knows_what_it_would_know_at_home() {
        let test = spandrel::testing::capture();
        let (number, attempt, left, trace) = test.run(|| seen(7)).unwrap();

        assert_eq!((number, attempt, left), (7, 1, true));
        assert_eq!(trace, Some(test.spans()[0].trace_id.to_string()));
    }

    #[test]
    fn a_body_that_hangs_is_left_to_itself_and_its_result_is_dropped() {
        let ((go, until), (ended, over)) = (channel(), channel());

        let refused = hangs(until, ended).unwrap_err();

        assert_eq!(refused.kind(), Some(RejectedKind::Timeout(Deadline::Total)));
        assert!(over.try_recv().is_err());
        go.send(()).unwrap();
        over.recv().unwrap();
    }

    #[test]
    fn each_attempt_has_a_thread_and_one_that_hangs_is_tried_again() {
        let (_go, hang) = channel();
        let script = std::sync::Arc::new(Mutex::new(vec![hang]));
        // The first attempt hangs, and two fail.
        assert_eq!(scripted(script), Err(Failed::Broken));
    }

    #[test]
    fn a_panic_on_the_thread_is_one_of_the_call() {
        let payload = catch_unwind(|| panics("on purpose".into())).unwrap_err();

        assert_eq!(payload.downcast_ref::<String>().unwrap(), "on purpose");
    }
}

mod faults {
    use super::*;

    #[chaos(outcome = Err(Failed::Busy), when = tenant == "acme", scoped)]
    fn charge(tenant: &str) -> Result<usize, Failed> {
        Ok(tenant.len())
    }

    #[chaos(fault = 1, when = id > 7, scoped)]
    async fn look_up(id: u64) -> Result<u64, Failed> {
        Ok(id)
    }

    #[chaos(outcome = Err(Failed::Busy), scoped)]
    #[circuit_breaker(consecutive = 2)]
    #[retry(max_attempts = 2, backoff = "1ms", budget = none)]
    async fn guarded(bodies: &AtomicU32) -> Result<u32, Failed> {
        Ok(bodies.fetch_add(1, Relaxed))
    }

    #[test]
    fn faults_are_for_the_calls_and_the_scopes_that_are_meant() {
        assert_eq!(charge("acme"), Ok(4));
        with_chaos_here(|| {
            assert_eq!(charge("acme"), Err(Failed::Busy));
            assert_eq!(charge("initech"), Ok(7));
        });

        assert_eq!(block_on(look_up(8)), Ok(8));
        assert_eq!(block_on(assert_send(with_chaos(look_up(7)))), Ok(7));
        let struck = block_on(with_chaos(look_up(8))).unwrap_err();
        assert_eq!(struck.kind(), Some(RejectedKind::Chaos));
    }

    #[test]
    fn an_outcome_is_what_the_call_returned_to_the_policies_around_it() {
        let bodies = AtomicU32::new(0);

        assert_eq!(block_on(with_chaos(guarded(&bodies))), Err(Failed::Busy));

        let refused = block_on(guarded(&bodies)).unwrap_err();
        assert_eq!(refused.kind(), Some(RejectedKind::CircuitOpen));
        assert_eq!(bodies.load(Relaxed), 0);
    }
}

mod limits {
    use super::*;

    /// Where nobody listens.
    static NOBODY: LazyLock<Link> =
        LazyLock::new(|| Link::new(redis::Client::open("redis://127.0.0.1:1/").unwrap()));

    #[rate_limit("1/h", redis = NOBODY, key = tenant)]
    async fn local(tenant: &str) -> Result<usize, Failed> {
        Ok(tenant.len())
    }

    #[rate_limit("1/h", redis = NOBODY, away = open)]
    async fn open() -> Result<(), Failed> {
        Ok(())
    }

    #[rate_limit("1/h", redis = NOBODY, away = closed)]
    #[circuit_breaker(consecutive = 1)]
    async fn closed(bodies: &Cell<u32>) -> Result<(), Failed> {
        bodies.set(bodies.get() + 1);
        Ok(())
    }

    #[test]
    fn a_limit_in_a_redis_that_is_away_is_as_was_declared() {
        let bodies = Cell::new(0);

        assert_eq!(block_on(assert_send(local("eu"))), Ok(2));
        let refused = block_on(local("eu")).unwrap_err();
        assert_eq!(refused.kind(), Some(RejectedKind::RateLimited));
        assert_eq!(block_on(local("us")), Ok(2));
        assert_eq!([block_on(open()), block_on(open())], [Ok(()), Ok(())]);
        for _ in 0..3 {
            // A limit says nothing about the callee, so the breaker stays closed.
            let refused = block_on(closed(&bodies)).unwrap_err();
            assert_eq!(refused.kind(), Some(RejectedKind::RateLimited));
        }
        assert_eq!(bodies.get(), 0);
    }
}

mod races {
    use super::*;

    static REPLICAS: Policy = policy! {
        name = "replicas",
        hedge(delay = "5ms", idempotent = true, budget(reserve = 1_000)),
        retry(max_attempts = 2, backoff = "1ms", budget = none),
    };

    async fn answer(calls: &AtomicU32) -> Result<u32, Failed> {
        match calls.fetch_add(1, Relaxed) {
            0 => std::future::pending().await,
            call => Ok(call),
        }
    }

    #[resilient(REPLICAS, idempotent = true)]
    async fn hedged(calls: &AtomicU32) -> Result<u32, Failed> {
        answer(calls).await
    }

    #[resilient(REPLICAS, idempotent = true, clone(text))]
    async fn owned(text: String) -> Result<String, Failed> {
        Ok(text)
    }

    #[resilient(REPLICAS)]
    async fn once(calls: &mut u32) -> Result<u32, Failed> {
        *calls += 1;
        if *calls < 2 { Err(Failed::Broken) } else { Ok(*calls) }
    }

    #[test]
    fn a_bundle_hedges_functions_that_say_that_they_are_idempotent() {
        let calls = AtomicU32::new(0);

        assert_eq!(block_on(assert_send(hedged(&calls))), Ok(1));
        assert_eq!(calls.load(Relaxed), 2);
        assert_eq!(block_on(assert_send(owned("a".into()))), Ok("a".into()));
        assert_eq!(block_on(once(&mut 0)), Ok(2));

        let functions = spandrel::functions();
        let of = |name| {
            let here = |function: &spandrel::Function| function.file().ends_with("purposes.rs");
            let function = functions.iter().filter(here).find(|function| function.name() == name);
            function.unwrap().policies().any(|policy| policy == "hedge")
        };
        assert_eq!([of("hedged"), of("once")], [true, false]);
    }
}

mod panics {
    use super::*;

    static ASKED: AtomicU32 = AtomicU32::new(0);

    #[fallback(with = answer, stale = "1h", key = key, on_panic)]
    fn price(key: &str, panics: bool) -> Result<u32, Failed> {
        assert!(!panics, "on purpose");
        Err(Failed::Broken)
    }

    fn answer(key: &str, _panics: &bool, why: Failure<Failed>) -> Result<u32, Failed> {
        ASKED.fetch_add(1, Relaxed);
        match why {
            Failure::Panicked if key == "error" => Err(Failed::Busy),
            Failure::Panicked => Ok(1),
            _ => Err(Failed::Broken),
        }
    }

    #[test]
    fn a_fallback_is_asked_once_and_what_it_answers_is_not_kept() {
        let call = |key, panics| catch_unwind(AssertUnwindSafe(|| price(key, panics))).unwrap();

        assert_eq!(call("error", true), Err(Failed::Busy));
        assert_eq!(ASKED.load(Relaxed), 1);

        assert_eq!(call("answer", true), Ok(1));
        assert_eq!(call("answer", false), Err(Failed::Broken));
    }
}
