//! The breaker against a model that is too simple to be wrong, and what several threads do to it.

use std::sync::{
    Barrier,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use proptest::prelude::*;

use super::{
    config::Closing,
    machine::Breaker,
    report::Totals,
    state::{Ending, Pass},
    window::{Call, Shape, Sums},
    *,
};

const FAILED: Ending = Ending::Ended(Call { failed: true, slow: false });
const SLOW: Ending = Ending::Ended(Call { failed: false, slow: true });
const GOOD: Ending = Ending::Ended(Call { failed: false, slow: false });

/// The rules, read from the top for each decision, with everything ever recorded at hand.
struct Model {
    config: Config,
    phase: CircuitState,
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
            phase: CircuitState::Closed,
            calls: Vec::new(),
            until: 0,
            reopened: 0,
            running: 0,
            succeeded: 0,
            failed: 0,
        }
    }

    fn admit(&mut self, now: u64) -> bool {
        if self.phase == CircuitState::Open && now >= self.until {
            self.phase = CircuitState::HalfOpen;
            (self.running, self.succeeded, self.failed) = (0, 0, 0);
        }
        match self.phase {
            CircuitState::Closed => true,
            CircuitState::HalfOpen => {
                let used = self.running as u32 + self.succeeded + self.failed;
                let admitted = used < self.config.probes;
                self.running += usize::from(admitted);
                admitted
            }
            _ => false,
        }
    }

    fn record(&mut self, result: Ending, now: u64) {
        match (self.phase, result) {
            (CircuitState::Closed, Ending::Ended(call)) => {
                self.calls.push((now, call));
                self.judge(now);
            }
            (CircuitState::HalfOpen, result) => {
                self.running -= 1;
                let Ending::Ended(call) = result else { return };
                let failed = call.failed || call.slow;
                *(if failed { &mut self.failed } else { &mut self.succeeded }) += 1;
                let Closing::MaxFailures(most) = self.config.closing else { unreachable!() };
                if self.failed >= most {
                    self.reopened += 1;
                    self.open(now);
                } else if self.succeeded + self.failed >= self.config.probes {
                    self.phase = CircuitState::Closed;
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
        if by_rate || self.config.consecutive > 0 && in_a_row >= self.config.consecutive {
            self.open(now);
        }
    }

    fn open(&mut self, now: u64) {
        self.phase = CircuitState::Open;
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
        consecutive in 0..8_u32,
        open_for in 1..100_u64,
        open_backoff in prop_oneof![Just(1.0), Just(2.0)],
        probes in 1..4_u32,
        most in 1..3_u32,
    ) -> Config {
        Config {
            window,
            min_calls,
            failure_rate: rate,
            slow_call: if slow { 5 } else { u64::MAX },
            slow_rate: 0.5,
            consecutive,
            open_for,
            open_backoff,
            open_max: 350,
            probes,
            closing: Closing::MaxFailures(most),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_sequence_of_calls_is_decided_as_the_rules_say(config in configs(), steps in steps()) {
        let (mut now, mut model) = (0, Model::new(&config));
        let breaker = Breaker::new(config, Mode::Auto, now);

        for step in steps {
            let (result, times) = match step {
                Step::Wait(nanos) => {
                    now += nanos;
                    continue;
                }
                Step::Good(times) => (GOOD, times),
                Step::Failed => (FAILED, 1),
                // Without a threshold nothing is slow.
                Step::Slow if model.config.slow_call == u64::MAX => (GOOD, 1),
                Step::Slow => (SLOW, 1),
                Step::NoVerdict => (Ending::NoVerdict, 1),
            };
            for _ in 0..times {
                let (admitted, _) = breaker.admit(now);
                prop_assert_eq!(admitted.is_ok(), model.admit(now));
                if let Err(Denied { retry_after }) = admitted
                    && breaker.visible() == CircuitState::Open
                {
                    prop_assert_eq!(now + retry_after, model.until);
                }
                let Ok(permit) = admitted else { continue };
                match result {
                    GOOD => breaker.succeeded(permit, || now),
                    result => breaker.record(permit, result, now),
                };
                model.record(result, now);
                prop_assert_eq!(breaker.visible(), model.phase);
            }
        }
    }
}

fn opened(config: Config) -> Breaker {
    let breaker = Breaker::new(config, Mode::Auto, 0);
    breaker.force(Mode::Auto, Phase::Open, 0);
    breaker
}

#[test]
fn results_of_an_earlier_epoch_change_nothing() {
    let config = Config { consecutive: 1, open_for: 10, ..Config::DEFAULT };
    let breaker = Breaker::new(config, Mode::Auto, 0);
    let [first, late] = [(); 2].map(|()| breaker.admit(0).0.unwrap());

    breaker.record(first, FAILED, 0);
    let probe = breaker.admit(10).0.unwrap();
    breaker.record(late, FAILED, 10);
    breaker.succeeded(probe, || 10);

    assert_eq!(breaker.visible(), CircuitState::Closed);
    let (window, Totals { stale, .. }) = breaker.sums(10);
    assert_eq!((window, stale), (Sums::default(), 1));
}

#[test]
fn a_probe_without_a_verdict_gives_its_place_back() {
    let breaker = opened(Config { open_for: 10, ..Config::DEFAULT });

    let probe = breaker.admit(10).0.unwrap();
    assert!(breaker.admit(10).0.is_err());
    breaker.record(probe, Ending::NoVerdict, 10);

    assert!(breaker.admit(10).0.is_ok());
}

#[test]
fn a_probe_that_never_comes_back_counts_as_a_failure() {
    let config = Config { open_for: 10, ..Config::DEFAULT };
    let breaker = opened(config);

    let lost = breaker.admit(10).0.unwrap();
    assert_eq!(breaker.admit(15).0, Err(Denied { retry_after: 6 }));
    let (admitted, transition) = breaker.admit(21);

    assert_eq!(admitted, Err(Denied { retry_after: 10 }));
    assert_eq!(transition.unwrap().reason, CircuitReason::ProbeFailed);
    breaker.record(lost, GOOD, 22);
    assert_eq!(breaker.visible(), CircuitState::Open);
}

#[test]
fn half_of_the_probes_may_fail_where_that_was_asked_for() {
    let config =
        Config { open_for: 10, probes: 4, closing: Closing::Rate(0.75), ..Config::DEFAULT };
    let breaker = opened(config);

    let probes: Vec<_> = (0..4).map(|_| breaker.admit(10).0.unwrap()).collect();
    for (probe, result) in probes.into_iter().zip([FAILED, GOOD, FAILED, GOOD]) {
        assert_eq!(breaker.visible(), CircuitState::HalfOpen);
        breaker.record(probe, result, 10);
    }

    assert_eq!(breaker.visible(), CircuitState::Closed);
}

/// A small generator, so that a seed says everything.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn of_200_tasks_released_when_it_may_probe_no_more_run_than_there_are_probes() {
    const THREADS: u64 = 4;
    for seed in 1..=1_000_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let probes = (next(&mut state) % 4 + 1) as u32;
        let config = Config { open_for: 10, probes, ..Config::DEFAULT };
        let breaker = opened(config);
        let (running, most, begin) = (AtomicU64::new(0), AtomicU64::new(0), Barrier::new(4));

        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (breaker, running, most, begin) = (&breaker, &running, &most, &begin);
                let mut state = state ^ (thread + 1) << 32;
                scope.spawn(move || {
                    begin.wait();
                    let mut held: Vec<Pass> = Vec::new();
                    for _ in 0..200 / THREADS {
                        // All at the moment at which it may probe.
                        if let (Ok(pass), _) = breaker.admit(10)
                            && pass.probe != 0
                        {
                            most.fetch_max(running.fetch_add(1, Relaxed) + 1, Relaxed);
                            held.push(pass);
                        }
                        if next(&mut state).is_multiple_of(3)
                            && let Some(pass) = held.pop()
                        {
                            running.fetch_sub(1, Relaxed);
                            match next(&mut state) % 8 {
                                0 => breaker.record(pass, FAILED, 10),
                                1 | 2 => breaker.record(pass, GOOD, 10),
                                _ => breaker.record(pass, Ending::NoVerdict, 10),
                            };
                        }
                    }
                });
            }
        });

        let most = most.into_inner();
        assert!(most <= u64::from(probes), "seed {seed}: {most} of {probes}");
    }
}

