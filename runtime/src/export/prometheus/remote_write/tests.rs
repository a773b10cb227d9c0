//! What a receiver gets, and what happens when it does not take it.

use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use prost::Message as _;

use super::{super::tests as fixture, RemoteWrite, config::Version, writer::Writer};
use crate::{
    Resource, diag,
    export::{
        Compression,
        delivery::{Post, Verdict},
        prometheus::Target,
        stats::Stats,
        worker::{Deliver as _, Pace, Payload},
    },
    metrics::data::Snapshot,
    sync::lock,
    trace::loss::{LossReason, Losses},
};

/// `prometheus.WriteRequest` as far as it is written.
mod v1 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(message, repeated, tag = "1")]
        pub(super) series: Vec<Series>,
        #[prost(message, repeated, tag = "3")]
        pub(super) metadata: Vec<Metadata>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Series {
        #[prost(message, repeated, tag = "1")]
        pub(super) labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        pub(super) samples: Vec<super::Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) exemplars: Vec<Exemplar>,
        #[prost(message, repeated, tag = "4")]
        pub(super) histograms: Vec<super::Histogram>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Label {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(message, repeated, tag = "1")]
        pub(super) labels: Vec<Label>,
        #[prost(double, tag = "2")]
        pub(super) value: f64,
        #[prost(int64, tag = "3")]
        pub(super) millis: i64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Metadata {
        #[prost(int32, tag = "1")]
        pub(super) kind: i32,
        #[prost(string, tag = "2")]
        pub(super) name: String,
        #[prost(string, tag = "4")]
        pub(super) help: String,
        #[prost(string, tag = "5")]
        pub(super) unit: String,
    }
}

/// `io.prometheus.write.v2.Request` as far as it is written.
mod v2 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(string, repeated, tag = "4")]
        pub(super) symbols: Vec<String>,
        #[prost(message, repeated, tag = "5")]
        pub(super) series: Vec<Series>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Series {
        #[prost(uint32, repeated, tag = "1")]
        pub(super) labels: Vec<u32>,
        #[prost(message, repeated, tag = "2")]
        pub(super) samples: Vec<super::Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) histograms: Vec<super::Histogram>,
        #[prost(message, repeated, tag = "4")]
        pub(super) exemplars: Vec<Exemplar>,
        #[prost(message, optional, tag = "5")]
        pub(super) metadata: Option<Metadata>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(uint32, repeated, tag = "1")]
        pub(super) labels: Vec<u32>,
        #[prost(double, tag = "2")]
        pub(super) value: f64,
        #[prost(int64, tag = "3")]
        pub(super) millis: i64,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Metadata {
        #[prost(int32, tag = "1")]
        pub(super) kind: i32,
        #[prost(uint32, tag = "3")]
        pub(super) help: u32,
        #[prost(uint32, tag = "4")]
        pub(super) unit: u32,
    }
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    millis: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(sint32, tag = "4")]
    schema: i32,
    #[prost(uint64, tag = "6")]
    zeros: u64,
    #[prost(sint64, repeated, tag = "12")]
    deltas: Vec<i64>,
    #[prost(int64, tag = "15")]
    millis: i64,
}

/// What was sent, by version.
type Sent = Arc<Mutex<Vec<(Version, Vec<u8>)>>>;

/// Answers as a test says, and keeps what was sent.
struct Scripted {
    version: Version,
    answers: Arc<Mutex<VecDeque<Verdict>>>,
    sent: Sent,
}

impl Post for Scripted {
    fn post(&mut self, body: &[u8], _: Compression, _: Duration, _: &dyn Pace) -> Verdict {
        let body = snap::raw::Decoder::new().decompress_vec(body).unwrap();
        lock(&self.sent).push((self.version, body));
        lock(&self.answers).pop_front().unwrap_or_else(accepted)
    }
}

/// A clock that a pause moves.
struct FakePace {
    now: Cell<Instant>,
    deadline: Option<Instant>,
}

impl Pace for FakePace {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn unix_seconds(&self) -> u64 {
        0
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn pause_until(&self, until: Instant) -> bool {
        if self.deadline.is_some_and(|deadline| deadline <= until) {
            return false;
        }
        self.now.set(until.max(self.now.get()));
        true
    }
}

struct Fixture {
    writer: Writer<Scripted>,
    sent: Sent,
    stats: Arc<Stats>,
    pace: FakePace,
}

fn accepted() -> Verdict {
    Verdict::Accepted { rejected: 0, note: String::new() }
}

fn retry() -> Verdict {
    Verdict::Retry { why: "busy".into(), after: None }
}

fn refused() -> Verdict {
    Verdict::Fatal { why: "the receiver answered 415".into() }
}

fn to() -> RemoteWrite {
    RemoteWrite::to("http://localhost:9090/api/v1/write")
}

impl Fixture {
    fn new(remote_write: &RemoteWrite, answers: impl IntoIterator<Item = Verdict>) -> Self {
        Self::collecting(remote_write, answers, || fixture::snapshot(fixture::some()))
    }

