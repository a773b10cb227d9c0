use super::*;
use crate::{
    Span, SpanHandle,
    export::SpanExporter as _,
    testing::{self, Capture},
    trace::{SpanData, Status},
};

fn spans(run: impl FnOnce()) -> Vec<Observed> {
    captured(run).spans().iter().map(Observed::from).collect()
}

fn captured(run: impl FnOnce()) -> Capture {
    let capture = testing::capture();
    capture.run(run);
    capture
}

fn within(name: &str, run: impl FnOnce()) {
    let _entered = Span::start(name).enter();
    run();
}

fn charge(amount: u64) -> SpanHandle {
    let charge = Span::start("charge");
    charge.set("amount", amount);
    charge
}

#[test]
fn the_same_spans_do_not_differ_whatever_their_ids_and_times_are() {
    let run = || {
        within("order", || {
            charge(1).end();
            charge(2).event("sent", &[("attempt", &1)]);
            charge(3).set_status(Status::Error { description: "declined" });
        });
    };

    let differences = Comparison::new().compare(&spans(run), &spans(run));

    assert!(differences.is_empty(), "{differences}");
    assert_eq!(differences.to_string(), "no differences\n");
}

#[test]
fn each_kind_of_difference_is_named_once_with_its_place() {
    let there = spans(|| {
        within("order", || {
            charge(1).set("thread.id", 7);
            charge(2).set_status(Status::Ok);
            Span::start("mail").end();
        });
        within("other", || Span::start("mail").end());
    });
    let here = spans(|| {
        within("order", || {
            charge(1).event("sent", &[]);
            charge(3).end();
            charge(3).end();
        });
        Span::start("mail").end();
        within("other", || Span::start("mail").end());
    });

    let differences = Comparison::with_tracing_opentelemetry().compare(&there, &here);

    assert_eq!(
        differences.to_string(),
        "6 differences\n\
         \x20 mail: none there, 1 span here\n\
         \x20 order > charge: attribute `amount`: `2` there, `3` here\n\
         \x20 order > charge: events: nothing there, `sent` here\n\
         \x20 order > charge: 2 spans there, 3 spans here\n\
         \x20 order > charge: status: `ok` there, `unset` here\n\
         \x20 order > mail: 1 span there, none here\n"
    );
}

#[test]
fn what_was_renamed_on_purpose_does_not_differ() {
    let there = spans(|| within("place_order", || Span::start("charge").set("cents", 5)));
    let here = spans(|| within("order", || charge(5).end()));

    let comparison =
        Comparison::new().rename("cents", "amount").rename_span("place_order", "order");

    assert!(comparison.compare(&there, &here).is_empty());
    assert!(!Comparison::new().compare(&there, &here).is_empty());
}

#[test]
fn equal_differences_are_counted() {
    let there = spans(|| (0..3).for_each(|_| charge(1).end()));
    let here = spans(|| (0..3).for_each(|_| charge(2).end()));

    let differences = Comparison::new().compare(&there, &here);

    let line = "  charge: attribute `amount`: `1` there, `2` here (3 spans)\n";
    assert_eq!(differences.to_string(), format!("1 difference\n{line}"));
}

#[test]
fn parents_in_a_circle_do_not_hang() {
    let circle = [Observed::new(1, 1, Some(2), "one", 0), Observed::new(1, 2, Some(1), "other", 0)];

    assert!(Comparison::new().compare(&circle, &circle).is_empty());
}

#[test]
fn both_sides_are_kept_and_compared() {
    let both = SideBySide::new();
    let capture = captured(|| charge(1).end());
    let spans: Vec<SpanData> = capture.spans();

    both.add_there(Observed::new(9, 9, None, "charge", 0));
    both.here().export(&spans).unwrap();

    let report = both.report(&Comparison::new().ignore("amount")).to_string();
    assert_eq!((report.as_str(), both.left_out()), ("no differences\n", (0, 0)));
    assert_eq!(both.report(&Comparison::new()).iter().count(), 1);
}
