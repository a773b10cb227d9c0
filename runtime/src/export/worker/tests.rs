use std::{
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use super::*;
use crate::{diag::Level, trace::loss::Losses};

/// Does with each payload what the test says next.
struct Scripted {
    began: Sender<u32>,
    next: Receiver<Step>,
}

enum Step {
    Say(Delivery),
    Panic,
    PauseUntil(Instant, Sender<bool>),
}

const ACCEPTED: Step = Step::Say(Delivery::Accepted { rejected: 0 });

impl Deliver<Vec<u8>> for Scripted {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, pace: &dyn Pace) -> Delivery {
        let _ = self.began.send(payload.spans);
        match self.next.recv() {
            Ok(Step::Say(delivery)) => delivery,
            Ok(Step::PauseUntil(until, answer)) => {
                let _ = answer.send(pace.pause_until(until));
                Delivery::Failed
            }
            Ok(Step::Panic) => panic!("the exporter has a bug"),
            Err(_) => Delivery::Failed,
        }
    }
}

struct Harness {
    worker: Worker<Vec<u8>>,
    stats: Arc<Stats>,
    began: Receiver<u32>,
    next: Sender<Step>,
}

impl Harness {
    fn new(bytes: usize) -> Self {
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let (began_sender, began) = mpsc::channel();
        let (next, next_receiver) = mpsc::channel();
        let deliver = Scripted { began: began_sender, next: next_receiver };
        let bounds = Bounds { bytes, spans: 1_000 };
        let worker = Worker::new("spandrel-otlp", bounds, Arc::clone(&stats), Box::new(deliver));
        Self { worker, stats, began, next }
    }

    fn offer(&mut self, bytes: usize, spans: u32) -> Result<(), LossReason> {
        let payload = Payload { content: vec![0; bytes], bytes, spans };
        self.worker.offer(payload).map_err(|(_, reason)| reason)
    }

    fn lost(&self, reason: LossReason) -> u64 {
        self.stats.losses().of(reason)
    }
}

fn soon() -> Instant {
    time::now() + Duration::from_secs(30)
}

fn past() -> Instant {
    time::now()
}

#[test]
fn what_is_offered_is_delivered_in_order() {
    let mut harness = Harness::new(100);

    (1..=3).for_each(|spans| assert_eq!(harness.offer(10, spans), Ok(())));
    (0..3).for_each(|_| assert!(harness.next.send(ACCEPTED).is_ok()));

    assert!(harness.worker.flush()(soon()));
    assert_eq!(harness.began.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((harness.stats.exported(), harness.stats.exports()), (6, 3));
    assert_eq!((harness.stats.queued_spans(), harness.stats.queued_bytes()), (0, 0));
}

#[test]
fn a_full_queue_returns_the_payload_and_counts_the_one_in_delivery() {
    let mut harness = Harness::new(25);

    assert_eq!(harness.offer(10, 1), Ok(()));
    assert_eq!(harness.began.recv(), Ok(1));
    assert_eq!(harness.offer(10, 1), Ok(()));

    assert_eq!(harness.offer(10, 1), Err(LossReason::QueueFull));
    assert_eq!((harness.stats.queued_spans(), harness.stats.queued_bytes()), (2, 20));
}

#[test]
fn a_queue_bounded_in_spans_returns_what_exceeds_it() {
    let mut harness = Harness::new(usize::MAX);

    assert_eq!(harness.offer(1, 999), Ok(()));

    assert_eq!(harness.offer(1, 2), Err(LossReason::QueueFull));
    assert_eq!(harness.offer(1, 1), Ok(()));
}

#[test]
fn a_flush_waits_for_what_was_offered_before_it_only() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 1), Ok(()));
    let flush = harness.worker.flush();
    assert_eq!(harness.offer(10, 1), Ok(()));

    assert!(harness.next.send(ACCEPTED).is_ok());

    assert!(flush(soon()));
    assert_eq!(harness.stats.exported(), 1);
}

#[test]
fn a_flush_that_runs_out_of_time_loses_nothing() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 4), Ok(()));

    assert!(!harness.worker.flush()(past()));
    assert_eq!(harness.stats.losses().total(), 0);

    assert!(harness.next.send(ACCEPTED).is_ok());
    assert!(harness.worker.flush()(soon()));
    assert_eq!(harness.stats.exported(), 4);
}

