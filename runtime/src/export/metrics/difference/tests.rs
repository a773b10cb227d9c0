use proptest::prelude::*;

use super::*;
use crate::metrics::data::Scope;

const START: u64 = 1_000;

fn snapshot(unix_nanos: u64, data: Data) -> Snapshot {
    let metric = Metric {
        name: "calls".into(),
        description: "".into(),
        unit: "1".into(),
        scope: Scope::default(),
        data,
    };
    Snapshot { unix_nanos, metrics: vec![metric] }
}

fn point<T>(value: T) -> Point<T> {
    Point { labels: vec![], start_unix_nanos: START, value, exemplars: vec![] }
}

fn counter(unix_nanos: u64, value: u64) -> Snapshot {
    let points = vec![point(Number::U64(value))];
    snapshot(unix_nanos, Data::Sum { monotonic: true, points })
}

fn distribution(unix_nanos: u64, value: Exponential) -> Snapshot {
    snapshot(unix_nanos, Data::Exponential(vec![point(value)]))
}

fn exponential(scale: i32, offset: i32, counts: &[u64]) -> Exponential {
    let count = counts.iter().sum();
    Exponential {
        scale,
        zeros: 0,
        positive: Buckets { offset, counts: counts.to_vec() },
        negative: Buckets::default(),
        count,
        sum: count as f64,
        min_max: Some((1.0, 2.0)),
        thresholds: vec![],
    }
}

/// Start and value of the only number, if there is one.
fn number(snapshot: &Snapshot) -> Option<(u64, Number)> {
    let Data::Sum { points, .. } = &snapshot.metrics[0].data else { panic!("no sum") };
    points.first().map(|point| (point.start_unix_nanos, point.value))
}

fn buckets(snapshot: &Snapshot) -> Buckets {
    let Data::Exponential(points) = &snapshot.metrics[0].data else { panic!("no distribution") };
    points[0].value.positive.clone()
}

fn after(snapshot: &Snapshot) -> Differences {
    let mut differences = Differences::default();
    differences.commit(snapshot);
    differences
}

#[test]
fn the_first_time_everything_since_the_start_is_new() {
    let first = Differences::default().since_last(&counter(5_000, 7));

    assert_eq!(number(&first), Some((START, Number::U64(7))));
}

#[test]
fn later_only_what_came_on_top_since_the_last_time() {
    let differences = after(&counter(5_000, 7));

    let second = differences.since_last(&counter(6_000, 10));

    assert_eq!(number(&second), Some((5_000, Number::U64(3))));
    assert_eq!(number(&differences.since_last(&counter(6_000, 7))), None);
}

#[test]
fn what_did_not_arrive_is_part_of_the_next_difference() {
    let differences = after(&counter(5_000, 7));
    let _lost = differences.since_last(&counter(6_000, 10));

    assert_eq!(number(&differences.since_last(&counter(7_000, 12))), Some((5_000, Number::U64(5))));
}

#[test]
fn a_series_that_began_anew_is_new_as_a_whole() {
    let differences = after(&counter(5_000, 7));
    let mut restarted = counter(9_000, 8);
    let Data::Sum { points, .. } = &mut restarted.metrics[0].data else { panic!("no sum") };
    points[0].start_unix_nanos = 8_000;

    assert_eq!(number(&differences.since_last(&restarted)), Some((8_000, Number::U64(8))));
    // Without a word about it.
    let fallen = differences.since_last(&counter(9_000, 2));
    assert_eq!(number(&fallen), Some((5_000, Number::U64(2))));
}

/// Without any series.
fn nothing(unix_nanos: u64) -> Snapshot {
    snapshot(unix_nanos, Data::Sum { monotonic: true, points: vec![] })
}

#[test]
fn a_series_that_was_missing_for_a_while_goes_on_where_it_was() {
    let mut differences = after(&counter(5_000, 7));
    for at in 1..=LONGEST_MISSING {
        differences.commit(&nothing(5_000 + at));
    }

    assert_eq!(number(&differences.since_last(&counter(9_000, 9))), Some((5_000, Number::U64(2))));
}

#[test]
fn what_is_missing_for_long_is_forgotten() {
    let mut differences = after(&counter(5_000, 7));
    (0..=LONGEST_MISSING).for_each(|at| differences.commit(&nothing(5_001 + at)));

    assert!(differences.last.is_empty());
}

