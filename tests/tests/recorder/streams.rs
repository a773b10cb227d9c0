//! Functions that return streams, and streams within spans.

use std::{
    pin::{Pin, pin},
    task::{Context as Task, Poll, Waker},
};

use futures_core::{Stream, stream::BoxStream};
use spandrel::{
    AsOutcome, Outcome, Span, Statistics, StreamExt as _, counted, testing, timed,
    trace::{OwnedValue, SpanData},
    traced,
};

/// Yields these, one for each poll, each made within a span of its own.
struct Yield<T>(std::vec::IntoIter<T>);

impl<T: Unpin> Stream for Yield<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<T>> {
        let item = self.0.next();
        if item.is_some() {
            Span::start("item").end();
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> Drop for Yield<T> {
    fn drop(&mut self) {
        Span::start("dropped").end();
    }
}

fn yields<T>(items: impl IntoIterator<Item = T>) -> Yield<T> {
    Yield(items.into_iter().collect::<Vec<_>>().into_iter())
}

fn take<S: Stream>(stream: S, most: usize) -> Vec<S::Item> {
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    while items.len() < most
        && let Poll::Ready(Some(item)) =
            stream.as_mut().poll_next(&mut Task::from_waker(Waker::noop()))
    {
        items.push(item);
    }
    items
}

#[traced(fields(count))]
fn numbers(count: u32) -> impl Stream<Item = u32> + Send {
    Span::start("making").end();
    yields(0..count)
}

#[traced]
fn borrowed<'t>(text: &'t str) -> Pin<Box<dyn Stream<Item = &'t str> + Send + 't>> {
    if text.is_empty() {
        return Box::pin(yields([]));
    }
    Box::pin(yields(text.split(' ')))
}

#[traced]
fn rows(fail: bool) -> BoxStream<'static, Result<u32, String>> {
    let last = if fail { Err("connection lost".to_owned()) } else { Ok(2) };
    Box::pin(yields([Ok(1), last]))
}

struct Table;

#[traced]
impl Table {
    fn scan<'a>(&'a self) -> impl Stream<Item = u8> + use<'a> {
        yields([1, 2, 3])
    }
}

fn captured(run: impl FnOnce()) -> Vec<SpanData> {
    let capture = testing::capture();
    capture.run(run);
    capture.spans()
}

fn find<'s>(spans: &'s [SpanData], name: &str) -> &'s SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

fn items(span: &SpanData) -> Option<&OwnedValue> {
    span.attribute("stream.items")
}

#[test]
fn the_span_covers_the_stream_from_its_making_to_its_end() {
    let spans = captured(|| assert_eq!(take(numbers(2), 9), [0, 1]));

    let stream = find(&spans, "numbers");
    assert_eq!((stream.outcome, items(stream)), (Outcome::Ok, Some(&OwnedValue::I64(2))));
    assert!(matches!(stream.attribute("stream.time_to_first_item"), Some(OwnedValue::F64(_))));
    assert_eq!(stream.attribute("count"), Some(&OwnedValue::I64(2)));
    let within = ["making", "item"].map(|name| find(&spans, name).parent_span_id);
    assert_eq!(within, [Some(stream.span_id); 2]);
}

#[test]
fn a_stream_that_is_dropped_before_its_end_is_cancelled_and_drops_within_its_span() {
    let spans = captured(|| assert_eq!(take(numbers(5), 1), [0]));

    let stream = find(&spans, "numbers");
    assert_eq!((stream.outcome, items(stream)), (Outcome::Cancelled, Some(&OwnedValue::I64(1))));
    assert_eq!(find(&spans, "dropped").parent_span_id, Some(stream.span_id));
}

#[test]
fn a_stream_that_yields_nothing_has_no_time_to_its_first_item() {
    let spans = captured(|| drop(take(numbers(0), 9)));

    let stream = find(&spans, "numbers");
    assert_eq!((items(stream), stream.outcome), (Some(&OwnedValue::I64(0)), Outcome::Ok));
    assert_eq!(stream.attribute("stream.time_to_first_item"), None);
}

#[test]
fn boxed_streams_may_borrow_and_return_early() {
    let spans = captured(|| {
        assert_eq!(take(borrowed("a b"), 9), ["a", "b"]);
        assert!(take(borrowed(""), 9).is_empty());
    });

    let counts: Vec<_> =
        spans.iter().filter(|span| span.name == "borrowed").map(|span| items(span)).collect();
    assert_eq!(counts, [Some(&OwnedValue::I64(2)), Some(&OwnedValue::I64(0))]);
}