#[test]
fn a_shutdown_delivers_what_is_queued() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 1), Ok(()));
    assert_eq!(harness.offer(10, 2), Ok(()));
    (0..2).for_each(|_| assert!(harness.next.send(ACCEPTED).is_ok()));

    assert!(harness.worker.shutdown()(soon()));

    assert_eq!(harness.stats.exported(), 3);
    assert_eq!(harness.offer(10, 1), Err(LossReason::Shutdown));
}

#[test]
fn a_hanging_exporter_loses_its_spans_once_when_the_shutdown_is_over() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 1), Ok(()));
    assert_eq!(harness.offer(10, 2), Ok(()));
    assert_eq!(harness.began.recv(), Ok(1));

    assert!(!harness.worker.shutdown()(past()));
    assert_eq!(harness.lost(LossReason::Shutdown), 3);
    assert_eq!(harness.stats.queued_bytes(), 0);

    // It comes back after all: the thread ends, and nothing is counted twice.
    assert!(harness.next.send(ACCEPTED).is_ok());
    assert_eq!(harness.began.recv(), Err(mpsc::RecvError));
    assert_eq!((harness.stats.exported(), harness.lost(LossReason::Shutdown)), (0, 3));
}

#[test]
fn a_delivery_that_fails_when_the_time_is_over_is_lost_to_the_shutdown() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 3), Ok(()));
    lock(&harness.worker.shared.state).deadline = Some(past());
    assert!(harness.next.send(Step::Say(Delivery::Failed)).is_ok());
    assert!(harness.worker.flush()(soon()));

    assert!(!harness.worker.shutdown()(soon()));

    assert_eq!(harness.lost(LossReason::Shutdown), 3);
}

#[test]
fn a_flush_that_gives_up_cuts_no_shutdown_short() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 3), Ok(()));
    let flush = harness.worker.flush();
    let shutdown = harness.worker.shutdown();

    assert!(!flush(past()));
    assert!(harness.next.send(ACCEPTED).is_ok());

    assert!(shutdown(soon()));
    assert_eq!(harness.stats.exported(), 3);
}

#[test]
fn a_panic_of_the_exporter_loses_one_payload_and_no_more() {
    let said = diag::capture();
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 5), Ok(()));
    assert_eq!(harness.offer(10, 1), Ok(()));

    assert!(harness.next.send(Step::Panic).is_ok());
    assert!(harness.next.send(ACCEPTED).is_ok());

    assert!(harness.worker.flush()(soon()));
    assert_eq!((harness.stats.exported(), harness.lost(LossReason::ExportFailed)), (1, 5));
    assert_eq!(said.of(Level::Warn), ["an exporter panicked; 5 spans are lost"]);
}

#[test]
fn rejected_spans_are_no_exported_ones() {
    let mut harness = Harness::new(100);
    assert_eq!(harness.offer(10, 5), Ok(()));
    assert_eq!(harness.offer(10, 5), Ok(()));

    for rejected in [2, 99] {
        assert!(harness.next.send(Step::Say(Delivery::Accepted { rejected })).is_ok());
    }

    assert!(harness.worker.flush()(soon()));
    assert_eq!((harness.stats.exported(), harness.lost(LossReason::Rejected)), (3, 7));
}

#[test]
fn a_pause_longer_than_the_shutdown_gives_up_at_once() {
    let mut harness = Harness::new(100);
    let (answer, paused) = mpsc::channel();
    assert_eq!(harness.offer(10, 1), Ok(()));
    let far = soon() + Duration::from_secs(3_600);
    assert!(harness.next.send(Step::PauseUntil(far, answer)).is_ok());

    assert!(harness.worker.shutdown()(soon()));

    assert_eq!(paused.recv(), Ok(false));
    assert_eq!(harness.lost(LossReason::ExportFailed), 1);
}

#[test]
fn a_pause_that_is_over_goes_on() {
    let mut harness = Harness::new(100);
    let (answer, paused) = mpsc::channel();
    assert_eq!(harness.offer(10, 1), Ok(()));

    assert!(harness.next.send(Step::PauseUntil(past(), answer)).is_ok());

    assert_eq!(paused.recv(), Ok(true));
}

