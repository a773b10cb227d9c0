//! The facade, as libraries use it.

use std::thread;

use ::metrics::{Unit, with_local_recorder};

use super::Recorder;
use crate::{metrics, testing};

#[test]
fn every_kind_of_the_facade_is_there() {
    with_local_recorder(&Recorder::new(), || {
        ::metrics::counter!("facade.count", "route" => "/orders", "zone" => "eu").increment(2);
        ::metrics::counter!("facade.count", "zone" => "eu", "route" => "/orders").increment(1);
        let depth = ::metrics::gauge!("facade.depth");
        depth.set(5);
        depth.increment(2);
        depth.decrement(0.5);
        ::metrics::histogram!("facade.size").record(3);
        ::metrics::histogram!("facade.size").record_many(4.0, 2);
    });

    let metrics = testing::metrics();
    let labels = (("route", "/orders"), ("zone", "eu"));
    assert_eq!(metrics.count("facade.count", &labels), Some(3.0));
    assert_eq!(metrics.value("facade.depth", &()), Some(6.5));
    let size = metrics.distribution("facade.size", &()).unwrap();
    assert_eq!((size.count, size.sum), (3, 11.0));
}

#[test]
fn a_metric_is_described_before_or_after_it_is_counted() {
    with_local_recorder(&Recorder::new(), || {
        ::metrics::describe_counter!("facade.before", Unit::Bytes, "Said before");
        ::metrics::counter!("facade.before").increment(1);
        ::metrics::counter!("facade.after").increment(1);
        ::metrics::describe_counter!("facade.after", Unit::Seconds, "Said after");
        ::metrics::counter!("facade.after", "a" => "b").increment(1);
    });

    let metrics = metrics::collect().metrics;
    let said = |name: &str| {
        let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
        (metric.description.to_string(), metric.unit.to_string(), metric.scope.name.to_string())
    };
    assert_eq!(said("facade.before"), ("Said before".into(), "By".into(), "metrics".into()));
    assert_eq!(said("facade.after"), ("Said after".into(), "s".into(), "metrics".into()));
}

#[test]
fn an_absolute_count_only_grows() {
    let counter = with_local_recorder(&Recorder::new(), || ::metrics::counter!("facade.absolute"));

    counter.increment(2);
    counter.absolute(10);
    counter.absolute(7);
    counter.increment(1);

    assert_eq!(testing::metrics().count("facade.absolute", &()), Some(11.0));
}

#[test]
fn an_absolute_count_that_several_handles_give_at_once_is_counted_once() {
    const LABELS: [[(&str, &str); 2]; 2] =
        [[("zone", "eu"), ("route", "/")], [("route", "/"), ("zone", "eu")]];
    let handles: Vec<_> = (0..8)
        .map(|at| {
            with_local_recorder(&Recorder::new(), || {
                ::metrics::counter!("facade.shared", &LABELS[at % 2])
            })
        })
        .collect();
    let start = std::sync::Barrier::new(handles.len());

    for round in 1..=200 {
        thread::scope(|scope| {
            for handle in &handles {
                scope.spawn(|| {
                    start.wait();
                    handle.absolute(round * 1_000);
                });
            }
        });
        let count = testing::metrics().count("facade.shared", &LABELS[0]);
        assert_eq!(count, Some((round * 1_000) as f64));
    }
}

#[test]
fn a_name_that_cannot_be_one_is_mended() {
    with_local_recorder(&Recorder::new(), || {
        ::metrics::counter!("facade requests{total}").increment(1);
    });

    assert_eq!(testing::metrics().count("facade_requests_total_", &()), Some(1.0));
}

#[test]
fn libraries_that_ask_for_a_handle_each_time_count_exactly() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                with_local_recorder(&Recorder::new(), || {
                    for round in 0..1_000_u32 {
                        let shard = (round % 50).to_string();
                        ::metrics::counter!("facade.threads", "shard" => shard).increment(1);
                    }
                });
            });
        }
    });

    let metrics = testing::metrics();
    assert_eq!(metrics.total("facade.threads"), Some(8_000.0));
    assert_eq!(metrics.count("facade.threads", &[("shard", "49")]), Some(160.0));
}
