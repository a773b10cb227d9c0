use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest, metrics::v1 as proto,
};
use prost::Message as _;

use super::{form::Form, *};
use crate::{
    export::{
        otlp::{
            batch::{Encoding, Resource},
            metrics::Requests,
        },
        stats::Stats,
        worker::{Deliver, Delivery, Pace, Payload},
    },
    metrics::data::{Data, Metric, Number, Point, Scope, Snapshot},
    sync::lock,
    time,
    trace::{
        drain::Sink as _,
        loss::{LossReason, Losses},
    },
};

const PATIENCE: Duration = Duration::from_secs(20);
const START: u64 = 1_000;

/// A receiver that answers as it is told to, and passes on what it was sent.
struct Receiver {
    answers: Arc<Mutex<Vec<Delivery>>>,
    sent: mpsc::Sender<Vec<u8>>,
}

impl Deliver<Vec<u8>> for Receiver {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, _pace: &dyn Pace) -> Delivery {
        let _ = self.sent.send(payload.content.clone());
        lock(&self.answers).pop().unwrap_or(Delivery::Accepted { rejected: 0 })
    }
}

/// A reader of a counter that goes up by one with each reading.
struct Reading {
    sink: MetricsSink,
    sent: mpsc::Receiver<Vec<u8>>,
    stats: Arc<Stats>,
}

impl Reading {
    /// The answers are given from the last to the first.
    fn new(plan: Plan, answers: &[Delivery]) -> Self {
        let (sender, sent) = mpsc::channel();
        let answers = Arc::new(Mutex::new(answers.to_vec()));
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let resource = Resource::of_metrics(Encoding::Protobuf, [], "");
        let requests =
            Requests::new(Encoding::Protobuf, resource, None, plan.temporality, 1024 * 1024);
        let readings = AtomicU64::new(0);
        let sink = MetricsSink::new(
            plan,
            Box::new(move || counter(1 + readings.fetch_add(1, Relaxed))),
            Form::Otlp(requests),
            Box::new(Receiver { answers, sent: sender }),
            Arc::clone(&stats),
        );
        Self { sink, sent, stats }
    }

    fn flush(&mut self) {
        assert!((self.sink.flush())(deadline()));
    }

    /// Start, value and temporality of what arrived next.
    fn next(&self) -> (u64, i64, i32) {
        let body = self.sent.recv_timeout(PATIENCE).unwrap();
        let request = ExportMetricsServiceRequest::decode(&*body).unwrap();
        let metric = &request.resource_metrics[0].scope_metrics[0].metrics[0];
        let Some(proto::metric::Data::Sum(sum)) = &metric.data else { panic!("no sum") };
        let point = &sum.data_points[0];
        let Some(proto::number_data_point::Value::AsInt(value)) = point.value else { panic!() };
        (point.start_time_unix_nano, value, sum.aggregation_temporality)
    }
}

/// A counter that has counted so far, read so many thousand nanoseconds after the start.
fn counter(value: u64) -> Snapshot {
    let point = Point {
        labels: vec![],
        start_unix_nanos: START,
        value: Number::U64(value),
        exemplars: vec![],
    };
    let metric = Metric {
        name: "calls".into(),
        description: "".into(),
        unit: "".into(),
        scope: Scope::default(),
        data: Data::Sum { monotonic: true, points: vec![point] },
    };
    Snapshot { unix_nanos: START + 1_000 * value, metrics: vec![metric] }
}

fn deadline() -> Instant {
    time::now() + PATIENCE
}

fn plan(temporality: Temporality) -> Plan {
    Plan { interval: Duration::MAX, temporality, ..Plan::DEFAULT }
}

#[test]
fn metrics_are_read_time_and_again() {
    let plan = Plan { interval: Duration::ZERO, ..Plan::DEFAULT };
    let reading = Reading::new(plan, &[]);

    assert_eq!([(); 3].map(|()| reading.next().1), [1, 2, 3]);
}

#[test]
fn a_flush_reads_at_once_and_waits_for_it() {
    let mut reading = Reading::new(plan(Temporality::Cumulative), &[]);

    reading.flush();

    assert_eq!(reading.sent.try_iter().count(), 1);
    assert_eq!(reading.stats.exported(), 1);
}

#[test]
fn the_end_reads_once_more_and_nothing_after_it() {
    let mut reading = Reading::new(plan(Temporality::Cumulative), &[]);

    assert!((reading.sink.shutdown())(deadline()));
    let _ = (reading.sink.flush())(deadline());

    assert_eq!(reading.next().1, 1);
    assert_eq!(reading.sent.try_iter().count(), 0);
}

#[test]
fn cumulative_numbers_keep_their_start() {
    let mut reading = Reading::new(plan(Temporality::Cumulative), &[]);
    (0..2).for_each(|_| reading.flush());

    assert_eq!([reading.next(), reading.next()], [(START, 1, 2), (START, 2, 2)]);
}

#[test]
fn differences_begin_where_the_last_one_ended() {
    let mut reading = Reading::new(plan(Temporality::Delta), &[]);
    (0..3).for_each(|_| reading.flush());

    let expected = [(START, 1, 1), (START + 1_000, 1, 1), (START + 2_000, 1, 1)];
    assert_eq!([(); 3].map(|()| reading.next()), expected);
}

#[test]
fn a_difference_that_did_not_arrive_is_counted_as_lost_and_sent_with_the_next() {
    let mut reading = Reading::new(plan(Temporality::Delta), &[Delivery::Failed]);
    (0..2).for_each(|_| reading.flush());

    assert_eq!([reading.next(), reading.next()], [(START, 1, 1), (START, 2, 1)]);
    assert_eq!(reading.stats.losses().of(LossReason::ExportFailed), 1);
    assert_eq!(reading.stats.exported(), 1);
}

#[test]
fn what_the_receiver_rejects_is_counted_and_not_sent_again() {
    let mut reading = Reading::new(plan(Temporality::Delta), &[Delivery::Accepted { rejected: 1 }]);
    (0..2).for_each(|_| reading.flush());

    assert_eq!([reading.next(), reading.next()], [(START, 1, 1), (START + 1_000, 1, 1)]);
    assert_eq!(reading.stats.losses().of(LossReason::Rejected), 1);
}