#[test]
fn successes_of_many_threads_are_all_in_the_window_when_it_is_asked() {
    let breaker =
        Breaker::new(Config { window: Shape::Count(100_000), ..Config::DEFAULT }, Mode::Auto, 0);

    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..1_001 {
                    let permit = breaker.admit(0).0.unwrap();
                    breaker.succeeded(permit, || 0);
                }
            });
        }
    });

    assert_eq!(breaker.sums(0).0, Sums { total: 16_016, failures: 0, slow: 0 });
}

#[test]
fn a_success_of_an_earlier_epoch_is_in_no_window() {
    let breaker = Breaker::new(Config::DEFAULT, Mode::Auto, 0);
    let early = breaker.admit(0).0.unwrap();
    breaker.force(Mode::Auto, Phase::Closed, 0);

    breaker.succeeded(early, || 0);

    let (window, totals) = breaker.sums(0);
    assert_eq!((window.total, totals.stale, totals.successes), (0, 1, 0));
}

#[test]
fn successes_that_were_counted_and_not_noted_do_not_outlive_their_epoch() {
    let breaker = Breaker::new(Config::DEFAULT, Mode::Auto, 0);
    for _ in 0..3 {
        breaker.succeeded(breaker.admit(0).0.unwrap(), || 0);
    }

    breaker.force(Mode::Auto, Phase::Closed, 0);
    breaker.succeeded(breaker.admit(0).0.unwrap(), || 0);

    let (window, totals) = breaker.sums(0);
    assert_eq!((window.total, totals.successes), (1, 4));
}

