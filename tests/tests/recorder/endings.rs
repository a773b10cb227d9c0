//! However a call ends, its span ends with it.

use std::{
    panic::{self, AssertUnwindSafe},
    task::{Context, Waker},
};

use spandrel::{
    Outcome, Span, testing,
    trace::{OwnedStatus, OwnedValue, SpanData},
    traced,
};

fn only(capture: &testing::Capture, name: &str) -> SpanData {
    let mut spans = capture.spans();
    spans.retain(|span| span.name == name);
    assert_eq!(spans.len(), 1, "{name}");
    spans.remove(0)
}

#[traced]
fn parses(text: &str) -> Result<u32, std::num::ParseIntError> {
    let number: u32 = text.parse()?;
    Ok(number)
}

#[test]
fn an_error_sets_status_type_and_one_exception() {
    let capture = testing::capture();

    let result = capture.run(|| parses("x"));

    assert!(result.is_err());
    let span = only(&capture, "parses");
    assert_eq!(span.outcome, Outcome::Error);
    let description = "invalid digit found in string".to_owned();
    assert_eq!(span.status, OwnedStatus::Error { description: description.clone() });
    let error_type = OwnedValue::Str("core::num::error::ParseIntError".into());
    assert_eq!(span.attribute("error.type"), Some(&error_type));
    assert_eq!(span.events.len(), 1);
    assert_eq!(span.events[0].name, "exception");
    assert_eq!(span.events[0].attribute("exception.message"), Some(&OwnedValue::Str(description)));
}

#[derive(Debug)]
struct Wrapped(std::num::ParseIntError);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("could not load")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[traced]
fn loads(text: &str) -> Result<u32, Wrapped> {
    parses(text).map_err(Wrapped)
}

#[traced]
async fn loads_later(text: &str) -> Result<u32, Wrapped> {
    tokio::task::yield_now().await;
    loads(text)
}

#[test]
fn an_error_on_its_way_up_is_one_exception() {
    let capture = testing::capture();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = capture.run(|| runtime.block_on(loads_later("x")));

    assert!(result.is_err());
    let spans = capture.spans();
    assert_eq!(spans.len(), 3);
    assert!(spans.iter().all(|span| span.outcome == Outcome::Error));
    let exceptions: Vec<_> =
        spans.iter().filter(|span| !span.events.is_empty()).map(|span| &span.name).collect();
    assert_eq!(exceptions, ["parses"]);
}

#[traced]
fn panics() {
    panic::panic_any(7_u32);
}

#[test]
fn a_panic_ends_the_span_and_goes_on_untouched() {
    let capture = testing::capture();

    let payload = panic::catch_unwind(AssertUnwindSafe(|| capture.run(panics))).unwrap_err();

    assert_eq!(payload.downcast_ref(), Some(&7_u32));
    let span = only(&capture, "panics");
    assert_eq!(span.outcome, Outcome::Panicked);
    assert!(matches!(span.status, OwnedStatus::Error { .. }));
    assert!(!spandrel::trace::Context::current().is_active(), "the context is restored");
}

#[traced]
async fn waits_for_ever() {
    let _dropped_within = OnDrop;
    std::future::pending::<()>().await;
}

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        cleans_up();
    }
}

#[traced]
fn cleans_up() {}

#[test]
fn a_dropped_future_is_cancelled_and_what_it_drops_is_within() {
    let capture = testing::capture();

    capture.run(|| {
        let mut future = Box::pin(waits_for_ever());
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(future);
    });

    let span = only(&capture, "waits_for_ever");
    assert_eq!(span.outcome, Outcome::Cancelled);
    assert_eq!(span.status, OwnedStatus::Unset);
    assert_eq!(only(&capture, "cleans_up").parent_span_id, Some(span.span_id));
}

#[test]
fn a_future_that_is_never_polled_has_no_span() {
    let capture = testing::capture();

    capture.run(|| drop(waits_for_ever()));

    assert!(capture.spans().is_empty());
}

#[traced]
async fn panics_later() {
    tokio::task::yield_now().await;
    panic!("after a yield");
}

#[test]
fn a_panicking_poll_ends_the_span_as_panicked() {
    let capture = testing::capture();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let run = || capture.run(|| runtime.block_on(panics_later()));
    assert!(panic::catch_unwind(AssertUnwindSafe(run)).is_err());

    assert_eq!(only(&capture, "panics_later").outcome, Outcome::Panicked);
    assert!(!spandrel::trace::Context::current().is_active(), "the context is restored");
}

struct PanicsWhenShown;

impl std::fmt::Debug for PanicsWhenShown {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("never look at me")
    }
}

#[traced(fields(before = 1, shown = ?value, after = 2))]
fn shows(value: &PanicsWhenShown) {
    let _ = value;
}

