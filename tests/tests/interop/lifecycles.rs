//! However a span of another library is entered, left, cloned and closed, all adds up.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use spandrel::{
    Outcome, Span,
    testing::run,
    trace::{Context, OwnedValue},
    tracing::SpanExt as _,
};
use tracing::{Instrument as _, info_span};

use crate::capture;

fn nothing_is_current() -> bool {
    !Context::current().is_active()
}

#[test]
fn spans_left_in_any_order_restore_what_was_current() {
    let capture = capture();

    capture.run(|| {
        let (first, second, third) =
            (info_span!("first"), info_span!("second"), info_span!("third"));
        let one = first.enter();
        let two = second.enter();
        let three = third.enter();
        drop(two);
        info_span!("in third").in_scope(|| {});
        drop(one);
        info_span!("still in third").in_scope(|| {});
        drop(three);
        assert!(nothing_is_current());
    });

    assert_eq!(capture.roots().len(), 3);
    let third = capture.span("third");
    let names: Vec<_> = capture.children_of(&third).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["in third", "still in third"]);
}

#[test]
fn a_span_left_below_one_of_ours_leaves_nothing_behind() {
    let capture = capture();

    capture.run(|| {
        let theirs = info_span!("theirs").entered();
        let ours = Span::start("ours").enter();
        drop(theirs);
        info_span!("in ours").in_scope(|| {});
        drop(ours);
        info_span!("next").in_scope(|| {});
        assert!(nothing_is_current());
    });

    let ours = capture.span("ours");
    assert_eq!(capture.children_of(&ours)[0].name, "in ours");
}

#[test]
fn a_span_may_be_entered_within_itself() {
    let capture = capture();

    capture.run(|| {
        let outer = info_span!("outer");
        outer.in_scope(|| {
            info_span!("middle").in_scope(|| {
                outer.in_scope(|| info_span!("inner").in_scope(|| {}));
                info_span!("in middle").in_scope(|| {});
            });
            info_span!("in outer").in_scope(|| {});
        });
        assert!(nothing_is_current());
    });

    capture.assert_tree("outer ok\n  middle ok\n    in middle ok\n  inner ok\n  in outer ok");
}

#[test]
fn a_span_may_be_entered_on_several_threads_at_once() {
    const THREADS: usize = 4;
    let capture = capture();

    let shared = capture.run(|| info_span!("shared"));
    let all_within = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|n| {
            let (shared, all_within) = (shared.clone(), Arc::clone(&all_within));
            thread::spawn(move || {
                for _ in 0..100 {
                    let _entered = shared.enter();
                    all_within.wait();
                    info_span!("child", n).in_scope(|| tracing::info!("event"));
                    tracing::info!("of shared");
                }
                assert!(nothing_is_current());
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(shared);

    let shared = capture.span("shared");
    assert_eq!(capture.children_of(&shared).len(), THREADS * 100);
    assert_eq!(shared.events.len() + shared.dropped_events as usize, THREADS * 100);
}

#[test]
fn a_span_that_is_never_entered_is_recorded_once_it_is_closed() {
    let capture = capture();

    capture.run(|| {
        let span = info_span!("never", n = tracing::field::Empty);
        span.record("n", 7);
        drop(span.clone());
        info_span!(parent: &span, "child").in_scope(|| {});
    });

    capture.assert_tree("never ok\n  child ok");
    assert_eq!(capture.span("never").attribute("n"), Some(&OwnedValue::I64(7)));
}

#[test]
fn a_span_lasts_until_it_is_left_last() {
    run(|t| {
        drop(capture());
        let clock = t.clock();
        let span = info_span!("span");
        clock.advance(std::time::Duration::from_secs(1));
        span.in_scope(|| clock.advance(std::time::Duration::from_secs(1)));
        let kept = span.clone();
        span.in_scope(|| clock.advance(std::time::Duration::from_secs(1)));
        drop(span);
        clock.advance(std::time::Duration::from_secs(10));
        drop(kept);

        assert_eq!(t.span("span").duration(), std::time::Duration::from_secs(3));
    });
}

#[test]
fn a_parent_that_is_closed_by_its_last_child_keeps_its_own_end() {
    run(|t| {
        drop(capture());
        let clock = t.clock();
        let parent = info_span!("parent");
        let child = parent.in_scope(|| {
            clock.advance(std::time::Duration::from_secs(1));
            info_span!("child")
        });
        drop(parent);
        child.in_scope(|| clock.advance(std::time::Duration::from_secs(5)));
        drop(child);

        assert_eq!(t.span("parent").duration(), std::time::Duration::from_secs(1));
        assert_eq!(t.span("child").duration(), std::time::Duration::from_secs(5));
        t.assert_tree("parent ok\n  child ok");
    });
}

#[test]
fn a_span_that_moves_between_threads_stays_one() {
    let capture = capture();

    let span = capture.run(|| info_span!("moves"));
    let span = thread::spawn(move || {
        span.in_scope(|| info_span!("there").in_scope(|| {}));
        span
    });
    let span = span.join().unwrap();
    span.in_scope(|| info_span!("back").in_scope(|| {}));
    thread::spawn(move || drop(span)).join().unwrap();

    capture.assert_tree("moves ok\n  there ok\n  back ok");
}

#[test]
fn a_panic_in_a_span_marks_it_and_restores_what_was_current() {
    let capture = capture();

    capture.run(|| {
        let result = std::panic::catch_unwind(|| {
            info_span!("outer").in_scope(|| info_span!("inner").in_scope(|| panic!("on purpose")));
        });
        assert!(result.is_err());
        assert!(nothing_is_current());
    });

    assert_eq!(capture.span("outer").outcome, Outcome::Panicked);
    assert_eq!(capture.span("inner").outcome, Outcome::Panicked);
}

#[tokio::test]
async fn a_future_dropped_half_way_closes_its_span() {
    let capture = capture();

    capture.run(|| {
        let mut future = Box::pin(std::future::pending::<()>().instrument(info_span!("pending")));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    });

    capture.assert_tree("pending ok");
}

#[test]
fn a_context_taken_from_a_span_outlives_it() {
    let capture = capture();

    let context = capture.run(|| info_span!("gone").context());
    thread::spawn(move || {
        let _attached = context.attach();
        info_span!("after").in_scope(|| {});
    })
    .join()
    .unwrap();

    capture.assert_tree("gone ok\n  after ok");
}

#[test]
fn many_open_spans_do_not_mix() {
    let capture = capture();

    capture.run(|| {
        let spans: Vec<_> = (0..5_000_i64).map(|n| info_span!("one", n)).collect();
        for span in spans.iter().rev() {
            span.in_scope(|| {});
        }
    });

    let mut numbers: Vec<_> = capture
        .find("one")
        .iter()
        .map(|span| span.attribute("n").unwrap().clone())
        .map(|value| value.to_string().parse::<u64>().unwrap())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..5_000));
}
