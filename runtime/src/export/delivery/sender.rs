//! Delivers one request: as often as it takes, as long as there is time.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use flate2::write::GzEncoder;

use super::{Compression, answer::Verdict};
use crate::{
    diag,
    export::{
        trouble::Trouble,
        worker::{Deliver, Delivery, Pace, Payload},
    },
    random::Generator,
};

/// The longest wait between two attempts, unless the receiver asks for more.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The longest that a receiver can make everything wait.
const LONGEST_THROTTLE: Duration = Duration::from_secs(60);

/// Makes one attempt: sends a request and reads the answer. A test has its own.
pub(in crate::export) trait Post: Send {
    /// Sends a body, in this form, and waits no longer than this for what comes of it.
    fn post(
        &mut self,
        body: &[u8],
        form: Compression,
        within: Duration,
        pace: &dyn Pace,
    ) -> Verdict;

    /// See [`Deliver::interrupter`].
    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }
}

/// Sends requests with one `Post`.
pub(in crate::export) struct Sender<P> {
    post: P,
    terms: Terms,
    random: Generator,
    compressed: Vec<u8>,
    /// The receiver wants nothing before then.
    not_before: Option<Instant>,
    trouble: Trouble,
}

/// On what terms it sends.
#[derive(Clone, Debug)]
pub(in crate::export) struct Terms {
    /// The receiver, for people.
    pub(in crate::export) to: String,
    /// What it is sent, as people call it.
    pub(in crate::export) items: &'static str,
    /// The longest that one request takes, with all its attempts.
    pub(in crate::export) timeout: Duration,
    /// The wait before the second attempt; it doubles from there.
    pub(in crate::export) first_wait: Duration,
    pub(in crate::export) compression: Compression,
}

impl Terms {
    /// See [`Terms::first_wait`].
    pub(in crate::export) const FIRST_WAIT: Duration = Duration::from_millis(500);
}

impl<P: Post> Sender<P> {
    pub(in crate::export) fn new(post: P, terms: Terms) -> Self {
        let random = Generator::unseeded();
        Self {
            post,
            random,
            compressed: Vec::new(),
            not_before: None,
            trouble: Trouble::of(terms.items),
            terms,
        }
    }

    fn send(&mut self, body: &[u8], form: Compression, pace: &dyn Pace) -> Result<u32, String> {
        if let Some(not_before) = self.not_before.take()
            && !pace.pause_until(not_before)
        {
            return Err("the receiver asked to wait longer than the shutdown may take".into());
        }
        let deadline = pace.now() + self.terms.timeout;
        let mut attempts = 0;
        loop {
            let deadline = pace.deadline().map_or(deadline, |other| other.min(deadline));
            let left = deadline.saturating_duration_since(pace.now());
            if left.is_zero() {
                return Err("the time for shutting down was over".into());
            }
            let (why, after) = match self.post.post(body, form, left, pace) {
                Verdict::Accepted { rejected, note } => {
                    note_rejection(self.terms.items, rejected, &note);
                    return Ok(rejected);
                }
                Verdict::Fatal { why } => return Err(why),
                Verdict::Retry { why, after } => (why, after),
            };
            let wait = self.wait(attempts, after);
            let until = pace.now() + wait;
            attempts += 1;
            if until >= deadline {
                // Whoever is next waits for the receiver.
                self.not_before = after.map(|_| until);
                return Err(format!("{why} (after {attempts} attempts)"));
            }
            diag::debug(format_args!(
                "attempt {attempts} for {} failed, next in {wait:.1?}: {why}",
                self.terms.to
            ));
            if !pace.pause_until(until) {
                return Err(format!("{why} (no time for another attempt)"));
            }
        }
    }

    /// How long to wait after so many attempts, if the receiver asked for `after`.
    pub(in crate::export) fn wait(&mut self, attempts: u32, after: Option<Duration>) -> Duration {
        let wait = after.unwrap_or_default().min(LONGEST_THROTTLE);
        wait.max(backoff(self.terms.first_wait, attempts, self.random.next()))
    }

    /// Makes a single attempt.
    #[cfg(any(feature = "otlp", feature = "prometheus-remote-write"))]
    pub(in crate::export) fn try_once(
        &mut self,
        body: &[u8],
        within: Duration,
        pace: &dyn Pace,
    ) -> Verdict {
        let verdict = self.packed(body, |sender, body, form| {
            sender.post.post(body, form, within.min(sender.terms.timeout), pace)
        });
        if let Verdict::Accepted { rejected, note } = &verdict {
            note_rejection(self.terms.items, *rejected, note);
        }
        verdict
    }

    /// What it is sent, as people call it.
    #[cfg(feature = "otlp")]
    pub(in crate::export) fn items(&self) -> &'static str {
        self.terms.items
    }

    /// The receiver, for people.
    #[cfg(any(feature = "otlp", feature = "prometheus-remote-write"))]
    pub(in crate::export) fn to(&self) -> &str {
        &self.terms.to
    }

    /// Shows the body as it travels.
    fn packed<R>(
        &mut self,
        body: &[u8],
        send: impl FnOnce(&mut Self, &[u8], Compression) -> R,
    ) -> R {
        let packed = match self.terms.compression {
            Compression::Gzip => self.compress(body),
            Compression::None => None,
        };
        let result = match &packed {
            Some(packed) => send(self, packed, Compression::Gzip),
            None => send(self, body, Compression::None),
        };
        self.compressed = packed.unwrap_or_default();
        result
    }

    fn compress(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let mut out = std::mem::take(&mut self.compressed);
        out.clear();
        let mut encoder = GzEncoder::new(out, flate2::Compression::fast());
        encoder.write_all(body).and_then(|()| encoder.finish()).ok()
    }
}

impl<P: Post> Deliver<Vec<u8>> for Sender<P> {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, pace: &dyn Pace) -> Delivery {
        let result =
            self.packed(&payload.content, |sender, body, form| sender.send(body, form, pace));
        match result {
            Ok(rejected) => {
                self.trouble.worked(&self.terms.to, payload.spans);
                Delivery::Accepted { rejected }
            }
            Err(why) => {
                self.trouble.failed(&self.terms.to, payload.spans, &why);
                Delivery::Failed
            }
        }
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        self.post.interrupter()
    }
}

/// Doubles from the first wait to the longest; chance takes up to half of it, so that the clients
/// of a receiver that comes back do not come back all at once.
fn backoff(first: Duration, attempt: u32, random: u64) -> Duration {
    let doubled = first.saturating_mul(1 << attempt.min(16));
    let half = doubled.min(LONGEST_WAIT) / 2;
    #[expect(clippy::cast_precision_loss, reason = "chance needs no more than 52 bits")]
    let chance = random as f64 / u64::MAX as f64;
    half + half.mul_f64(chance)
}

fn note_rejection(items: &str, rejected: u32, note: &str) {
    match (rejected, note) {
        (0, "") => {}
        (0, note) => {
            diag::warn(format_args!("the receiver says about the {items} it took: {note}"));
        }
        (rejected, note) => {
            diag::warn(format_args!("the receiver rejected {rejected} {items}: {note}"));
        }
    }
}

#[cfg(test)]
mod tests;