    /// Each snapshot is of a second later.
    fn collecting(
        remote_write: &RemoteWrite,
        answers: impl IntoIterator<Item = Verdict>,
        collect: impl Fn() -> Snapshot + Send + 'static,
    ) -> Self {
        let sent = Sent::default();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let post =
            |version| Scripted { version, answers: Arc::clone(&answers), sent: Arc::clone(&sent) };
        let resource = Resource::new()
            .with("service.name", "orders")
            .with("service.namespace", "shop")
            .with("service.instance.id", "a1");
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let seconds = AtomicU64::new(0);
        let writer = Writer::new(
            &remote_write.settings().unwrap(),
            Box::new(move || {
                let mut snapshot = collect();
                snapshot.unix_nanos += seconds.fetch_add(1, Relaxed) * 1_000_000_000;
                snapshot
            }),
            Target::new(&resource),
            (post(Version::One), post(Version::Two)),
            Arc::clone(&stats),
        );
        let pace = FakePace { now: Cell::new(crate::time::now()), deadline: None };
        Self { writer, sent, stats, pace }
    }

    /// Lets time pass until it is due, and does what is due then.
    fn wake(&mut self) {
        let at = self.writer.wakes_at().unwrap();
        self.pace.now.set(at.max(self.pace.now.get()));
        self.writer.idle(&self.pace);
    }

    fn flush(&mut self) {
        self.writer.deliver(&mut Payload { content: (), bytes: 1, spans: 0 }, &self.pace);
    }

    fn versions(&self) -> Vec<Version> {
        lock(&self.sent).iter().map(|(version, _)| *version).collect()
    }

    fn v1(&self, index: usize) -> v1::Request {
        v1::Request::decode(lock(&self.sent)[index].1.as_slice()).unwrap()
    }