#[test]
fn half_open_without_a_probe_in_flight_never_expires() {
    let breaker = opened(Config { open_for: 10, ..Config::DEFAULT });
    let probe = breaker.admit(10).0.unwrap();
    breaker.record(probe, Ending::NoVerdict, 11);

    assert!(breaker.admit(1_000_000).0.is_ok());
    assert_eq!(breaker.visible(), CircuitState::HalfOpen);
}

#[test]
fn fewer_calls_than_asked_for_are_enough_where_the_window_holds_no_more() {
    let window = Shape::Count(3);
    let breaker = Breaker::new(Config { window, ..Config::DEFAULT }, Mode::Auto, 0);

    let states = [(); 3].map(|()| {
        breaker.record(breaker.admit(0).0.unwrap(), FAILED, 0);
        breaker.visible()
    });

    assert_eq!(states, [CircuitState::Closed, CircuitState::Closed, CircuitState::Open]);
}

#[test]
fn each_time_it_opens_again_it_stays_open_longer_up_to_the_most() {
    let config = Config { open_for: 10, open_backoff: 2.0, open_max: 35, ..Config::DEFAULT };
    let breaker = opened(config);

    let mut now = 0;
    let waits = [(); 4].map(|()| {
        let Err(Denied { retry_after }) = breaker.admit(now).0 else { panic!("it is open") };
        now += retry_after;
        breaker.record(breaker.admit(now).0.unwrap(), FAILED, now);
        retry_after
    });

    assert_eq!(waits, [10, 20, 35, 35]);
    // Once it has closed, it begins anew.
    now += 35;
    breaker.record(breaker.admit(now).0.unwrap(), GOOD, now);
    breaker.force(Mode::Auto, Phase::Open, now);
    assert_eq!(breaker.admit(now).0, Err(Denied { retry_after: 10 }));
}

#[test]
fn a_window_of_calls_holds_the_last_of_them_however_they_came() {
    let mut seed = 7;
    for most in [1, 2, 31, 32, 33, 63, 64, 65, 100, 1_000] {
        let mut window = window::Window::new(Shape::Count(most));
        let mut model = std::collections::VecDeque::new();

        for _ in 0..500 {
            let bits = next(&mut seed);
            let (call, times) =
                (Call { failed: bits & 1 > 0, slow: bits & 2 > 0 }, (bits >> 8) % 90 + 1);
            window.add(call, times, 0);
            model.extend(std::iter::repeat_n(call, times as usize));
            while model.len() > most as usize {
                model.pop_front();
            }

            let count = |is: fn(&Call) -> bool| model.iter().filter(|call| is(call)).count() as u64;
            let expected = Sums {
                total: model.len() as u64,
                failures: count(|call| call.failed),
                slow: count(|call| call.slow),
            };
            assert_eq!(window.sums(0), expected, "{most}");
        }
    }
}

#[test]
fn other_thresholds_keep_the_window_and_are_applied_to_the_next_call() {
    let config = Config { min_calls: 4, failure_rate: 0.9, ..Config::DEFAULT };
    let breaker = Breaker::new(config.clone(), Mode::Auto, 0);
    for ending in [FAILED, GOOD, FAILED, FAILED, GOOD] {
        breaker.record(breaker.admit(0).0.unwrap(), ending, 0);
    }
    assert_eq!(breaker.visible(), CircuitState::Closed);

    breaker.configure(Config { failure_rate: 0.5, ..config }, 0);
    assert_eq!(breaker.sums(0).0.total, 5);
    // Three failures of six calls.
    breaker.succeeded(breaker.admit(0).0.unwrap(), || 0);

    assert_eq!(breaker.visible(), CircuitState::Open);
}

