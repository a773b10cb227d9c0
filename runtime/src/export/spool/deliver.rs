//! Delivers, and keeps on disk what cannot be delivered now.
//!
//! With a spool nobody waits in memory for a receiver: a request that fails in a way that may pass is
//! written to the spool, and so is all that comes before the receiver is tried again, after waits
//! that grow as those of a retry do. When it answers again, what is in the spool is sent, oldest
//! first, whenever there is nothing else to send.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use super::Spool;
use crate::{
    diag,
    export::{
        delivery::{Post, Sender, Verdict},
        stats::Stats,
        trouble::Trouble,
        worker::{Deliver, Delivery, Pace, Payload},
    },
    time,
};

/// How often to look for what other processes left behind.
const BETWEEN_LOOKS: Duration = Duration::from_secs(30);

/// Sends with one `Post`, and spools.
pub(in crate::export) struct Spooling<P> {
    sender: Sender<P>,
    spool: Spool,
    stats: Arc<Stats>,
    down: Option<Down>,
    /// When to send something from the spool, or to look whether there is anything.
    look_at: Instant,
    /// The request that is sent from the spool.
    replayed: Vec<u8>,
    /// Requests that were lost: refused by the receiver, or by the disk.
    refused: Trouble,
    unwritable: Trouble,
}

/// The receiver cannot be reached, or has no time.
struct Down {
    attempts: u32,
    /// Nothing is tried before.
    until: Instant,
    spooled: u64,
}

impl<P: Post> Spooling<P> {
    pub(in crate::export) fn new(sender: Sender<P>, spool: Spool, stats: Arc<Stats>) -> Self {
        let items = sender.items();
        Self {
            sender,
            spool,
            stats,
            down: None,
            look_at: time::now(),
            replayed: Vec::new(),
            refused: Trouble::of(items),
            unwritable: Trouble::of(items),
        }
    }

    fn try_once(&mut self, body: &[u8], pace: &dyn Pace) -> Verdict {
        let left = pace.deadline().map(|end| end.saturating_duration_since(pace.now()));
        // Half of what is left for shutting down: the rest is for writing to the spool.
        let within = left.map_or(Duration::MAX, |left| left / 2);
        if within.is_zero() {
            return Verdict::Retry {
                why: "the time for shutting down was over".into(),
                after: None,
            };
        }
        let verdict = self.sender.try_once(body, within, pace);
        match &verdict {
            Verdict::Retry { why, after } => self.went_down(why, *after, pace),
            // Whatever it says, it answers.
            Verdict::Accepted { .. } | Verdict::Fatal { .. } => self.came_up(pace),
        }
        verdict
    }

    fn went_down(&mut self, why: &str, after: Option<Duration>, pace: &dyn Pace) {
        let before = self.down.take();
        if before.is_none() {
            diag::warn(format_args!(
                "{} takes no {}, so they are kept in {}: {why}",
                self.sender.to(),
                self.sender.items(),
                self.spool.folder().display()
            ));
        }
        let (attempts, spooled) = before.map_or((0, 0), |down| (down.attempts, down.spooled));
        let until = pace.now() + self.sender.wait(attempts, after);
        self.look_at = until;
        self.down = Some(Down { attempts: attempts.saturating_add(1), until, spooled });
    }

    fn came_up(&mut self, pace: &dyn Pace) {
        if let Some(Down { spooled, .. }) = self.down.take() {
            diag::warn(format_args!(
                "{} takes {} again; {spooled} were kept in {}",
                self.sender.to(),
                self.sender.items(),
                self.spool.folder().display()
            ));
            self.look_at = pace.now();
        }
    }

    fn keep(&mut self, payload: &Payload<Vec<u8>>) -> Delivery {
        let kept = self.spool.append(payload.spans, &payload.content);
        self.stats.add_spool_lost(self.spool.take_lost());
        let folder = self.spool.folder().display();
        match kept {
            Ok(()) => {
                self.unwritable.worked(folder, payload.spans);
                if let Some(down) = &mut self.down {
                    down.spooled += u64::from(payload.spans);
                }
                Delivery::Spooled
            }
            Err(error) => {
                self.unwritable.failed(folder, payload.spans, &error.to_string());
                Delivery::Failed
            }
        }
    }

    /// Sends one request from the spool.
    fn replay(&mut self, pace: &dyn Pace) {
        let mut request = mem::take(&mut self.replayed);
        let oldest = self.spool.oldest(&mut request);
        self.stats.add_spool_lost(self.spool.take_lost());
        let Some(spans) = oldest else {
            // The memory is not needed for a long time.
            self.look_at = pace.now() + BETWEEN_LOOKS;
            return;
        };
        match self.try_once(&request, pace) {
            Verdict::Accepted { rejected, .. } => {
                self.spool.forget();
                let rejected = rejected.min(spans);
                self.stats.add_replayed(u64::from(spans - rejected));
                self.stats.add_spool_lost(rejected.into());
            }
            Verdict::Fatal { why } => {
                self.spool.forget();
                self.stats.add_spool_lost(spans.into());
                self.refused.failed(self.sender.to(), spans, &why);
            }
            Verdict::Retry { .. } => {}
        }
        self.replayed = request;
    }
}

impl<P: Post> Deliver<Vec<u8>> for Spooling<P> {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, pace: &dyn Pace) -> Delivery {
        let is_shutting_down = pace.deadline().is_some();
        if self.down.as_ref().is_some_and(|down| is_shutting_down || pace.now() < down.until) {
            return self.keep(payload);
        }
        match self.try_once(&payload.content, pace) {
            Verdict::Accepted { rejected, .. } => {
                self.refused.worked(self.sender.to(), payload.spans);
                Delivery::Accepted { rejected }
            }
            Verdict::Fatal { why } => {
                self.refused.failed(self.sender.to(), payload.spans, &why);
                Delivery::Failed
            }
            // Whoever shuts down has counted it as lost, if the time is over.
            Verdict::Retry { .. } if pace.deadline().is_some_and(|end| end <= pace.now()) => {
                Delivery::Failed
            }
            Verdict::Retry { .. } => self.keep(payload),
        }
    }

    fn wakes_at(&self) -> Option<Instant> {
        Some(self.look_at)
    }

    fn idle(&mut self, pace: &dyn Pace) {
        self.replay(pace);
    }

    fn keeps_what_it_cannot_deliver(&self) -> bool {
        true
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        self.sender.interrupter()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