    fn v2(&self, index: usize) -> v2::Request {
        v2::Request::decode(lock(&self.sent)[index].1.as_slice()).unwrap()
    }
}

fn shown(series: &v1::Series) -> String {
    let labels: Vec<_> =
        series.labels.iter().map(|label| format!("{}={}", label.name, label.value)).collect();
    labels.join(",")
}

#[test]
fn version_1_has_the_series_of_a_scrape() {
    let mut writer = Fixture::new(&to().version_1(), []);

    writer.flush();

    let request = writer.v1(0);
    let find = |part: &str| request.series.iter().find(|one| shown(one).contains(part)).unwrap();
    let counter = find("__name__=orders_created_total,");
    assert_eq!(
        shown(counter),
        "__name__=orders_created_total,instance=a1,job=shop/orders,otel_scope_name=shop,\
         otel_scope_version=1.2.3,region=eu"
    );
    let millis = i64::try_from(fixture::START / 1_000_000).unwrap();
    assert_eq!(counter.samples, [Sample { value: 7.0, millis }]);
    let bucket = find("__name__=http_server_request_duration_seconds_bucket,http_route=");
    assert!(shown(bucket).contains(",le=1.52587890625e-05,"), "{}", shown(bucket));
    let exemplar = &find(",le=4.0,").exemplars[0];
    assert_eq!((exemplar.value, exemplar.labels[1].value.len()), (1.05, 32));
    assert!(request.series.iter().any(|one| shown(one).starts_with("__name__=target_info,")));
    for series in &request.series {
        assert!(series.labels.is_sorted_by_key(|label| &label.name), "{}", shown(series));
        assert!(series.histograms.is_empty());
    }
    let told: Vec<_> = request.metadata.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(
        told,
        [
            ("target_info", 2),
            ("orders_created_total", 1),
            ("cpu_utilization_ratio", 2),
            ("http_server_request_duration_seconds", 3)
        ]
    );
    assert_eq!(writer.stats.exported(), request.series.len() as u64);
}

#[test]
fn version_2_says_the_same_with_symbols() {
    let mut writer = Fixture::new(&to().version_2(), []);

    writer.flush();

    let request = writer.v2(0);
    assert_eq!(request.symbols[0], "");
    let text = |index: &u32| request.symbols[*index as usize].as_str();
    let labels = |one: &v2::Series| one.labels.iter().map(text).collect::<Vec<_>>().join(" ");
    let counter = request.series.iter().find(|one| labels(one).contains(" orders_created_total "));
    let counter = counter.unwrap();
    assert_eq!(counter.samples[0].value, 7.0);
    let metadata = counter.metadata.unwrap();
    assert_eq!((metadata.kind, text(&metadata.help)), (1, "Said to people."));
    let bucket = request.series.iter().find(|one| labels(one).contains("le 4.0 ")).unwrap();
    assert_eq!(bucket.exemplars[0].labels.len(), 4);
    assert_eq!(text(&bucket.metadata.unwrap().unit), "seconds");
}

#[test]
fn native_histograms_come_on_request() {
    let mut one = Fixture::new(&to().version_1().native_histograms(true), []);
    let mut two = Fixture::new(&to().version_2().native_histograms(true), []);

    one.flush();
    two.flush();

    let of_one = one.v1(0).series.into_iter().flat_map(|series| series.histograms);
    let of_two = two.v2(0).series.into_iter().flat_map(|series| series.histograms);
    let millis = i64::try_from(fixture::START / 1_000_000).unwrap();
    let histogram =
        Histogram { count: 4, sum: 2.375, schema: 3, zeros: 1, deltas: vec![1, 1], millis };
    assert_eq!(of_one.collect::<Vec<_>>(), std::slice::from_ref(&histogram));
    assert_eq!(of_two.collect::<Vec<_>>(), [histogram]);
}

#[test]
fn version_2_is_tried_first_and_version_1_is_taken_where_that_is_not_spoken() {
    let mut old = Fixture::new(&to(), [refused()]);
    let mut new = Fixture::new(&to(), []);

    for _ in 0..2 {
        old.flush();
        new.flush();
    }

    assert_eq!(old.versions(), [Version::Two, Version::One, Version::One]);
    assert_eq!(new.versions(), [Version::Two, Version::Two]);
    assert_eq!(old.stats.losses().of(LossReason::ExportFailed), 0);
}

#[test]
fn metrics_are_sent_whenever_the_interval_is_over() {
    let mut writer = Fixture::new(&to().version_1(), []);
    writer.wake();
    let began = writer.pace.now();
    for _ in 0..2 {
        writer.wake();
    }

    assert_eq!(writer.versions().len(), 3);
    assert_eq!((writer.pace.now() - began).as_secs(), 30);
    let millis = |index| writer.v1(index).series[0].samples[0].millis;
    assert_eq!((millis(1) - millis(0), millis(2) - millis(1)), (1_000, 1_000));
}

#[test]
fn what_a_busy_receiver_did_not_take_comes_later_and_in_order() {
    let said = diag::capture();
    let mut writer = Fixture::new(&to(), (0..8).map(|_| retry()));

    while lock(&writer.sent).len() < 12 {
        writer.wake();
    }

    let times: Vec<_> = (7..12).map(|index| writer.v2(index).series[0].samples[0].millis).collect();
    assert!(times.is_sorted() && times[1] < times[4], "{times:?}");
    assert_eq!(writer.stats.queued_spans(), 0);
    let warnings = said.of(diag::Level::Warn);
    assert!(warnings[0].ends_with("takes no samples, so they wait: busy"), "{warnings:?}");
    assert!(warnings[1].ends_with("takes samples again"), "{warnings:?}");
    assert_eq!(warnings.len(), 2);
}

#[test]
fn what_waits_is_bounded_and_what_is_dropped_is_counted() {
    let many = || {
        let names = (0..1_500).map(|index| format!("some.metric.{index}.{}", index * 7_919));
        fixture::snapshot(names.map(|name| crate::metrics::data::Metric {
            name: name.into(),
            ..fixture::counter("", &[], 1)
        }))
    };
    let mut writer = Fixture::collecting(&to(), (0..10_000).map(|_| retry()), many);

    for _ in 0..2_000 {
        writer.wake();
        if writer.stats.losses().of(LossReason::QueueFull) > 0 {
            break;
        }
    }

    assert!(writer.stats.queued_bytes() <= 4 << 20);
    assert_eq!(writer.stats.losses().of(LossReason::QueueFull), 1_501);
}

#[test]
fn a_request_is_of_bounded_size() {
    let many = || {
        let names = (0..4_500).map(|index| format!("metric{index}"));
        fixture::snapshot(names.map(|name| crate::metrics::data::Metric {
            name: name.into(),
            ..fixture::counter("", &[], 1)
        }))
    };
    let mut writer = Fixture::collecting(&to(), [], many);

    writer.flush();

    let sizes: Vec<_> = (0..3).map(|index| writer.v2(index).series.len()).collect();
    assert_eq!((sizes, lock(&writer.sent).len()), (vec![2_000, 2_000, 501], 3));
}

#[test]
fn at_the_end_what_nobody_takes_is_lost_and_counted() {
    let mut writer = Fixture::new(&to().version_1(), (0..100).map(|_| retry()));
    writer.pace.deadline = Some(writer.pace.now() + Duration::from_secs(5));

    writer.flush();

    assert!(writer.versions().len() > 1);
    assert!(writer.stats.losses().of(LossReason::Shutdown) > 10);
    assert_eq!(writer.stats.queued_spans(), 0);
}

#[test]
fn what_cannot_work_is_refused() {
    let wrong = |remote_write: RemoteWrite| remote_write.check().unwrap_err();

    assert!(wrong(RemoteWrite::to("prometheus:9090")).is_endpoint());
    assert!(wrong(RemoteWrite::to("http://")).is_endpoint());
    assert!(wrong(to().header("a b", "c")).is_header());
    assert!(wrong(to().interval(Duration::from_millis(99))).is_time());
    assert!(wrong(to().timeout(Duration::ZERO)).is_time());
    let error = wrong(RemoteWrite::to("ftp://me:hunter2@p/?key=s3cret")).to_string();
    assert_eq!(error, "endpoint `ftp://p/` must begin with `http://` or `https://`");
    let shown = format!("{:?}", RemoteWrite::to("http://me:hunter2@p").header("a", "hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
}