#[test]
fn memory_of_a_delivered_payload_comes_back() {
    let mut harness = Harness::new(100);
    assert!(harness.worker.take_spare().is_none());
    assert_eq!(harness.offer(64, 1), Ok(()));
    assert!(harness.next.send(ACCEPTED).is_ok());

    assert!(harness.worker.flush()(soon()));

    assert_eq!(harness.worker.take_spare().map(|bytes| bytes.len()), Some(64));
}

#[test]
fn a_worker_without_work_has_no_thread_and_shuts_down_at_once() {
    let mut harness = Harness::new(100);

    assert!(harness.worker.shutdown()(past()));

    assert!(!harness.worker.started);
}

/// Is busy when nobody wants anything of it, and panics then if it is told to.
struct Busy {
    idle: Sender<()>,
    panics: bool,
}

impl Deliver<Vec<u8>> for Busy {
    fn deliver(&mut self, _: &mut Payload<Vec<u8>>, _: &dyn Pace) -> Delivery {
        Delivery::Accepted { rejected: 0 }
    }

    fn wakes_at(&self) -> Option<Instant> {
        Some(past())
    }

    fn idle(&mut self, _: &dyn Pace) {
        let _ = self.idle.send(());
        assert!(!self.panics, "the exporter has a bug");
    }
}

fn busy(panics: bool) -> (Worker<Vec<u8>>, Receiver<()>, Arc<Stats>) {
    let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
    let (idle, idled) = mpsc::channel();
    let bounds = Bounds { bytes: 100, spans: 100 };
    let deliver = Box::new(Busy { idle, panics });
    (Worker::new("spandrel-otlp", bounds, Arc::clone(&stats), deliver), idled, stats)
}

#[test]
fn an_exporter_that_is_busy_by_itself_needs_no_payload_to_begin() {
    let (mut worker, idled, stats) = busy(false);

    assert_eq!((idled.recv(), idled.recv()), (Ok(()), Ok(())));

    let payload = Payload { content: vec![], bytes: 1, spans: 7 };
    assert!(worker.offer(payload).is_ok());
    assert!(worker.shutdown()(soon()));
    assert_eq!(stats.exported(), 7);
}

#[test]
fn a_panic_in_idle_times_costs_no_payload_and_is_not_repeated() {
    let said = diag::capture();
    let (mut worker, idled, stats) = busy(true);
    assert_eq!(idled.recv(), Ok(()));

    for _ in 0..3 {
        let payload = Payload { content: vec![], bytes: 1, spans: 7 };
        assert!(worker.offer(payload).is_ok());
        assert!(worker.flush()(soon()));
    }

    assert_eq!((stats.exported(), idled.try_iter().count()), (21, 0));
    assert_eq!(said.of(Level::Warn), ["an exporter panicked while it had nothing to do"]);
}

/// Hangs until it is interrupted, and then keeps what it could not deliver.
#[cfg(feature = "otlp")]
struct Keeping {
    interrupt: Sender<()>,
    interrupted: Receiver<()>,
}

#[cfg(feature = "otlp")]
impl Deliver<Vec<u8>> for Keeping {
    fn deliver(&mut self, _: &mut Payload<Vec<u8>>, _: &dyn Pace) -> Delivery {
        let _ = self.interrupted.recv();
        Delivery::Spooled
    }

    fn keeps_what_it_cannot_deliver(&self) -> bool {
        true
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let interrupt = self.interrupt.clone();
        Some(Box::new(move || _ = interrupt.send(())))
    }
}

#[test]
#[cfg(feature = "otlp")]
fn a_shutdown_leaves_time_for_keeping_what_was_not_delivered() {
    let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
    let (interrupt, interrupted) = mpsc::channel();
    let deliver = Box::new(Keeping { interrupt, interrupted });
    let bounds = Bounds { bytes: 100, spans: 100 };
    let mut worker = Worker::new("spandrel-otlp", bounds, Arc::clone(&stats), deliver);
    assert!(worker.offer(Payload { content: vec![], bytes: 1, spans: 7 }).is_ok());

    let done = worker.shutdown()(time::now() + Duration::from_secs(2));

    assert!(done);
    assert_eq!((stats.spooled(), stats.losses().total()), (7, 0));
}
