//! Trees as text, to be compared by eye.

use super::*;
use crate::{
    outcome::Outcome,
    site::Site,
    trace::{OwnedStatus, OwnedValue, record::fixture::SpanBuilder},
};

static CHECKOUT: Site = Site::block("checkout", "shop");
static LOAD: Site = Site::block("load_cart", "shop");
static CHARGE: Site = Site::block("charge", "shop");

fn span(site: &'static Site, id: u64, parent: Option<u64>, nanos: u64) -> SpanBuilder {
    let builder = SpanBuilder::new(site, 0xabc, id).times(id * 10, id * 10 + nanos);
    match parent {
        Some(parent) => builder.parent(parent, false),
        None => builder,
    }
}

fn data(builder: SpanBuilder) -> SpanData {
    builder.view(|view| SpanData::from(view))
}

fn drawn(spans: Vec<SpanData>, colors: bool) -> String {
    let mut text = String::new();
    draw(&mut text, &Trace { spans, is_continued: false }, Paint { colors });
    text
}

fn rows(spans: Vec<SpanData>) -> Vec<String> {
    drawn(spans, false).lines().map(str::to_owned).collect()
}

#[test]
fn events_stand_in_the_order_of_time() {
    let charge = span(&CHARGE, 1, None, 9).event("retry", 7, &[("attempt", &2)]);
    let charge = charge.event("retry", 5, &[("attempt", &1)]);

    let rows = rows(vec![data(charge)]);

    assert!(rows[1].ends_with("attempt=1") && rows[2].ends_with("attempt=2"), "{rows:?}");
}

#[test]
fn a_trace_is_a_tree_in_the_order_of_its_starts() {
    let load = span(&LOAD, 2, Some(1), 1_200_000);
    let charge = span(&CHARGE, 3, Some(1), 9_800_000).outcome(Outcome::Error);
    let spans = vec![
        data(load.attribute("user.id", &7).attribute("name", &"A B")),
        data(charge.status_error("card declined").event("retry", 5, &[("attempt", &2)])),
        data(span(&LOAD, 4, Some(3), 340).outcome(Outcome::Cancelled)),
        data(span(&CHECKOUT, 1, None, 12_400_000)),
    ];
    let expected = [
        " 12.4 ms  checkout  trace 00000000000000000000000000000abc",
        " 1.20 ms  ├─ load_cart  user.id=7  name=\"A B\"",
        " 9.80 ms  └─ charge  ✗ card declined",
        "             · retry  attempt=2",
        "  340 ns     └─ load_cart  ⊘ cancelled",
    ];
    assert_eq!(rows(spans), expected);
}

#[test]
fn an_exception_is_shown_once_whether_or_not_it_is_the_outcome() {
    let refused: [(&str, &dyn crate::Attribute); 2] =
        [("exception.type", &"Io"), ("exception.message", &"refused")];
    let gave_up: [(&str, &dyn crate::Attribute); 2] =
        [("exception.type", &"Gone"), ("exception.message", &"gave up")];
    let charge = span(&CHARGE, 1, None, 5).outcome(Outcome::Error).status_error("gave up");
    let spans = vec![data(charge.event("exception", 1, &refused).event("exception", 2, &gave_up))];
    let expected = [
        "    5 ns  charge  ✗ gave up  trace 00000000000000000000000000000abc",
        "          · ✗ Io: refused",
    ];
    assert_eq!(rows(spans), expected);
}

#[test]
fn every_failure_says_what_it_is() {
    let spans = vec![
        data(span(&CHARGE, 1, None, 5).outcome(Outcome::Panicked).status_error("boom")),
        data(span(&CHARGE, 2, None, 5).outcome(Outcome::Rejected)),
        data(span(&CHARGE, 3, None, 5).outcome(Outcome::Error).attribute("error.type", &"Gone")),
        data(span(&CHARGE, 4, None, 5).outcome(Outcome::Error)),
        data(span(&CHARGE, 5, None, 5).status_error("by hand")),
    ];
    let expected = ["✗ panicked: boom", "✗ rejected", "✗ Gone", "✗ error", "✗ by hand"];
    for (row, expected) in rows(spans).iter().zip(expected) {
        assert!(row.contains(&format!("charge  {expected}  trace")), "{row}");
    }
}

#[test]
fn many_like_siblings_are_summed_up() {
    let mut spans = vec![data(span(&CHECKOUT, 1, None, 5_000))];
    spans.extend((2..102).map(|id| data(span(&LOAD, id, Some(1), id * 1_000))));
    let rows = rows(spans);
    assert_eq!(rows.len(), 1 + siblings::MOST_ALIKE + 1, "{rows:?}");
    assert_eq!(rows[7], "          └─ … 94 more load_cart, 8.00 µs to 101 µs");
}