#[test]
fn a_window_of_another_shape_begins_empty_and_the_phase_stays() {
    let breaker = opened(Config { open_for: 10, ..Config::DEFAULT });

    breaker.configure(Config { window: Shape::Time(100), ..Config::DEFAULT }, 0);

    assert_eq!(breaker.sums(0).0, Sums::default());
    assert_eq!(breaker.admit(9).0, Err(Denied { retry_after: 1 }));
}

#[test]
fn with_fewer_probes_to_come_it_does_not_wait_for_the_others() {
    let config = Config { open_for: 10, probes: 3, ..Config::DEFAULT };
    let breaker = opened(config.clone());
    breaker.record(breaker.admit(10).0.unwrap(), GOOD, 10);
    assert_eq!(breaker.visible(), CircuitState::HalfOpen);

    let change = breaker.configure(Config { probes: 1, ..config }, 10).unwrap();

    assert_eq!((change.to, change.reason), (CircuitState::Closed, CircuitReason::ProbesSucceeded));
    assert!(breaker.admit(10).0.is_ok());
}

#[test]
fn forced_open_it_refuses_all_and_knows_no_time_after_which_it_would_not() {
    let breaker = Breaker::new(Config::DEFAULT, Mode::Auto, 0);

    breaker.set_mode(Mode::ForcedOpen, 0);
    assert_eq!(breaker.admit(u64::MAX - 1).0, Err(Denied { retry_after: u64::MAX }));
    breaker.set_mode(Mode::Auto, 0);

    assert!(breaker.admit(0).0.is_ok());
}

#[test]
fn disabled_it_lets_all_through_and_notes_nothing() {
    let breaker = opened(Config { consecutive: 1, ..Config::DEFAULT });

    breaker.set_mode(Mode::Disabled, 0);
    for ending in [GOOD, FAILED, SLOW] {
        breaker.record(breaker.admit(0).0.unwrap(), ending, 0);
    }
    breaker.succeeded(breaker.admit(0).0.unwrap(), || 0);

    let (window, totals) = breaker.sums(0);
    assert_eq!((window.total, totals.successes, totals.failures, totals.stale), (0, 0, 0, 0));
    // It is as open as before.
    breaker.set_mode(Mode::Auto, 0);
    assert!(breaker.admit(0).0.is_err());
}

#[test]
fn observing_it_counts_what_it_would_have_refused_and_goes_through_all_phases() {
    let config = Config { consecutive: 1, open_for: 10, ..Config::DEFAULT };
    let breaker = Breaker::new(config, Mode::Observe, 0);
    breaker.record(breaker.admit(0).0.unwrap(), FAILED, 0);

    // These would not have run, so they say nothing.
    for _ in 0..3 {
        breaker.record(breaker.admit(5).0.unwrap(), FAILED, 5);
    }
    assert_eq!((breaker.without_verdict().0, breaker.visible()), (3, CircuitState::Open));
    breaker.record(breaker.admit(10).0.unwrap(), GOOD, 10);

    assert_eq!(breaker.visible(), CircuitState::Closed);
}

#[test]
fn the_time_in_each_state_adds_up() {
    let breaker = opened(Config { open_for: 10, ..Config::DEFAULT });

    let probe = breaker.admit(12).0.unwrap();
    breaker.record(probe, GOOD, 15);
    breaker.set_mode(Mode::Disabled, 20);
    breaker.set_mode(Mode::ForcedOpen, 27);

    let (_, totals) = breaker.sums(100);
    // Closed from 15 to 20, half open from 12 to 15, open up to 12.
    assert_eq!(totals.time_in, [5, 3, 12, 7, 73]);
    assert_eq!(totals.transitions, 5);
}

/// The state behind a declared breaker.
fn core(breaker: &CircuitBreaker) -> Core {
    Core::make(&breaker.template, "test", None)
}

#[test]
fn slow_is_strictly_longer_than_the_threshold() {
    let core = core(&CircuitBreaker::new("").slow_call(Duration::from_nanos(5)));

    for nanos in [4, 5, 6] {
        Core::admit(&core, || 100).unwrap().end_at(Verdict::Success, || 100 + nanos);
    }

    let found = core.statistics(200);
    assert_eq!((found.slow(), found.successes()), (1, 3));
}

