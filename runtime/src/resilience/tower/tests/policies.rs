//! That a policy around a service calls only what is ready, and keeps nothing ready that it does not
//! call.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Mutex, atomic::AtomicIsize},
};

use super::*;
use crate::{
    resilience::{Backoff, Class, Hedge, Policy, Retry, Timeout},
    testing::{self, Capture, MockClock},
};

/// How one call of the service ends.
#[derive(Clone, Copy)]
enum Scripted {
    Ok,
    Err,
    Never,
}

/// A service that insists on the contract: each clone gets ready by itself, and is called once for it.
struct Strict {
    is_ready: bool,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Scripted>>,
    calls: AtomicUsize,
    /// Places that are kept for calls to come.
    reserved: AtomicIsize,
    /// Answers that somebody waits for.
    live: AtomicIsize,
}

impl Strict {
    fn new(script: &[Scripted]) -> Self {
        let script = Mutex::new(script.iter().copied().collect());
        Self { is_ready: false, shared: Arc::new(Shared { script, ..Shared::default() }) }
    }

    fn let_go(&mut self) {
        if std::mem::take(&mut self.is_ready) {
            self.shared.reserved.fetch_sub(1, Relaxed);
        }
    }
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false, shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        self.let_go();
    }
}

struct Answer(Scripted, Arc<Shared>);

impl Drop for Answer {
    fn drop(&mut self) {
        self.1.live.fetch_sub(1, Relaxed);
    }
}

impl Future for Answer {
    type Output = Result<u8, Rejected>;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Scripted::Ok => Poll::Ready(Ok(1)),
            Scripted::Err => Poll::Ready(failure()),
            Scripted::Never => Poll::Pending,
        }
    }
}

impl Service<&'static str> for Strict {
    type Response = u8;
    type Error = Rejected;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        if !std::mem::replace(&mut self.is_ready, true) {
            self.shared.reserved.fetch_add(1, Relaxed);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: &'static str) -> Answer {
        assert!(self.is_ready, "nobody asked whether it is ready");
        self.let_go();
        self.shared.calls.fetch_add(1, Relaxed);
        self.shared.live.fetch_add(1, Relaxed);
        let next = self.shared.script.lock().unwrap().pop_front();
        Answer(next.expect("there are no more calls than scripted"), Arc::clone(&self.shared))
    }
}

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

    /// Calls a service that is ready, and lets time pass until there is an answer.
    fn call<S>(&self, service: &mut S) -> Result<u8, Rejected>
    where
        S: Service<&'static str, Response = u8, Error = Rejected>,
    {
        self.capture.run(|| {
            let mut context = Context::from_waker(Waker::noop());
            assert!(service.poll_ready(&mut context).is_ready());
            let mut answer = std::pin::pin!(service.call("request"));
            for _ in 0..10_000 {
                if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
                    return answer;
                }
                self.clock.advance(Duration::from_millis(1));
            }
            panic!("it waits for ever");
        })
    }
}

fn steady() -> Retry {
    let wait = Duration::from_millis(10);
    Retry::new("layer").backoff(Backoff::constant(wait)).without_budget()
}

fn counts(shared: &Shared) -> (usize, isize, isize) {
    (shared.calls.load(Relaxed), shared.reserved.load(Relaxed), shared.live.load(Relaxed))
}

#[test]
fn a_retry_calls_a_clone_that_has_got_ready() {
    let (lab, strict) = (Lab::new(), Strict::new(&[Scripted::Err, Scripted::Err, Scripted::Ok]));
    let shared = Arc::clone(&strict.shared);
    let mut service = steady().into_layer().layer(strict);

    assert_eq!(lab.call(&mut service), Ok(1));

    assert_eq!(counts(&shared), (3, 0, 0));
}

#[test]
fn what_is_ready_goes_with_the_call_and_is_not_ready_for_the_next_one() {
    let (lab, strict) = (Lab::new(), Strict::new(&[Scripted::Ok; 2]));
    let shared = Arc::clone(&strict.shared);
    let mut service = steady().into_layer().layer(strict);

    lab.capture.run(|| {
        assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
        let unpolled = service.call("request");
        assert_eq!(counts(&shared), (0, 1, 0));
        drop(unpolled);
    });

    assert_eq!(counts(&shared), (0, 0, 0));
    assert_eq!(lab.call(&mut service), Ok(1));
    assert_eq!(counts(&shared), (1, 0, 0));
}

