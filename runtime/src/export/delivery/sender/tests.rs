use std::{
    cell::Cell,
    collections::VecDeque,
    io::Read as _,
    sync::{Arc, Mutex},
};

use flate2::read::GzDecoder;
use proptest::prelude::*;

use super::*;
use crate::{
    diag::Level,
    export::delivery::{Answer, Dialect, may_pass, shown_text},
    sync::lock,
};

type Sent = Arc<Mutex<Vec<(Vec<u8>, Compression, Duration)>>>;

/// Answers as the test says, and keeps what was sent.
struct Scripted {
    answers: VecDeque<Result<Answer, Verdict>>,
    sent: Sent,
}

impl Post for Scripted {
    fn post(
        &mut self,
        body: &[u8],
        form: Compression,
        within: Duration,
        pace: &dyn Pace,
    ) -> Verdict {
        lock(&self.sent).push((body.to_vec(), form, within));
        let answer = self.answers.pop_front().unwrap_or_else(|| Ok(status(200)));
        answer
            .map_or_else(|failure| failure, |answer| answer.verdict(&DIALECT, pace.unix_seconds()))
    }
}

/// A clock that a pause moves.
struct FakePace {
    began: Instant,
    now: Cell<Instant>,
    deadline: Option<Instant>,
}

impl FakePace {
    fn new() -> Self {
        let began = crate::time::now();
        Self { began, now: Cell::new(began), deadline: None }
    }

    fn elapsed(&self) -> Duration {
        self.now.get() - self.began
    }
}