#[test]
fn a_call_that_began_before_there_was_a_threshold_is_not_slow() {
    let core = core(&CircuitBreaker::new(""));
    let permit = Core::admit(&core, || 100).unwrap();

    core.machine.configure(Config { slow_call: 5, ..Config::DEFAULT }, 100);
    permit.end_at(Verdict::Success, || 1_000);

    assert_eq!(core.statistics(1_000).slow(), 0);
}

#[test]
fn who_cancels_what_hangs_reports_a_failure_unless_told_not_to() {
    let hour = Duration::from_secs(3_600);
    let cases = [
        (OnCancel::FailureIfSlow, Duration::from_nanos(1), (1, 1, 0)),
        (OnCancel::FailureIfSlow, hour, (0, 0, 1)),
        (OnCancel::Ignore, Duration::from_nanos(1), (0, 0, 1)),
    ];
    for (on_cancel, slow_call, expected) in cases {
        let core = core(&CircuitBreaker::new("").slow_call(slow_call).on_cancel(on_cancel));

        let (permit, began) = (Core::admit(&core, time::nanos).unwrap(), time::nanos());
        while time::nanos() < began + 1_000 {}
        drop(permit);

        let found = core.statistics(began);
        assert_eq!((found.failures(), found.slow(), found.ignored()), expected);
    }
}

#[test]
fn a_call_that_panics_is_a_failure_and_cancelling_while_another_panics_is_not() {
    let core = core(&CircuitBreaker::new(""));
    let mut permit = Core::admit(&core, || 0).unwrap();

    let caught = catch_unwind(AssertUnwindSafe(|| permit.run(|| panic!("on purpose"))));
    drop(permit);
    assert!(caught.is_err());
    assert_eq!((core.statistics(0).failures(), core.statistics(0).ignored()), (1, 0));

    let permit = Core::admit(&core, || 0).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _held = permit;
        panic!("elsewhere");
    }));
    assert!(caught.is_err());
    assert_eq!((core.statistics(0).failures(), core.statistics(0).ignored()), (1, 1));
}

#[test]
fn a_listener_that_panics_or_uses_the_breaker_does_not_wedge_it() {
    static HEARD: AtomicU64 = AtomicU64::new(0);
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("listened to").consecutive(1).on_transition(|transition| {
            assert_eq!(BREAKER.state(), transition.to());
            HEARD.fetch_add(1, Relaxed);
            panic!("on purpose");
        });

    let failed: Result<(), Rejected> =
        BREAKER.call(|| Err(Rejected::new(RejectedKind::Chaos, "inner")));

    assert!(failed.is_err());
    assert_eq!((BREAKER.state(), HEARD.load(Relaxed)), (CircuitState::Open, 1));
    BREAKER.reset();
    assert_eq!(BREAKER.call(|| Ok::<_, Rejected>(1)), Ok(1));
}

#[test]
fn a_guard_restores_the_mode_that_was() {
    let breaker = CircuitBreaker::new("").observe();

    let open = breaker.forced_open();
    assert!(breaker.call(|| Ok::<_, Rejected>(())).is_err());
    drop(open);

    assert_eq!(breaker.mode(), Mode::Observe);
}

#[test]
fn a_future_that_is_dropped_gives_its_probe_back() {
    let breaker = CircuitBreaker::new("").open_for(Duration::from_nanos(1));
    breaker.home.get(&breaker.template).machine.force(Mode::Auto, Phase::Open, 0);

    for _ in 0..3 {
        let mut probe = Box::pin(breaker.call_async(std::future::pending::<Result<(), Rejected>>));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(probe.as_mut().poll(&mut context).is_pending());
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }

    assert_eq!(breaker.statistics().ignored(), 3);
}

#[test]
fn a_million_successes_without_a_failure_push_out_the_failures_before_them() {
    let config = Config { window: Shape::Count(10), failure_rate: 0.5, ..Config::DEFAULT };
    let breaker = Breaker::new(config, Mode::Auto, 0);
    for failed in [false, false, false, false, false, false, true, true, true, true] {
        breaker.record(breaker.admit(0).0.unwrap(), if failed { FAILED } else { GOOD }, 0);
    }

    // As many as the bits of a count can tell apart: none at all, by these alone.
    for _ in 0..1 << 20 {
        breaker.succeeded(breaker.admit(0).0.unwrap(), || 0);
    }
    breaker.record(breaker.admit(0).0.unwrap(), FAILED, 0);

    assert_eq!(breaker.sums(0).0, Sums { total: 10, failures: 1, slow: 0 });
}