#[test]
fn an_answer_means_what_its_judge_says() {
    let lab = Lab::new();
    let permanent = |answer: &Result<u8, Rejected>| answer.as_ref().err().map(|_| Class::Permanent);
    let never_good = |_: &Result<u8, Rejected>| Some(Class::Transient);

    let played = |judge: fn(&Result<u8, Rejected>) -> Option<Class>, script: &[Scripted]| {
        let strict = Strict::new(script);
        let shared = Arc::clone(&strict.shared);
        let mut service = steady().into_layer().judge(judge).layer(strict);
        let answer = lab.call(&mut service);
        (answer, counts(&shared).0)
    };

    assert_eq!(played(permanent, &[Scripted::Err]), (failure(), 1));
    assert_eq!(played(never_good, &[Scripted::Ok; 3]), (Ok(1), 3));
}

#[test]
fn a_timeout_drops_the_answer_before_it_says_so() {
    let (lab, strict) = (Lab::new(), Strict::new(&[Scripted::Never, Scripted::Ok]));
    let shared = Arc::clone(&strict.shared);
    let timeout = Timeout::new("layer").total(Duration::from_millis(50));
    let mut service = timeout.into_layer().layer(strict);

    let refused = lab.call(&mut service).unwrap_err();

    assert!(matches!(refused.kind(), RejectedKind::Timeout(_)));
    assert_eq!(counts(&shared), (1, 0, 0));
    assert_eq!(lab.call(&mut service), Ok(1));
}

#[test]
fn a_hedge_calls_a_clone_beside_the_first_one_and_drops_who_loses() {
    let (lab, strict) = (Lab::new(), Strict::new(&[Scripted::Never, Scripted::Ok]));
    let shared = Arc::clone(&strict.shared);
    let hedge = Hedge::new("layer").after(Duration::from_millis(50));
    let mut service = hedge.into_layer().layer(strict);

    assert_eq!(lab.call(&mut service), Ok(1));

    assert_eq!(counts(&shared), (2, 0, 0));
}

#[test]
fn a_whole_policy_stands_around_a_service_in_its_order() {
    static POLICY: Policy = Policy::new("whole layer")
        .retry(Retry::new("whole layer").without_budget())
        .circuit_breaker(CircuitBreaker::new("whole layer").consecutive(2))
        .timeout(Timeout::new("whole layer").total(Duration::from_secs(60)));
    let (lab, strict) = (Lab::new(), Strict::new(&[Scripted::Err; 2]));
    let shared = Arc::clone(&strict.shared);
    let mut service = POLICY.layer().layer(strict);

    let refused = lab.call(&mut service).unwrap_err();

    assert_eq!(refused.kind(), RejectedKind::CircuitOpen);
    assert_eq!(counts(&shared), (2, 0, 0));
    let mut other = POLICY.layer().layer(Strict::new(&[]));
    assert_eq!(lab.call(&mut other).unwrap_err().kind(), RejectedKind::CircuitOpen);
}

/// A request that there is only once.
struct Unique;

#[derive(Clone)]
struct Takes;

impl Service<Unique> for Takes {
    type Response = ();
    type Error = Rejected;
    type Future = Ready<Result<(), Rejected>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, Unique: Unique) -> Self::Future {
        ready(Err(Rejected::new(RejectedKind::Chaos, "takes")))
    }
}

#[test]
fn a_policy_for_requests_without_clones_makes_one_attempt() {
    let breaker = CircuitBreaker::new("once").consecutive(1).shared();
    let policy = Policy::new("once")
        .retry(steady())
        .hedge(Hedge::new("once").after(Duration::ZERO))
        .circuit_breaker(CircuitBreaker::new("once").consecutive(1).shared());
    let mut service = policy.into_layer().once().layer(Takes);
    let mut call = || {
        assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
        match poll(&mut Box::pin(service.call(Unique))) {
            Poll::Ready(Err(error)) => error.kind(),
            other => panic!("{other:?}"),
        }
    };

    assert_eq!([call(), call()], [RejectedKind::Chaos, RejectedKind::CircuitOpen]);
    assert_eq!(breaker.state(), CircuitState::Open);
}