impl Pace for FakePace {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn unix_seconds(&self) -> u64 {
        // Sat, 21 Nov 2026 05:00:00 GMT
        1_795_237_200 + self.elapsed().as_secs()
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

fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

fn retry_after(status: u16, text: &str) -> Result<Answer, Verdict> {
    Ok(Answer { status, retry_after: Some(text.into()), ..Answer::default() })
}

fn failure(retry: bool) -> Result<Answer, Verdict> {
    let why = "connection refused".into();
    Err(if retry { Verdict::Retry { why, after: None } } else { Verdict::Fatal { why } })
}

fn terms() -> Terms {
    Terms {
        to: "http://localhost:4318/v1/traces".into(),
        items: "spans",
        timeout: Duration::from_secs(10),
        first_wait: Terms::FIRST_WAIT,
        compression: Compression::None,
    }
}

fn sender(
    terms: &Terms,
    answers: impl IntoIterator<Item = Result<Answer, Verdict>>,
) -> (Sender<Scripted>, Sent) {
    let sent = Sent::default();
    let post = Scripted { answers: answers.into_iter().collect(), sent: Arc::clone(&sent) };
    (Sender::new(post, terms.clone()), sent)
}

fn payload() -> Payload<Vec<u8>> {
    Payload { content: b"spans ".repeat(100), bytes: 600, spans: 7 }
}

const DIALECT: Dialect = Dialect {
    media_type: "",
    user_agent: "",
    // Three spans, if it says anything.
    partial_success: |body| (if body.is_empty() { 0 } else { 3 }, shown_text(body)),
    refusal: |_| String::new(),
    hint: |_| None,
    may_pass,
    confirmed_by: None,
};

const ACCEPTED: Delivery = Delivery::Accepted { rejected: 0 };

#[test]
fn a_busy_receiver_is_tried_again_after_growing_waits() {
    let busy = [429, 502, 503, 504].map(|code| Ok(status(code)));
    let (mut sender, sent) = sender(&terms(), busy);
    let pace = FakePace::new();

    assert_eq!(sender.deliver(&mut payload(), &pace), ACCEPTED);

    assert_eq!(lock(&sent).len(), 5);
    // Between half and all of 0.5 + 1 + 2 + 4 seconds.
    let waited = pace.elapsed();
    assert!((3_750..=7_500).contains(&waited.as_millis()), "{waited:?}");
}

#[test]
fn a_network_error_is_tried_again() {
    let (mut sender, sent) = sender(&terms(), [failure(true)]);

    assert_eq!(sender.deliver(&mut payload(), &FakePace::new()), ACCEPTED);

    assert_eq!(lock(&sent).len(), 2);
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for answer in [Ok(status(400)), Ok(status(401)), Ok(status(500)), failure(false)] {
        let (mut sender, sent) = sender(&terms(), [answer.clone()]);
        let pace = FakePace::new();

        assert_eq!(sender.deliver(&mut payload(), &pace), Delivery::Failed, "{answer:?}");

        assert_eq!((lock(&sent).len(), pace.elapsed()), (1, Duration::ZERO));
    }
}

#[test]
fn the_receiver_says_how_long_to_wait() {
    for text in ["7", "Sat, 21 Nov 2026 05:00:07 GMT"] {
        let (mut sender, sent) = sender(&terms(), [retry_after(503, text)]);
        let pace = FakePace::new();

        assert_eq!(sender.deliver(&mut payload(), &pace), ACCEPTED);

        assert_eq!((lock(&sent).len(), pace.elapsed()), (2, Duration::from_secs(7)), "{text}");
    }
}

#[test]
fn a_wait_longer_than_the_timeout_gives_up_at_once_and_holds_for_the_next_export() {
    let (mut sender, sent) = sender(&terms(), [retry_after(429, "30")]);
    let pace = FakePace::new();

    assert_eq!(sender.deliver(&mut payload(), &pace), Delivery::Failed);
    assert_eq!((lock(&sent).len(), pace.elapsed()), (1, Duration::ZERO));

    assert_eq!(sender.deliver(&mut payload(), &pace), ACCEPTED);
    assert_eq!((lock(&sent).len(), pace.elapsed()), (2, Duration::from_secs(30)));
}

#[test]
fn no_receiver_can_stop_exports_for_longer_than_a_minute() {
    let (mut sender, _) = sender(&terms(), [retry_after(429, "99999999999999999999")]);
    let pace = FakePace::new();

    assert_eq!(sender.deliver(&mut payload(), &pace), Delivery::Failed);
    assert_eq!(sender.deliver(&mut payload(), &pace), ACCEPTED);

    assert_eq!(pace.elapsed(), Duration::from_secs(60));
}

#[test]
fn all_attempts_together_stay_within_the_timeout() {
    let timeout = Duration::from_secs(3);
    let (mut sender, sent) = sender(&Terms { timeout, ..terms() }, vec![failure(true); 100]);
    let pace = FakePace::new();

    assert_eq!(sender.deliver(&mut payload(), &pace), Delivery::Failed);

    assert!(pace.elapsed() < timeout);
    let left: Vec<_> = lock(&sent).iter().map(|(_, _, within)| *within).collect();
    assert_eq!(left[0], timeout);
    assert!(left.len() > 1 && left.is_sorted_by(|one, next| one > next), "{left:?}");
}

#[test]
fn the_shutdown_bounds_every_attempt() {
    let (mut sender, sent) = sender(&terms(), vec![failure(true); 100]);
    let mut pace = FakePace::new();
    pace.deadline = Some(pace.began + Duration::from_millis(100));

    assert_eq!(sender.deliver(&mut payload(), &pace), Delivery::Failed);

    assert_eq!(lock(&sent).len(), 1);
    assert_eq!(lock(&sent)[0].2, Duration::from_millis(100));
    assert_eq!(pace.elapsed(), Duration::ZERO);
}

#[test]
fn rejected_spans_are_counted_and_said() {
    let said = diag::capture();
    let body = b"too old".to_vec();
    let (mut sender, sent) =
        sender(&terms(), [Ok(Answer { status: 200, body, ..Answer::default() })]);

    let delivery = sender.deliver(&mut payload(), &FakePace::new());

    assert_eq!((delivery, lock(&sent).len()), (Delivery::Accepted { rejected: 3 }, 1));
    assert_eq!(said.of(Level::Warn), ["the receiver rejected 3 spans: too old"]);
}

#[test]
fn gzip_sends_less_and_the_same() {
    let (mut sender, sent) =
        sender(&Terms { compression: Compression::Gzip, ..terms() }, [failure(true)]);

    assert_eq!(sender.deliver(&mut payload(), &FakePace::new()), ACCEPTED);
    assert_eq!(sender.deliver(&mut payload(), &FakePace::new()), ACCEPTED);

    assert_eq!(lock(&sent).len(), 3);
    for (body, form, _) in lock(&sent).iter() {
        let mut plain = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap();
        assert_eq!((plain, *form), (payload().content, Compression::Gzip));
        assert!(body.len() < 100);
    }
}

#[test]
fn a_row_of_failures_is_said_once_and_so_is_its_end() {
    let said = diag::capture();
    let (mut sender, _) = sender(&terms(), vec![failure(false); 3]);

    for _ in 0..5 {
        sender.deliver(&mut payload(), &FakePace::new());
    }

    assert_eq!(
        said.of(Level::Warn),
        [
            "7 spans for http://localhost:4318/v1/traces are lost: connection refused",
            "exporting to http://localhost:4318/v1/traces works again, \
             21 spans in 3 requests were lost",
        ]
    );
}

proptest! {
    #[test]
    fn a_wait_is_between_half_and_all_of_its_doubling(attempt in any::<u32>(), random in any::<u64>()) {
        let first = Duration::from_millis(500);
        let wait = backoff(first, attempt, random);
        let most = first.saturating_mul(1 << attempt.min(10)).min(LONGEST_WAIT);
        prop_assert!(wait >= most / 2 && wait <= most, "{:?} of {:?}", wait, most);
    }
}