#[test]
fn no_more_than_a_bound_of_what_is_missing_is_remembered_and_what_is_there_always() {
    let many = |first: usize, count: usize, value| {
        let mut snapshot = counter(6_000, value);
        let Data::Sum { points, .. } = &mut snapshot.metrics[0].data else { panic!("no sum") };
        let template = points.remove(0);
        points.extend((first..first + count).map(|at| Point {
            labels: vec![("at".into(), Label::I64(at as i64))],
            ..template.clone()
        }));
        snapshot
    };
    let mut differences = after(&many(0, 10, 5));
    differences.commit(&many(10, 3 * MOST_MISSING, 5));
    assert_eq!(differences.last.len(), 10 + 3 * MOST_MISSING);

    differences.commit(&many(10, 7, 5));

    assert_eq!(differences.last.len(), 7 + MOST_MISSING);
    // The first ten were missing for longest.
    let Data::Sum { points, .. } = differences.since_last(&many(0, 17, 6)).metrics.remove(0).data
    else {
        panic!("no sum")
    };
    let values: Vec<_> = points.iter().map(|point| point.value).collect();
    assert_eq!(values, [[Number::U64(6); 10].as_slice(), &[Number::U64(1); 7]].concat());
}

#[test]
fn two_series_of_the_same_labels_are_not_taken_for_each_other() {
    let twins = |unix_nanos, values: [u64; 2]| {
        let points = values.map(|value| point(Number::U64(value))).into();
        snapshot(unix_nanos, Data::Sum { monotonic: true, points })
    };
    let differences = after(&twins(5_000, [100, 7]));

    let later = differences.since_last(&twins(6_000, [100, 9]));

    let Data::Sum { points, .. } = &later.metrics[0].data else { panic!("no sum") };
    let values: Vec<_> = points.iter().map(|point| point.value).collect();
    assert_eq!(values, [Number::U64(2)]);
}

fn explicit(unix_nanos: u64, bounds: &[f64], counts: &[u64]) -> Snapshot {
    let count = counts.iter().sum();
    let (bounds, counts) = (bounds.to_vec().into(), counts.to_vec());
    let value = Explicit { bounds, counts, count, sum: count as f64, min_max: None };
    snapshot(unix_nanos, Data::Histogram(vec![point(value)]))
}

/// The counts of the only distribution, if there is one.
fn counts(snapshot: &Snapshot) -> Option<Vec<u64>> {
    let Data::Histogram(points) = &snapshot.metrics[0].data else { panic!("no distribution") };
    let value = &points.first()?.value;
    assert_eq!(value.counts.iter().sum::<u64>(), value.count);
    Some(value.counts.clone())
}

#[test]
fn a_bucket_that_seems_to_have_shrunk_is_not_counted_again() {
    let mut differences = after(&explicit(5_000, &[1.0, 2.0], &[500, 4, 6]));

    // A call was read between two of its counts.
    let torn = explicit(6_000, &[1.0, 2.0], &[501, 3, 6]);
    assert_eq!(counts(&differences.since_last(&torn)), Some(vec![1, 0, 0]));
    differences.commit(&torn);
    let whole = explicit(7_000, &[1.0, 2.0], &[501, 4, 6]);
    assert_eq!(counts(&differences.since_last(&whole)), None);
    differences.commit(&whole);
    let more = explicit(8_000, &[1.0, 2.0], &[501, 5, 7]);
    assert_eq!(counts(&differences.since_last(&more)), Some(vec![0, 1, 1]));

    let differences = after(&distribution(5_000, exponential(3, 3, &[500, 4])));
    let later = differences.since_last(&distribution(6_000, exponential(3, 3, &[501, 3])));
    assert_eq!(buckets(&later), Buckets { offset: 3, counts: vec![1] });
}

#[test]
fn a_bound_that_is_gone_does_not_make_the_rest_new() {
    let differences = after(&explicit(5_000, &[1.0, 1.5, 2.0], &[5, 4, 6, 2]));

    let later = differences.since_last(&explicit(6_000, &[1.0, 2.0], &[5, 11, 4]));

    assert_eq!(counts(&later), Some(vec![0, 1, 2]));
}

