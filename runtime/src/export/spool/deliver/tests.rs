use std::{
    cell::Cell,
    collections::VecDeque,
    fs,
    sync::{Arc, Mutex},
};

use super::{super::tests::Folder, *};
use crate::{
    diag::Level,
    export::{Compression, delivery::Terms},
    sync::lock,
    trace::loss::Losses,
};

const MIB: u64 = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

type Sent = Arc<Mutex<Vec<(Vec<u8>, Duration)>>>;

/// Answers as the test says, and keeps what was sent and how long it could have taken.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<Verdict>>>,
    is_down: Arc<Mutex<bool>>,
    sent: Sent,
}

impl Receiver {
    fn is_down(&self, is_down: bool) {
        *lock(&self.is_down) = is_down;
    }

    /// What it took, as text, since this was asked last.
    fn took(&self) -> Vec<String> {
        let sent = mem::take(&mut *lock(&self.sent));
        sent.into_iter().map(|(body, _)| String::from_utf8(body).unwrap()).collect()
    }
}

impl Post for Receiver {
    fn post(&mut self, body: &[u8], _: Compression, within: Duration, _: &dyn Pace) -> Verdict {
        let answer = lock(&self.answers).pop_front();
        let verdict = answer.unwrap_or_else(|| match *lock(&self.is_down) {
            true => Verdict::Retry { why: "connection refused".into(), after: None },
            false => Verdict::Accepted { rejected: 0, note: String::new() },
        });
        if let Verdict::Accepted { .. } = verdict {
            lock(&self.sent).push((body.to_vec(), within));
        }
        verdict
    }
}

/// A clock that the test moves.
struct Clock {
    now: Cell<Instant>,
    deadline: Cell<Option<Instant>>,
}

impl Pace for Clock {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn unix_seconds(&self) -> u64 {
        0
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    fn pause_until(&self, _: Instant) -> bool {
        panic!("with a spool, nobody waits")
    }
}

struct Harness {
    folder: Arc<Folder>,
    receiver: Receiver,
    spooling: Spooling<Receiver>,
    stats: Arc<Stats>,
    clock: Clock,
}

impl Harness {
    fn new() -> Self {
        Self::within(Arc::new(Folder::new()), MIB)
    }

    fn within(folder: Arc<Folder>, max_bytes: u64) -> Self {
        let receiver = Receiver::default();
        let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
        let terms = Terms {
            to: "http://collector/v1/traces".into(),
            items: "spans",
            timeout: TIMEOUT,
            first_wait: Terms::FIRST_WAIT,
            compression: Compression::None,
        };
        let sender = Sender::new(receiver.clone(), terms);
        let spooling = Spooling::new(sender, folder.spool(max_bytes), Arc::clone(&stats));
        let clock = Clock { now: Cell::new(time::now()), deadline: Cell::new(None) };
        Self { folder, receiver, spooling, stats, clock }
    }

    fn deliver(&mut self, text: &str) -> Delivery {
        let mut payload = Payload { content: text.into(), bytes: text.len(), spans: 10 };
        self.spooling.deliver(&mut payload, &self.clock)
    }

    /// Does what there is to do until nothing changes any more before so much time has gone by.
    fn idle_for(&mut self, time: Duration) {
        let until = self.clock.now() + time;
        while let Some(at) = self.spooling.wakes_at().filter(|at| *at < until) {
            self.clock.now.set(at.max(self.clock.now()));
            self.spooling.idle(&self.clock);
        }
        self.clock.now.set(until);
    }

    fn counts(&self) -> (u64, u64) {
        (self.stats.replayed(), self.stats.spool_lost())
    }
}

const ACCEPTED: Delivery = Delivery::Accepted { rejected: 0 };

#[test]
fn what_comes_while_the_receiver_is_away_arrives_when_it_is_back_oldest_first() {
    let said = diag::capture();
    let mut harness = Harness::new();
    assert_eq!(harness.deliver("before"), ACCEPTED);
    harness.receiver.is_down(true);
    for text in ["one", "two", "three"] {
        assert_eq!(harness.deliver(text), Delivery::Spooled);
    }
    harness.idle_for(Duration::from_secs(60));
    assert_eq!(harness.receiver.took(), ["before"]);

    harness.receiver.is_down(false);
    harness.idle_for(Duration::from_secs(6));

    assert_eq!(harness.receiver.took(), ["one", "two", "three"]);
    assert_eq!((harness.counts(), harness.folder.files().len()), ((30, 0), 0));
    let warnings = said.of(Level::Warn);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].starts_with("http://collector/v1/traces takes no spans, so they are kept"));
    assert!(warnings[0].ends_with("connection refused"), "{warnings:?}");
    assert!(warnings[1].contains("takes spans again; 30 were kept in"), "{warnings:?}");
}

#[test]
fn nobody_waits_for_a_receiver_that_is_away() {
    let mut harness = Harness::new();
    harness.receiver.is_down(true);
    harness.deliver("first");
    lock(&harness.receiver.answers).push_back(Verdict::Fatal { why: "tried too early".into() });

    for _ in 0..100 {
        assert_eq!(harness.deliver("more"), Delivery::Spooled);
    }
}

