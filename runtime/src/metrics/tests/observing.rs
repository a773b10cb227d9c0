use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::{
    diag,
    metrics::{Counter, Gauge},
    testing,
};

#[test]
fn what_is_observed_is_asked_for_whenever_somebody_reads() {
    static DEPTH: Gauge = Gauge::new("test.observed.depth", "");
    static PAGES: Counter = Counter::new("test.observed.pages", "");
    let jobs = Arc::new(AtomicU64::new(3));
    let theirs = Arc::clone(&jobs);

    let observed = DEPTH.observe(move || theirs.load(Relaxed) as f64);
    PAGES.add(1);
    PAGES.observe(|| 10);

    let value = || testing::metrics().value("test.observed.depth", &());
    assert_eq!(value(), Some(3.0));
    jobs.store(4, Relaxed);
    assert_eq!(value(), Some(4.0));
    assert_eq!(testing::metrics().count("test.observed.pages", &()), Some(11.0));
    observed.stop();
    assert_eq!(value(), None);
}

#[test]
fn labels_that_are_not_observed_any_more_are_not_shown_any_more() {
    static DEPTH: Gauge = Gauge::new("test.observed.queues", "");
    let round = AtomicU64::new(0);

    DEPTH.observe_each(move |observer| {
        let queue = if round.fetch_add(1, Relaxed) == 0 { "mail" } else { "print" };
        observer.observe(1.0, &[("queue", queue)]);
        observer.observe(2.0, &[("queue", queue)]);
    });

    let (first, second) = (testing::metrics(), testing::metrics());
    // Tests beside this one collect, too: the first round may have been theirs.
    assert!(first.value("test.observed.queues", &[("queue", "print")]).is_none_or(|v| v == 2.0));
    assert_eq!(second.value("test.observed.queues", &[("queue", "mail")]), None);
    assert_eq!(second.value("test.observed.queues", &[("queue", "print")]), Some(2.0));
}

#[test]
fn a_callback_may_panic_and_use_metrics() {
    static USED: Counter = Counter::new("test.observed.used", "");
    static BAD: Gauge = Gauge::new("test.observed.bad", "");

    BAD.observe_each(|observer| {
        observer.observe(1.0, &());
        USED.add(1);
        std::panic::resume_unwind(Box::new("no"));
    });

    let said = diag::capture();
    let metrics = testing::metrics();
    drop(said);
    assert_eq!(metrics.value("test.observed.bad", &()), Some(1.0));
    assert!(testing::metrics().count("test.observed.used", &()) >= Some(1.0));
    let labels = (("metric", "test.observed.bad"), ("reason", "panicked"));
    assert!(testing::metrics().count("spandrel.metrics.ignored", &labels) >= Some(1.0));
}