#[test]
fn what_can_shrink_stays_as_it_is() {
    let open = |unix_nanos, value| {
        let points = vec![point(Number::I64(value))];
        snapshot(unix_nanos, Data::Sum { monotonic: false, points })
    };
    let differences = after(&open(5_000, 7));

    assert_eq!(number(&differences.since_last(&open(6_000, 7))), Some((START, Number::I64(7))));
}

#[test]
fn series_are_told_apart_by_type_and_place_of_their_labels() {
    let with = |value: u64, labels: Labels| {
        let mut snapshot = counter(6_000, value);
        let Data::Sum { points, .. } = &mut snapshot.metrics[0].data else { panic!("no sum") };
        points[0].labels = labels;
        snapshot
    };
    let text = |key: &'static str, text: &'static str| (key.into(), Label::Str(text.into()));
    let all = [
        vec![],
        vec![text("a", "1")],
        vec![("a".into(), Label::I64(1))],
        vec![("a".into(), Label::F64(1.0))],
        vec![text("a", "1b"), text("c", "")],
        vec![text("a", "1"), text("b", "c")],
    ];
    for (seen, other) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
        let later = after(&with(5, seen.clone())).since_last(&with(9, other.clone()));

        let expected =
            if seen == other { (6_000, Number::U64(4)) } else { (START, Number::U64(9)) };
        assert_eq!(number(&later), Some(expected), "{seen:?} {other:?}");
    }
}

#[test]
fn a_distribution_that_became_coarser_is_compared_at_its_new_scale() {
    // Buckets 3, 4 and 5 of scale 3 are 1 and 2 of scale 2.
    let differences = after(&distribution(5_000, exponential(3, 3, &[1, 2, 4])));

    let later = differences.since_last(&distribution(6_000, exponential(2, 1, &[1, 7, 0, 9])));

    assert_eq!(buckets(&later), Buckets { offset: 2, counts: vec![1, 0, 9] });
    let Data::Exponential(points) = &later.metrics[0].data else { panic!("no distribution") };
    assert_eq!((points[0].value.count, points[0].value.sum), (10, 10.0));
    assert_eq!(points[0].value.min_max, None);
    assert_eq!(points[0].start_unix_nanos, 5_000);
}

#[test]
fn only_exemplars_of_the_time_since_then_are_shown_again() {
    let with = |unix_nanos, at: &[u64]| {
        let mut snapshot = distribution(unix_nanos, exponential(0, 0, &[unix_nanos]));
        let Data::Exponential(points) = &mut snapshot.metrics[0].data else { panic!() };
        let exemplar = |at: &u64| Exemplar { value: 1.0, unix_nanos: *at, trace_id: 1, span_id: 1 };
        points[0].exemplars = at.iter().map(exemplar).collect();
        snapshot
    };
    let differences = after(&with(5_000, &[4_000]));

    let later = differences.since_last(&with(6_000, &[4_000, 5_500]));

    let Data::Exponential(points) = &later.metrics[0].data else { panic!("no distribution") };
    let times: Vec<_> = points[0].exemplars.iter().map(|exemplar| exemplar.unix_nanos).collect();
    assert_eq!(times, [5_500]);
}

proptest! {
    #[test]
    fn differences_add_up_to_the_whole(
        readings in prop::collection::vec((0..4_u32, prop::collection::vec(0..50_u64, 9)), 1..6),
        offset in -20..20_i32,
    ) {
        let mut differences = Differences::default();
        let mut total = Exponential { count: 0, sum: 0.0, ..exponential(3, offset, &[0; 9]) };
        let (mut seen, mut coarser) = (0, 0);
        for (at, (by, more)) in readings.into_iter().enumerate() {
            coarser = by.max(coarser);
            total.positive.counts.iter_mut().zip(&more).for_each(|(count, more)| *count += more);
            total.count += more.iter().sum::<u64>();
            total.sum = total.count as f64;
            let now = Exponential {
                scale: 3 - coarser as i32,
                positive: total.positive.coarser(coarser),
                ..total.clone()
            };
            let snapshot = distribution(5_000 + at as u64, now);
            let since = differences.since_last(&snapshot);
            let Data::Exponential(points) = &since.metrics[0].data else { panic!() };
            for point in points {
                prop_assert_eq!(point.value.positive.counts.iter().sum::<u64>(), point.value.count);
                seen += point.value.count;
            }
            differences.commit(&snapshot);
        }
        prop_assert_eq!(seen, total.count);
    }
}
