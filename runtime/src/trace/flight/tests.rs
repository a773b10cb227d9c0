use super::*;
use crate::trace::record::{layout::head, read::Record};

const BUDGET: usize = 64 * 1024;

/// Records a span of so many words; its id says when.
fn record(flight: &mut Flight, counts: &Counts, id: u64, words: usize, trace: &TraceHead) {
    let mut record = vec![head(Kind::SPAN, 0, words, 0), id, 0, 100, 0];
    record.resize(words, 0);
    let bytes: Vec<u8> = record.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let (record, _) = Record::take(&bytes).unwrap();
    flight.record(&Complete::whole(&record, trace, 200 + id, Outcome::Error), counts);
}

fn trace(id: u128, state: &str) -> TraceHead {
    TraceHead { id, flags: 1, state: state.into(), ..TraceHead::default() }
}

/// Ids, trace ids and states.
fn held(segments: &[Arc<Segment>]) -> Vec<(u64, u128, String)> {
    let mut held = Vec::new();
    for segment in segments {
        segment.each(|span| {
            let record = Record { bytes: span.head };
            assert_eq!((span.tick, span.outcome), (200 + record.span(), Outcome::Error));
            held.push((record.span(), span.trace.id, span.trace.state.clone()));
        });
    }
    held
}

#[test]
fn what_was_recorded_is_read_back_in_order() {
    let (mut flight, counts) = (Flight::new(BUDGET), Counts::default());
    let traces = [trace(7, ""), trace(8, "vendor=1"), trace(7, "")];

    for (id, trace) in (1..).zip([0, 0, 1, 2, 2].map(|at| &traces[at])) {
        record(&mut flight, &counts, id, 7, trace);
    }

    let read = held(&flight.segments());
    let read: Vec<_> =
        read.iter().map(|(id, trace, state)| (*id, *trace, state.as_str())).collect();
    let expected = [(1, 7, ""), (2, 7, ""), (3, 8, "vendor=1"), (4, 7, ""), (5, 7, "")];
    assert_eq!(read, expected);
    assert_eq!(counts.read().0, 5);
}

#[test]
fn the_latest_spans_are_there_and_no_more_than_fit() {
    let (mut flight, counts) = (Flight::new(BUDGET), Counts::default());

    for id in 1..=10_000 {
        record(&mut flight, &counts, id, 5 + id as usize % 40, &trace(u128::from(id / 3 + 1), ""));
        assert!(counts.read().2 <= BUDGET as u64, "{counts:?}");
    }

    let read = held(&flight.segments());
    let (seen, spans, _) = counts.read();
    assert_eq!((seen, spans), (10_000, read.len() as u64));
    let expected: Vec<u64> = (10_001 - spans..=10_000).collect();
    assert_eq!(read.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), expected);
    assert!(read.iter().all(|(id, trace, _)| *trace == u128::from(id / 3 + 1)));
    assert!(spans > 150, "most of the memory is used: {spans}");
}

#[test]
fn a_snapshot_stays_what_it_was() {
    let (mut flight, counts) = (Flight::new(BUDGET), Counts::default());
    (1..=2_000).for_each(|id| record(&mut flight, &counts, id, 9, &trace(7, "")));

    let snapshot = flight.segments();
    let before = held(&snapshot);
    (2_001..=9_000).for_each(|id| record(&mut flight, &counts, id, 9, &trace(8, "")));

    assert_eq!(held(&snapshot), before);
    assert_eq!(before.last().unwrap().0, 2_000);
}

#[test]
fn a_span_that_is_too_large_is_counted_and_drives_nothing_out() {
    let (mut flight, counts) = (Flight::new(BUDGET), Counts::default());
    record(&mut flight, &counts, 1, 9, &trace(7, ""));

    record(&mut flight, &counts, 2, 60_000 / 8, &trace(7, ""));

    assert_eq!(held(&flight.segments()).len(), 1);
    assert_eq!(counts.read().0, 2);
}
