//! The breaker against a model that is too simple to be wrong, and what several threads do to it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proptest::prelude::*;

use super::*;

const FAILED: Result = Result::Ended(Call { failed: true, slow: false });
const SLOW: Result = Result::Ended(Call { failed: false, slow: true });
const GOOD: Result = Result::Ended(Call { failed: false, slow: false });

/// The rules, read from the top for each decision, with everything ever recorded at hand.
struct Model {
    config: Config,
    phase: Phase,
    calls: Vec<(u64, Call)>,
    until: u64,
    reopened: u32,
    running: usize,
    succeeded: u32,
    failed: u32,
}

impl Model {
    fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            phase: Phase::Closed,
            calls: Vec::new(),
            until: 0,
            reopened: 0,
            running: 0,
            succeeded: 0,
            failed: 0,
        }
    }

    fn admit(&mut self, now: u64) -> bool {
        if self.phase == Phase::Open && now >= self.until {
            self.phase = Phase::HalfOpen;
            (self.running, self.succeeded, self.failed) = (0, 0, 0);
        }
        match self.phase {
            Phase::Closed => true,
            Phase::Open => false,
            Phase::HalfOpen => {
                let used = self.running as u32 + self.succeeded + self.failed;
                let admitted = used < self.config.probes;
                self.running += usize::from(admitted);
                admitted
            }
        }
    }

    fn record(&mut self, result: Result, now: u64) {
        match (self.phase, result) {
            (Phase::Closed, Result::Ended(call)) => {
                self.calls.push((now, call));
                self.judge(now);
            }
            (Phase::HalfOpen, result) => {
                self.running -= 1;
                let Result::Ended(call) = result else { return };
                let failed = call.failed || call.slow && self.config.slow_call.is_some();
                *(if failed { &mut self.failed } else { &mut self.succeeded }) += 1;
                let Verdict::MaxFailures(most) = self.config.verdict else { unreachable!() };
                if self.failed >= most {
                    self.reopened += 1;
                    self.open(now);
                } else if self.succeeded + self.failed >= self.config.probes {
                    self.phase = Phase::Closed;
                    self.calls.clear();
                    self.reopened = 0;
                }
            }
            _ => {}
        }
    }

    fn judge(&mut self, now: u64) {
        let in_window: Vec<Call> = match self.config.window {
            Shape::Count(most) => {
                let first = self.calls.len().saturating_sub(most as usize);
                self.calls[first..].iter().map(|(_, call)| *call).collect()
            }
            Shape::Time(nanos) => {
                let part = nanos / 10;
                let counts = |at: &u64| at / part + 10 > now / part;
                let calls = self.calls.iter().filter(|(at, _)| counts(at));
                calls.map(|(_, call)| *call).collect()
            }
        };
        let total = in_window.len() as f64;
        let failures = in_window.iter().filter(|call| call.failed).count() as f64;
        let slow = in_window.iter().filter(|call| call.slow).count() as f64;
        let most = match self.config.window {
            Shape::Count(most) => self.config.min_calls.min(most),
            Shape::Time(_) => self.config.min_calls,
        };
        let in_a_row = self.calls.iter().rev().take_while(|(_, call)| call.failed).count() as u32;
        let by_rate = total >= f64::from(most)
            && (failures > 0.0 && failures / total >= self.config.failure_rate
                || slow > 0.0 && slow / total >= self.config.slow_rate);
        if by_rate || self.config.consecutive.is_some_and(|most| in_a_row >= most) {
            self.open(now);
        }
    }

    fn open(&mut self, now: u64) {
        self.phase = Phase::Open;
        let factor = self.config.open_backoff.powi(self.reopened as i32);
        self.until =
            now + ((self.config.open_for as f64 * factor) as u64).min(self.config.open_max);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Good(u32),
    Failed,
    Slow,
    NoVerdict,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..40_u32).prop_map(Step::Good),
        4 => Just(Step::Failed),
        1 => Just(Step::Slow),
        1 => Just(Step::NoVerdict),
        3 => prop_oneof![0..50_u64, 0..2_000_u64].prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

