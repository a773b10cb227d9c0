//! What `#[timed]` and `#[counted]` know about the calls of a function.

use std::{
    cell::Cell,
    convert::Infallible,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use spandrel::{
    AsOutcome, Outcome, Span, Statistics, counted, testing, timed,
    trace::{OwnedValue, sampler::Sampler},
    traced,
};

fn statistics(name: &str) -> Statistics {
    let functions = spandrel::functions();
    let found = functions
        .iter()
        .find(|function| function.name() == name && function.module_path() == module_path!());
    found.and_then(|function| function.statistics()).expect("it is metered")
}

fn outcomes(statistics: &Statistics) -> [u64; 5] {
    [Outcome::Ok, Outcome::Error, Outcome::Rejected, Outcome::Cancelled, Outcome::Panicked]
        .map(|outcome| statistics.calls(outcome))
}

fn panics(run: impl FnOnce()) {
    assert!(panic::catch_unwind(AssertUnwindSafe(run)).is_err());
}

#[timed]
fn parses(text: &str) -> Result<u32, std::num::ParseIntError> {
    assert!(!text.is_empty(), "nothing to parse");
    text.parse()
}

#[test]
fn calls_are_counted_by_outcome_and_errors_by_type_without_any_initialisation() {
    let _ = (parses("1"), parses("x"), parses("2"));
    panics(|| drop(parses("")));

    let statistics = statistics("parses");
    assert_eq!(outcomes(&statistics), [2, 1, 0, 0, 1]);
    assert_eq!((statistics.total(), statistics.failures(), statistics.in_flight()), (4, 2, 0));
    let errors: Vec<_> = statistics.errors().collect();
    assert_eq!(errors, [("core::num::error::ParseIntError", 1)]);
    assert!(statistics.min() <= statistics.p50() && statistics.p50() <= statistics.max());
}

#[timed(slo(latency = "250ms", target = 0.5), slo(errors, target = 0.9), slow = "1s")]
fn lasts(clock: &testing::MockClock, nanos: u64, fails: bool) -> Result<(), String> {
    clock.advance(Duration::from_nanos(nanos));
    if fails { Err("failed".into()) } else { Ok(()) }
}

#[test]
fn durations_are_exact_at_every_threshold() {
    let capture = testing::capture();
    let clock = capture.mock_clock();
    capture.run(|| {
        for nanos in [249_999_999, 250_000_000, 250_000_001, 1_000_000_000, 1_000_000_001] {
            lasts(&clock, nanos, false).unwrap();
        }
        lasts(&clock, 1, true).unwrap_err();
    });

    let statistics = statistics("lasts");
    let good: Vec<_> = statistics.objectives().map(|slo| (slo.good(), slo.total())).collect();
    assert_eq!(good, [(2, 6), (5, 6)]);
    let met: Vec<_> = statistics.objectives().map(|slo| slo.is_met()).collect();
    assert_eq!(met, [false, false]);
    assert_eq!(statistics.slow(), Some(1));
    assert_eq!(statistics.total_time(), Some(Duration::from_nanos(2_750_000_002)));
    assert_eq!(statistics.min(), Some(Duration::from_nanos(1)));
    assert_eq!(statistics.max(), Some(Duration::from_nanos(1_000_000_001)));
    let error = statistics.p50().unwrap().as_secs_f64() / 0.25 - 1.0;
    assert!(error.abs() <= statistics.quantile_error(), "{error}");
}

fn no_order() -> u32 {
    panic!("no order")
}

#[traced(fields(order = no_order()))]
#[timed]
fn needs_an_order() {
    unreachable!("its values come first");
}

#[traced(parent = parent, fields(value = unreachable_value()))]
fn has_a_parent_of_its_own(parent: &spandrel::trace::Context) {
    unreachable!("its values come first, {parent:?}");
}

fn unreachable_value() -> u64 {
    panic!("a value that cannot be had")
}

#[traced]
fn comes_next() {}

#[test]
fn a_call_that_panics_while_its_values_are_recorded_leaves_no_parent_behind() {
    let capture = testing::capture();

    capture.run(|| {
        let parent = Span::start("parent").context();
        panics(|| has_a_parent_of_its_own(&parent));
        comes_next();
    });

    let spans = capture.spans();
    let next = spans.iter().find(|span| span.name == "comes_next").unwrap();
    assert_eq!(next.parent_span_id, None);
}

#[test]
fn a_call_that_panics_while_its_values_are_recorded_has_ended() {
    let capture = testing::capture();

    capture.run(|| {
        panics(needs_an_order);
        comes_next();
    });

    let statistics = statistics("needs_an_order");
    assert_eq!((outcomes(&statistics), statistics.in_flight()), ([0, 0, 0, 0, 1], 0));
    let spans = capture.spans();
    let found: Vec<_> = spans.iter().map(|span| (&*span.name, span.parent_span_id)).collect();
    assert_eq!(found, [("comes_next", None)]);
}

#[traced]
#[timed(slow = "1s")]
fn drags(clock: &testing::MockClock, seconds: u64) {
    clock.advance(Duration::from_secs(seconds));
}

#[test]
fn a_slow_call_says_so_in_its_span() {
    let capture = testing::capture();
    let clock = capture.mock_clock();

    capture.run(|| [1, 2].map(|seconds| drags(&clock, seconds)));

    let spans = capture.spans();
    let events: Vec<_> = spans.iter().map(|span| span.events.len()).collect();
    assert_eq!(events, [0, 1]);
    let event = &spans[1].events[0];
    assert_eq!(event.name, "slow call");
    assert_eq!(event.attribute("duration"), Some(&OwnedValue::F64(2.0)));
    assert_eq!(event.attribute("threshold"), Some(&OwnedValue::F64(1.0)));
}

#[traced]
#[timed]
fn shares() {
    std::hint::black_box(());
}

#[test]
fn the_duration_of_a_call_is_that_of_its_span() {
    let capture = testing::capture();

    capture.run(|| (0..100).for_each(|_| shares()));

    let spans: Duration = capture.spans().iter().map(spandrel::trace::SpanData::duration).sum();
    let difference =
        spans.as_nanos().abs_diff(statistics("shares").total_time().unwrap().as_nanos());
    // What remains of two clock reads for each would be microseconds.
    assert!(difference <= 100 * 5, "{difference}");
}

#[timed]
fn observes_itself(depth: u64) -> u64 {
    let here = statistics("observes_itself").in_flight();
    if depth == 0 { here } else { observes_itself(depth - 1) }
}

#[test]
fn calls_that_run_are_in_flight() {
    assert_eq!(observes_itself(2), 3);
    assert_eq!(statistics("observes_itself").in_flight(), 0);
}

#[timed]
async fn waits(ready: bool) {
    if !ready {
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_future_that_is_dropped_is_cancelled_and_one_that_never_ran_is_nothing() {
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(waits(true)).poll(&mut context), Poll::Ready(()));
    {
        let mut waiting = pin!(waits(false));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert_eq!(statistics("waits").in_flight(), 1);
    }
    drop(waits(true));

    let statistics = statistics("waits");
    assert_eq!(outcomes(&statistics), [1, 0, 0, 1, 0]);
    assert_eq!(statistics.in_flight(), 0);
}

#[timed]
fn makes_a_future(panics: bool) -> impl Future<Output = Result<(), String>> {
    assert!(!panics, "no future");
    std::future::ready(Err("late".to_owned()))
}

#[test]
fn a_function_that_panics_before_it_returns_its_future_has_panicked() {
    panics(|| drop(makes_a_future(true)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(makes_a_future(false)).poll(&mut context).is_ready());

    let statistics = statistics("makes_a_future");
    assert_eq!(outcomes(&statistics), [0, 1, 0, 0, 1]);
    assert_eq!(statistics.in_flight(), 0);
}

#[timed]
fn never() -> ! {
    panic!("as always")
}

#[counted]
#[track_caller]
fn is_watched_by_a_guard() {}

#[test]
fn what_only_a_guard_sees_is_counted() {
    panics(|| never());
    is_watched_by_a_guard();

    assert_eq!(outcomes(&statistics("never")), [0, 0, 0, 0, 1]);
    assert_eq!(outcomes(&statistics("is_watched_by_a_guard")), [1, 0, 0, 0, 0]);
    assert_eq!(statistics("is_watched_by_a_guard").mean(), None);
}

#[derive(Debug)]
struct Answer(u16);

impl AsOutcome for Answer {
    fn as_outcome(&self) -> Outcome {
        if self.0 < 500 { Outcome::Ok } else { Outcome::Error }
    }
}

#[counted]
fn answers(status: u16) -> Answer {
    Answer(status)
}

#[traced(error_if = |value| *value > 9)]
#[counted]
fn is_judged(value: u8) -> u8 {
    value
}

#[test]
fn errors_that_are_no_result_have_a_type_too() {
    let _answers = [200, 404, 500].map(answers);
    let _values = [9, 10].map(is_judged);

    let errors: Vec<_> = statistics("answers").errors().map(|(_, count)| count).collect();
    assert_eq!((outcomes(&statistics("answers")), errors), ([2, 1, 0, 0, 0], vec![1]));
    // Its spans are off, for nothing was initialised: it is judged all the same.
    let statistics = statistics("is_judged");
    assert_eq!(statistics.errors().collect::<Vec<_>>(), [("error_if", 1)]);
}

#[timed(labels(shop, retry = attempt > 1), max_label_sets = 3)]
#[traced]
fn orders(shop: &str, attempt: u8, evaluated: &Cell<u32>) {
    evaluated.set(evaluated.get() + 1);
}

#[test]
fn labels_do_not_change_what_a_function_counts_as_a_whole() {
    let evaluated = Cell::new(0);

    for attempt in 0..40 {
        orders(["a", "b", "c", "d"][attempt as usize % 4], attempt, &evaluated);
    }

    let statistics = statistics("orders");
    assert_eq!((statistics.total(), statistics.in_flight(), evaluated.get()), (40, 0, 40));
}

#[traced]
#[timed]
fn is_turned_down() {}

#[test]
fn calls_in_a_trace_that_is_not_recorded_are_counted() {
    let capture = testing::builder().sampler(Sampler::always_off()).capture();

    capture.run(|| {
        let _span = Span::start("root").enter();
        is_turned_down();
        is_turned_down();
    });

    assert_eq!(capture.spans().len(), 0);
    assert_eq!(statistics("is_turned_down").total(), 2);
}

#[timed]
fn is_called_everywhere<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

#[test]
fn threads_and_types_lose_no_call() {
    thread::scope(|scope| {
        for number in 0..16 {
            scope.spawn(move || {
                for _ in 0..1_000 {
                    let _ = (is_called_everywhere(number), is_called_everywhere("text"));
                }
            });
        }
    });

    let statistics = statistics("is_called_everywhere");
    assert_eq!((statistics.total(), statistics.in_flight()), (32_000, 0));
}

#[counted]
fn has_no_windows() {}

#[test]
fn a_program_without_init_has_no_windows() {
    has_no_windows();
    let functions = spandrel::functions();
    let found = functions.iter().find(|function| function.name() == "has_no_windows").unwrap();

    assert!(found.windows().is_empty());
}