#[test]
fn a_receiver_that_asks_for_time_gets_it() {
    let mut harness = Harness::new();
    let after = Some(Duration::from_secs(40));
    let busy = Verdict::Retry { why: "busy".into(), after };
    lock(&harness.receiver.answers).push_back(busy);
    assert_eq!(harness.deliver("one"), Delivery::Spooled);

    harness.idle_for(Duration::from_secs(39));
    assert_eq!(harness.receiver.took(), [""; 0]);
    harness.idle_for(Duration::from_secs(2));

    assert_eq!(harness.receiver.took(), ["one"]);
}

#[test]
fn the_next_process_sends_what_the_one_before_it_could_not() {
    let mut before = Harness::new();
    before.receiver.is_down(true);
    (0..5).for_each(|number| _ = before.deliver(&number.to_string()));
    let folder = Arc::clone(&before.folder);
    // As it is when it is killed: nothing is said to anybody.
    drop(before);

    let mut harness = Harness::within(folder, MIB);
    harness.idle_for(Duration::from_secs(1));

    assert_eq!(harness.receiver.took(), ["0", "1", "2", "3", "4"]);
    assert_eq!(harness.counts(), (50, 0));
}

#[test]
fn what_another_process_leaves_behind_is_found_in_time() {
    let mut harness = Harness::new();
    harness.idle_for(Duration::from_secs(1));
    let mut other = Harness::within(Arc::clone(&harness.folder), MIB);
    other.receiver.is_down(true);
    other.deliver("theirs");

    harness.idle_for(Duration::from_secs(60));
    assert_eq!(harness.receiver.took(), [""; 0], "the other one lives");
    drop(other);
    harness.idle_for(Duration::from_secs(60));

    assert_eq!(harness.receiver.took(), ["theirs"]);
}

#[test]
fn what_the_receiver_refuses_is_given_up_and_does_not_hold_up_the_rest() {
    let said = diag::capture();
    let mut harness = Harness::new();
    harness.receiver.is_down(true);
    for text in ["one", "poison", "three"] {
        harness.deliver(text);
    }
    let accepted = |rejected| Verdict::Accepted { rejected, note: String::new() };
    let answers = [accepted(3), Verdict::Fatal { why: "answered 400".into() }, accepted(0)];
    lock(&harness.receiver.answers).extend(answers);

    harness.idle_for(Duration::from_secs(10));

    assert_eq!(harness.receiver.took(), ["one", "three"]);
    assert_eq!(harness.counts(), (17, 13));
    assert!(said.of(Level::Warn).iter().any(|text| text.ends_with("are lost: answered 400")));
}

#[test]
fn what_the_receiver_refuses_at_once_is_not_spooled() {
    let mut harness = Harness::new();
    lock(&harness.receiver.answers).push_back(Verdict::Fatal { why: "answered 401".into() });

    assert_eq!(harness.deliver("one"), Delivery::Failed);

    assert_eq!(harness.folder.files().len(), 0);
}

#[test]
fn a_spool_that_is_full_loses_the_oldest_spans_and_counts_them() {
    let mut harness = Harness::within(Arc::new(Folder::new()), 50_000);
    harness.receiver.is_down(true);
    let text = "x".repeat(4_000);

    for _ in 0..100 {
        assert_eq!(harness.deliver(&text), Delivery::Spooled);
    }
    harness.receiver.is_down(false);
    harness.idle_for(Duration::from_secs(60));

    let (replayed, lost) = harness.counts();
    assert_eq!(replayed + lost, 1_000);
    assert!(replayed >= 100, "{replayed}");
}

#[test]
fn a_folder_that_cannot_be_written_costs_spans_that_are_counted_and_said_once() {
    let said = diag::capture();
    let mut harness = Harness::new();
    let path = harness.folder.0.clone();
    fs::write(&path, "no folder").unwrap();
    harness.receiver.is_down(true);

    for _ in 0..3 {
        assert_eq!(harness.deliver("lost"), Delivery::Failed);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(harness.deliver("kept"), Delivery::Spooled);

    let warnings = said.of(Level::Warn);
    let lost: Vec<_> = warnings.iter().filter(|text| text.contains("are lost")).collect();
    assert_eq!(lost.len(), 1, "{warnings:?}");
    assert!(warnings.last().unwrap().contains("30 spans in 3 requests were lost"), "{warnings:?}");
}

#[test]
fn at_the_end_half_the_time_is_left_for_the_disk() {
    let mut harness = Harness::new();
    let end = harness.clock.now() + Duration::from_secs(4);
    harness.clock.deadline.set(Some(end));

    assert_eq!(harness.deliver("one"), ACCEPTED);
    let (_, within) = lock(&harness.receiver.sent)[0];
    assert_eq!(within, Duration::from_secs(2));

    harness.receiver.is_down(true);
    assert_eq!(harness.deliver("two"), Delivery::Spooled);
    // Nothing is tried again: there is no time for it.
    harness.clock.now.set(end - Duration::from_millis(1));
    harness.receiver.is_down(false);
    assert_eq!(harness.deliver("three"), Delivery::Spooled);
    assert_eq!(harness.receiver.took(), ["one"]);
}