prop_compose! {
    fn configs()(
        window in prop_oneof![
            (1..40_u32).prop_map(Shape::Count),
            (1..30_u64).prop_map(|tens| Shape::Time(tens * 10)),
        ],
        min_calls in 1..30_u32,
        rate in prop_oneof![Just(0.25), Just(0.5), Just(1.0)],
        slow in any::<bool>(),
        consecutive in prop::option::of(1..8_u32),
        open_for in 1..100_u64,
        open_backoff in prop_oneof![Just(1.0), Just(2.0)],
        probes in 1..4_u32,
        most in 1..3_u32,
    ) -> Config {
        Config {
            window,
            min_calls,
            failure_rate: rate,
            slow_call: slow.then_some(5),
            slow_rate: if slow { 0.5 } else { 2.0 },
            consecutive,
            open_for,
            open_backoff,
            open_max: 350,
            probes,
            verdict: Verdict::MaxFailures(most),
            probe_lease: u64::MAX,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_sequence_of_calls_is_decided_as_the_rules_say(config in configs(), steps in steps()) {
        let (mut now, mut model) = (0, Model::new(&config));
        let breaker = Breaker::new(config, now);

        for step in steps {
            let (result, times) = match step {
                Step::Wait(nanos) => {
                    now += nanos;
                    continue;
                }
                Step::Good(times) => (GOOD, times),
                Step::Failed => (FAILED, 1),
                Step::Slow => (SLOW, 1),
                Step::NoVerdict => (Result::NoVerdict, 1),
            };
            for _ in 0..times {
                let (admitted, _) = breaker.admit(now);
                prop_assert_eq!(admitted.is_ok(), model.admit(now));
                if let Err(Denied { retry_after }) = admitted
                    && breaker.phase() == Phase::Open
                {
                    prop_assert_eq!(now + retry_after, model.until);
                }
                let Ok(permit) = admitted else { continue };
                match result {
                    GOOD => breaker.succeeded(permit, now),
                    result => breaker.record(permit, result, now),
                };
                model.record(result, now);
                prop_assert_eq!(breaker.phase(), model.phase);
            }
        }
    }
}

fn opened(config: Config) -> Breaker {
    let breaker = Breaker::new(config, 0);
    breaker.force(Phase::Open, 0);
    breaker
}

#[test]
fn results_of_an_earlier_epoch_change_nothing() {
    let config = Config { consecutive: Some(1), open_for: 10, ..Config::default() };
    let breaker = Breaker::new(config, 0);
    let [first, late] = [(); 2].map(|()| breaker.admit(0).0.unwrap());

    breaker.record(first, FAILED, 0);
    let probe = breaker.admit(10).0.unwrap();
    breaker.record(late, FAILED, 10);
    breaker.succeeded(probe, 10);

    assert_eq!(breaker.phase(), Phase::Closed);
    assert_eq!(breaker.sums(10), (Sums::default(), 1));
}

#[test]
fn a_probe_without_a_verdict_gives_its_place_back() {
    let breaker = opened(Config { open_for: 10, ..Config::default() });

    let probe = breaker.admit(10).0.unwrap();
    assert!(breaker.admit(10).0.is_err());
    breaker.record(probe, Result::NoVerdict, 10);

    assert!(breaker.admit(10).0.is_ok());
}

#[test]
fn a_probe_that_never_comes_back_counts_as_a_failure() {
    let config = Config { open_for: 10, probe_lease: 10, ..Config::default() };
    let breaker = opened(config);

    let lost = breaker.admit(10).0.unwrap();
    assert_eq!(breaker.admit(15).0, Err(Denied { retry_after: 5 }));
    let (admitted, transition) = breaker.admit(21);

    assert_eq!(admitted, Err(Denied { retry_after: 10 }));
    assert_eq!(transition.unwrap().reason, Reason::ProbeFailed);
    breaker.record(lost, GOOD, 22);
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn half_of_the_probes_may_fail_where_that_was_asked_for() {
    let config =
        Config { open_for: 10, probes: 4, verdict: Verdict::Rate(0.75), ..Config::default() };
    let breaker = opened(config);

    let probes: Vec<_> = (0..4).map(|_| breaker.admit(10).0.unwrap()).collect();
    for (probe, result) in probes.into_iter().zip([FAILED, GOOD, FAILED, GOOD]) {
        assert_eq!(breaker.phase(), Phase::HalfOpen);
        breaker.record(probe, result, 10);
    }

    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn no_more_probes_run_than_were_asked_for_however_many_come_at_once() {
    for _ in 0..50 {
        let breaker = opened(Config { open_for: 10, probes: 3, ..Config::default() });
        let admitted = AtomicUsize::new(0);

        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        admitted.fetch_add(usize::from(breaker.admit(10).0.is_ok()), Relaxed);
                    }
                });
            }
        });

        assert_eq!(admitted.into_inner(), 3);
    }
}

#[test]
fn successes_of_many_threads_are_all_in_the_window_when_it_is_asked() {
    let breaker = Breaker::new(Config { window: Shape::Count(100_000), ..Config::default() }, 0);

    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..1_001 {
                    let permit = breaker.admit(0).0.unwrap();
                    breaker.succeeded(permit, 0);
                }
            });
        }
    });

    assert_eq!(breaker.sums(0).0, Sums { total: 16_016, failures: 0, slow: 0 });
}