#[test]
fn an_item_that_is_an_error_is_the_outcome_of_the_stream() {
    let spans = captured(|| {
        take(rows(true), 9);
    });
    let stream = find(&spans, "rows");
    assert_eq!((stream.outcome, items(stream)), (Outcome::Error, Some(&OwnedValue::I64(2))));
    assert_eq!(stream.events[0].name, "exception");

    let spans = captured(|| {
        take(rows(false), 9);
    });
    assert_eq!(find(&spans, "rows").outcome, Outcome::Ok);
}

fn statistics(name: &str) -> Statistics {
    let functions = spandrel::functions();
    let found = functions
        .iter()
        .find(|function| function.name() == name && function.module_path() == module_path!());
    found.and_then(|function| function.statistics()).expect("it is metered")
}

/// Outcomes of all calls, and how many errors there were of all types.
fn counted_as(name: &str) -> ([u64; 3], u64) {
    let statistics = statistics(name);
    let outcomes =
        [Outcome::Ok, Outcome::Error, Outcome::Cancelled].map(|outcome| statistics.calls(outcome));
    (outcomes, statistics.errors().map(|(_, count)| count).sum())
}

#[traced]
#[timed]
fn lines(fail: bool) -> impl Stream<Item = Result<u32, String>> {
    let second = if fail { Err("connection lost".to_owned()) } else { Ok(2) };
    yields([Ok(1), second, Err("lost again".to_owned()), Ok(3)])
}

#[test]
fn a_stream_that_is_dropped_at_its_error_has_failed() {
    let spans = captured(|| {
        // As `?` does.
        take(lines(true), 2);
        take(lines(false), 2);
        take(lines(true), 9);
    });

    let outcomes: Vec<_> =
        spans.iter().filter(|span| span.name == "lines").map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Error, Outcome::Cancelled, Outcome::Error]);
    assert_eq!(counted_as("lines"), ([0, 2, 1], 2));
    assert_eq!(statistics("lines").in_flight(), 0);
}

struct Answer(u16);

impl AsOutcome for Answer {
    fn as_outcome(&self) -> Outcome {
        if self.0 < 500 { Outcome::Ok } else { Outcome::Error }
    }
}

#[counted]
fn answers(all: &[u16]) -> impl Stream<Item = Answer> + use<> {
    yields(all.iter().map(|status| Answer(*status)).collect::<Vec<_>>())
}

#[traced(error_if = |item| *item > 9)]
#[counted]
fn judged() -> impl Stream<Item = u32> {
    yields([9, 10, 11, 9])
}

#[test]
fn an_item_that_is_fine_does_not_make_up_for_one_that_was_not() {
    take(answers(&[200, 500, 200]), 9);
    take(answers(&[200]), 1);
    take(answers(&[200]), 9);
    let spans = captured(|| drop(take(judged(), 9)));

    assert_eq!(counted_as("answers"), ([1, 1, 1], 1));
    assert_eq!(counted_as("judged"), ([0, 1, 0], 1));
    assert_eq!(find(&spans, "judged").outcome, Outcome::Error);
}

#[test]
fn methods_of_an_annotated_block_are_covered_too() {
    let spans = captured(|| assert_eq!(take(Table.scan(), 9), [1, 2, 3]));

    assert_eq!(items(find(&spans, "Table::scan")), Some(&OwnedValue::I64(3)));
}

#[test]
fn a_panic_in_a_poll_ends_the_span_as_panicked() {
    struct Bomb;
    impl Stream for Bomb {
        type Item = ();
        fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<()>> {
            panic!("boom");
        }
    }
    #[traced]
    fn explodes() -> impl Stream<Item = ()> {
        Bomb
    }

    let spans = captured(|| {
        let polled = std::panic::catch_unwind(|| take(explodes(), 9));
        assert!(polled.is_err());
        Span::start("after").end();
    });

    assert_eq!(find(&spans, "explodes").outcome, Outcome::Panicked);
    assert_eq!(find(&spans, "after").parent_span_id, None);
}

#[test]
fn any_stream_runs_within_a_span() {
    let spans = captured(|| {
        assert_eq!(take(yields([1, 2]).in_span(Span::start("all")), 9), [1, 2]);
        assert_eq!(take(yields([1, 2]).in_span(Span::start("some")), 1), [1]);
    });

    let (all, some) = (find(&spans, "all"), find(&spans, "some"));
    assert_eq!((all.outcome, items(all)), (Outcome::Ok, Some(&OwnedValue::I64(2))));
    assert_eq!((some.outcome, items(some)), (Outcome::Cancelled, Some(&OwnedValue::I64(1))));
    assert_eq!(find(&spans, "item").parent_span_id, Some(all.span_id));
}

#[test]
fn wrapping_keeps_the_hint_and_the_stream_sendable() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }

    assert_eq!(is_send(numbers(3)).size_hint(), (3, Some(3)));
    assert_eq!(is_send(yields([1]).in_span(Span::start("span"))).size_hint(), (1, Some(1)));
}
