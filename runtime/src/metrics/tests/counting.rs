use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use crate::{
    Span, counter, gauge, histogram,
    metrics::{self, Counter, Gauge, Histogram, UpDownCounter, data::Data},
    testing,
    trace::sampler::Sampler,
};

#[test]
fn thirty_two_threads_count_exactly_and_no_reader_sees_a_counter_fall() {
    static METRIC: Counter = Counter::new("test.threads", "");
    static SECONDS: Counter<f64> = Counter::new("test.threads.seconds", "");
    let done = AtomicBool::new(false);

    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut last, mut reads) = ((0.0, 0.0), 0);
            while !done.load(Relaxed) {
                let metrics = testing::metrics();
                let now = (
                    metrics.count("test.threads", &[("worker", "all")]).unwrap_or(0.0),
                    metrics.total("test.threads.seconds").unwrap_or(0.0),
                );
                assert!(now.0 >= last.0 && now.1 >= last.1, "{last:?} {now:?}");
                (last, reads) = (now, reads + 1);
            }
            reads
        });
        let workers: Vec<_> = (0..32)
            .map(|worker: u32| {
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        METRIC.with(&[("worker", "all")]).add(1);
                        METRIC.with(&[("worker", worker)]).add(2);
                        SECONDS.add(0.25);
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Relaxed);
        assert!(reader.join().unwrap() > 0);
    });

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.threads", &[("worker", "all")]), Some(64_000.0));
    assert_eq!(metrics.count("test.threads", &[("worker", 31)]), Some(4_000.0));
    assert_eq!(metrics.total("test.threads"), Some(3.0 * 64_000.0));
    assert_eq!(metrics.total("test.threads.seconds"), Some(16_000.0));
}

#[test]
fn every_kind_says_what_it_was_told() {
    static OPEN: UpDownCounter = UpDownCounter::new("test.kinds.open", "");
    static HEAT: Gauge = Gauge::new("test.kinds.heat", "");
    static DEPTH: Gauge<i64> = Gauge::new("test.kinds.depth", "");
    static SIZE: Histogram = Histogram::new("test.kinds.size", "");
    static WAIT: Histogram = Histogram::new("test.kinds.wait", "").bounds(&[0.5, 1.0]);

    OPEN.add(5);
    OPEN.add(-7);
    HEAT.set(1.5);
    HEAT.add(2);
    DEPTH.set(3);
    [1, 2, 3, -4, 0].into_iter().for_each(|value| SIZE.record(value));
    WAIT.record(Duration::from_millis(500));
    WAIT.record(Duration::from_secs(2));

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.kinds.open", &()), Some(-2.0));
    assert_eq!(metrics.value("test.kinds.heat", &()), Some(3.5));
    assert_eq!(metrics.value("test.kinds.depth", &()), Some(3.0));
    let size = metrics.distribution("test.kinds.size", &()).unwrap();
    assert_eq!((size.count, size.sum, size.buckets.len()), (5, 2.0, 5));
    assert_eq!(size.buckets[2], (1.0, 1));
    let wait = metrics.distribution("test.kinds.wait", &()).unwrap();
    assert_eq!(wait.buckets, [(0.5, 1), (f64::INFINITY, 1)]);
}

#[test]
fn a_gauge_that_was_never_set_shows_nothing() {
    static IDLE: Gauge = Gauge::new("test.idle", "");

    let _ = IDLE.with(&[("a", "b")]);

    assert!(testing::metrics().names().all(|name| name != "test.idle"));
}

#[test]
fn labels_in_another_order_are_the_same_series() {
    static METRIC: Counter = Counter::new("test.order", "");

    METRIC.with(&(("a", 1), ("b", "x"))).add(1);
    METRIC.with(&(("b", "x"), ("a", 1))).add(1);
    METRIC.with(&(("a", 0), (("b", "x"), ("a", 1)))).add(1);

    let metrics = testing::metrics();
    assert_eq!(metrics.count("test.order", &(("a", 1), ("b", "x"))), Some(3.0));
}

#[test]
fn whoever_names_a_metric_of_a_module_gets_the_same_one() {
    static HERE: Counter = Counter::new("test.same", "").scope(module_path!());
    static THERE: Counter = Counter::new("test.same", "").scope(module_path!());

    HERE.add(1);
    THERE.add(2);
    counter!("test.same", 3);

    let found: Vec<_> = metrics::collect().metrics;
    let found: Vec<_> = found.iter().filter(|metric| metric.name == "test.same").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].scope.name, module_path!());
    assert_eq!(testing::metrics().count("test.same", &()), Some(6.0));
}

#[test]
fn one_offs_take_labels_as_spans_take_fields() {
    let queue = String::from("mail");
    let jobs = [1, 2, 3];

    counter!("test.once.jobs");
    counter!("test.once.jobs", 2, queue, http.route = "/", "odd key" = Some(1));
    gauge!("test.once.depth", jobs.len(), queue = &queue);
    histogram!("test.once.wait", Duration::from_millis(250),);

    let metrics = testing::metrics();
    let labels = (("http.route", "/"), (("odd key", 1), ("queue", "mail")));
    assert_eq!(metrics.count("test.once.jobs", &()), Some(1.0));
    assert_eq!(metrics.count("test.once.jobs", &labels), Some(2.0));
    assert_eq!(metrics.value("test.once.depth", &[("queue", "mail")]), Some(3.0));
    assert_eq!(metrics.distribution("test.once.wait", &()).unwrap().sum, 0.25);
}

#[test]
fn what_is_counted_in_a_sampled_span_has_it_as_an_example() {
    static COUNT: Counter = Counter::new("test.exemplars.count", "");
    static SIZE: Histogram = Histogram::new("test.exemplars.size", "");
    static WAIT: Histogram = Histogram::new("test.exemplars.wait", "").bounds(&[1.0]);
    let measure = || {
        COUNT.add(4);
        SIZE.record(5);
        WAIT.record(6);
    };
    let count = || Span::start("work").in_scope(measure);

    measure();
    testing::builder().sampler(Sampler::always_off()).capture().run(count);
    let capture = testing::capture();
    capture.run(count);

    let span = capture.spans()[0].span_id.to_u64();
    let metrics = metrics::collect().metrics;
    let exemplars = |name: &str| {
        let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
        match &metric.data {
            Data::Sum { points, .. } | Data::Gauge(points) => points[0].exemplars.clone(),
            Data::Histogram(points) => points[0].exemplars.clone(),
            Data::Exponential(points) => points[0].exemplars.clone(),
        }
    };
    for (name, value) in
        [("test.exemplars.count", 4.0), ("test.exemplars.size", 5.0), ("test.exemplars.wait", 6.0)]
    {
        let found: Vec<_> =
            exemplars(name).iter().map(|exemplar| (exemplar.value, exemplar.span_id)).collect();
        assert_eq!(found, [(value, span)], "{name}");
    }
}