#[test]
fn a_value_that_panics_when_shown_harms_nobody() {
    let capture = testing::capture();

    capture.run(|| shows(&PanicsWhenShown));

    let span = only(&capture, "shows");
    assert_eq!(span.outcome, Outcome::Ok);
    assert_eq!(span.attribute("before"), Some(&OwnedValue::I64(1)));
    assert_eq!(span.attribute("after"), Some(&OwnedValue::I64(2)));
}

struct ShownByTraced;

impl std::fmt::Display for ShownByTraced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(describes())
    }
}

#[traced]
fn describes() -> &'static str {
    "described"
}

#[traced(fields(shown = %value))]
fn takes(value: &ShownByTraced) {
    let _ = value;
}

#[test]
fn a_value_shown_by_an_instrumented_function_is_recorded_and_that_call_is_not() {
    let capture = testing::capture();

    capture.run(|| takes(&ShownByTraced));

    let shown = OwnedValue::Str("described".into());
    assert_eq!(only(&capture, "takes").attribute("shown"), Some(&shown));
}

struct Basket(Vec<u32>);

#[traced]
impl Basket {
    #[traced(fields(items = self.len()))]
    fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

#[test]
fn an_attribute_may_be_computed_by_an_instrumented_function() {
    let capture = testing::capture();

    capture.run(|| Basket(vec![1, 2]).total());

    let total = only(&capture, "Basket::total");
    assert_eq!(total.attribute("items"), Some(&OwnedValue::I64(2)));
    assert_eq!(only(&capture, "Basket::len").parent_span_id, None);
}

#[test]
fn more_can_be_said_while_the_span_runs() {
    let capture = testing::capture();
    let linked = capture.run(|| Span::start("linked"));

    capture.run(|| {
        let span = spandrel::span!("outer", early = 1);
        span.in_scope(|| {
            let current = Span::current();
            current.set("early", 2);
            current.event("retry", &[("attempt", &2)]);
            current.add_link(&linked.context());
            current.set_status(spandrel::trace::Status::Ok);
        });
        span.in_scope(|| spandrel::span!("hidden").discard());
    });

    let span = only(&capture, "outer");
    assert_eq!(span.attributes, [("early".into(), OwnedValue::I64(2))]);
    assert_eq!(span.events[0].attribute("attempt"), Some(&OwnedValue::I64(2)));
    assert_eq!(Some(span.links[0].span_id), linked.span_id());
    assert_eq!(span.status, OwnedStatus::Ok);
    assert!(capture.spans().iter().all(|span| span.name != "hidden"));
}

#[test]
fn another_thread_may_say_something_until_the_span_ends() {
    let capture = testing::capture();

    capture.run(|| {
        let span = Span::start("shared");
        let context = span.context();
        std::thread::spawn(move || {
            let _attached = context.attach();
            Span::current().set("from", "elsewhere");
        })
        .join()
        .unwrap();
        span.end();
    });

    let from = OwnedValue::Str("elsewhere".into());
    assert_eq!(only(&capture, "shared").attribute("from"), Some(&from));
}

#[test]
fn a_span_in_a_destructor_of_the_thread_is_not_lost() {
    struct AtExit(std::cell::Cell<Option<spandrel::trace::Context>>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let context = self.0.take().unwrap();
            let _attached = context.attach();
            Span::start("parting").end();
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit(std::cell::Cell::new(None)) });
    let capture = testing::capture();
    let context = capture.context();

    std::thread::spawn(move || {
        // Destroyed after the recorder's own state, because it was there first.
        AT_EXIT.with(|at_exit| at_exit.0.set(Some(context.clone())));
        let _attached = context.attach();
        Span::start("ordinary").end();
    })
    .join()
    .unwrap();

    only(&capture, "ordinary");
    only(&capture, "parting");
}

#[test]
fn below_a_root_that_is_not_recorded_nothing_is() {
    let never = spandrel::trace::sampler::Sampler::always_off();
    let capture = testing::builder().sampler(never).capture();

    capture.run(|| {
        let root = Span::start("root");
        root.in_scope(cleans_up);
        let child = root.in_scope(|| Span::start("child"));
        let context = child.context();
        std::thread::spawn(move || {
            let _attached = context.attach();
            assert!(spandrel::trace::Context::current().is_active());
            cleans_up();
        })
        .join()
        .unwrap();
    });

    assert!(capture.spans().is_empty());
}

#[test]
fn a_root_that_was_entered_is_current_no_longer_when_its_guard_is_gone() {
    let capture = testing::capture();
    capture.run(|| {
        drop(Span::start("first").enter());
        assert!(!Span::current().is_recording());
        drop(Span::start("second").enter());
    });
    assert_eq!(capture.tree(), "first ok\nsecond ok");
}

#[test]
fn a_root_that_was_entered_ends_also_when_its_record_has_left_the_thread() {
    let capture = testing::capture();
    capture.run(|| {
        let _root = Span::start("root").enter();
        // More than a chunk holds.
        for _ in 0..5_000 {
            drop(Span::start("child").enter());
        }
    });
    assert_eq!((capture.spans().len(), capture.roots().len()), (5_001, 1));
}