#[test]
fn what_is_below_summed_up_siblings_is_counted() {
    let mut spans = vec![data(span(&CHECKOUT, 1, None, 5_000))];
    for id in 1..2_000 {
        spans.push(data(span(&LOAD, id * 2, Some(1), 1_000)));
        let below = span(&CHARGE, id * 2 + 1, Some(id * 2), 500);
        spans.push(data(if id == 900 { below.outcome(Outcome::Error) } else { below }));
    }
    let rows = rows(spans);
    let last = rows.last().unwrap();
    assert!(last.contains("… 1993 more load_cart, 1.00 µs to 1.00 µs"), "{last}");
    assert!(last.ends_with(", 1993 spans below (1 failed)"), "{last}");
}

#[test]
fn a_trace_nested_a_hundred_thousand_deep_is_cut_and_counted() {
    let one = data(span(&LOAD, 1, None, 1_000));
    let spans = (1..=100_000_u64).map(|id| {
        let parent_span_id = SpanId::from_u64(id - 1);
        SpanData { span_id: SpanId::from_u64(id).unwrap(), parent_span_id, ..one.clone() }
    });
    let rows = rows(spans.collect());
    assert_eq!(rows.len(), MOST_DEEP + 2);
    assert!(rows[MOST_DEEP + 1].ends_with("└─ … 99969 spans deeper"), "{}", rows[MOST_DEEP + 1]);
}

#[test]
fn no_trace_has_more_rows_than_a_person_scrolls_and_every_span_is_counted() {
    let names: Vec<_> = (0..10_000).map(|id| format!("step {id}")).collect();
    let one = data(span(&LOAD, 2, Some(1), 1_000));
    let mut spans = vec![data(span(&CHECKOUT, 1, None, 5_000))];
    spans.extend(names.into_iter().zip(2..).map(|(name, id)| SpanData {
        name,
        span_id: SpanId::from_u64(id).unwrap(),
        ..one.clone()
    }));
    let rows = rows(spans);
    assert_eq!(rows.len(), MOST_ROWS + 1);
    assert_eq!(rows[MOST_ROWS], "          … 9601 spans more");
}

#[test]
fn children_of_a_parent_that_still_runs_say_so_for_each_parent() {
    let spans = vec![
        data(span(&LOAD, 3, Some(2), 40)),
        data(span(&LOAD, 5, Some(4), 50)),
        data(span(&LOAD, 6, Some(2), 60)),
    ];
    let still = "          … parent still running, trace 00000000000000000000000000000abc";
    let expected = [
        still,
        "   40 ns  ├─ load_cart",
        "   60 ns  └─ load_cart",
        still,
        "   50 ns  └─ load_cart",
    ];
    assert_eq!(rows(spans), expected);
}

#[test]
fn what_comes_later_is_said_to_be_more_of_its_trace() {
    let trace = Trace { spans: vec![data(span(&LOAD, 3, Some(2), 40))], is_continued: true };
    let mut text = String::new();
    draw(&mut text, &trace, Paint { colors: false });
    assert!(text.starts_with("          … more of trace 0000"), "{text}");
}

#[test]
fn no_text_of_a_span_reaches_the_terminal_as_a_command() {
    let hostile = "a\x1b[2Jb\u{202e}c\r\nd";
    let refused: [(&str, &dyn crate::Attribute); 2] =
        [("exception.type", &hostile), ("exception.message", &hostile)];
    let span = span(&CHARGE, 1, None, 5)
        .attribute(hostile, &hostile)
        .event(hostile, 1, &[(hostile, &hostile)])
        .event("exception", 2, &refused)
        .outcome(Outcome::Error)
        .status_error(hostile);
    let mut data = data(span);
    data.name = hostile.to_owned();
    data.status = OwnedStatus::Error { description: format!("{hostile}!") };
    let text = drawn(vec![data], false);
    assert!(!text.contains(['\x1b', '\u{202e}', '\r']), "{text:?}");
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_row_ends_where_a_person_stops_reading() {
    let mut one = data(span(&CHARGE, 1, None, 5));
    let pair = |at| (format!("key.{at}"), OwnedValue::Str("x".repeat(500)));
    one.attributes = (0..128).map(pair).collect();
    one.dropped_attributes = 2;
    let text = drawn(vec![one], false);
    assert!(text.len() < 1_000, "{}", text.len());
    assert!(text.contains("  … 127 more") || text.contains("  … 126 more"), "{text}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let failed = span(&CHECKOUT, 1, None, 5).outcome(Outcome::Panicked);
    let spans = vec![data(failed), data(span(&LOAD, 2, Some(1), 5))];
    let (plain, colored) = (drawn(spans.clone(), false), drawn(spans, true));
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    assert!(colored.contains("\x1b[31m  ✗ panicked\x1b[0m"), "{colored:?}");
    assert_eq!(plain, stripped + rest);
}
