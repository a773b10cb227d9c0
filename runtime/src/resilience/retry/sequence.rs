//! Whether another attempt follows one that failed, and after which wait: given what happened.

use std::time::Duration;

use super::{Backoff, Stopped};
use crate::resilience::{Deadline, RejectedKind, RejectedKinds, run::Judged};

/// The numbers of one retry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    pub max_attempts: u32,
    pub backoff: Backoff,
    pub max_elapsed: Option<Duration>,
    /// Attempts may have had an effect and can be made again nevertheless.
    pub idempotent: bool,
    /// What other policies refused is tried again, too.
    pub retry_on: RejectedKinds,
}

/// Where in its waits a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Waits since it began, or since a callee named one itself.
    waits: u32,
    previous: Duration,
}

/// An attempt after which another one might follow; moments on the clock of timers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub number: u32,
    pub seen: Judged,
    pub now: u64,
    pub started: u64,
    pub deadline: u64,
}

impl Settings {
    pub(crate) const DEFAULT: Self = Self {
        max_attempts: 3,
        backoff: Backoff::DEFAULT,
        max_elapsed: None,
        idempotent: true,
        retry_on: RejectedKinds::NONE,
    };

    /// The wait before the next attempt; `affords` is asked last, as it spends.
    pub(crate) fn next(
        &self,
        sequence: &mut Sequence,
        failed: &Failed,
        chance: f64,
        affords: impl FnOnce() -> bool,
    ) -> Result<Duration, Stopped> {
        self.check(&failed.seen)?;
        if failed.number >= self.max_attempts {
            return Err(Stopped::Attempts);
        }
        let wait = sequence.wait(&self.backoff, &failed.seen, chance);
        let end = failed.now.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX));
        let patience = self.max_elapsed.map_or(u64::MAX, |most| {
            failed.started.saturating_add(u64::try_from(most.as_nanos()).unwrap_or(u64::MAX))
        });
        if end > failed.deadline.min(patience) {
            return Err(Stopped::Deadline);
        }
        if affords() { Ok(wait) } else { Err(Stopped::Budget) }
    }

    /// Whether the attempt is one after which it makes sense.
    fn check(&self, seen: &Judged) -> Result<(), Stopped> {
        match seen.rejected {
            Some(RejectedKind::Timeout(Deadline::Total)) => return Err(Stopped::Deadline),
            // What ran, or should have, is an attempt like any other.
            None | Some(RejectedKind::Timeout(Deadline::Attempt) | RejectedKind::Chaos) => {}
            Some(kind) if self.retry_on.contains(kind) => {}
            Some(_) => return Err(Stopped::Rejected),
        }
        let is_safe = seen.class.is_some_and(|class| class.is_without_effect());
        if seen.again && (self.idempotent || is_safe) { Ok(()) } else { Err(Stopped::Permanent) }
    }
}

impl Sequence {
    pub(crate) const START: Self = Self { waits: 0, previous: Duration::ZERO };

    fn wait(&mut self, backoff: &Backoff, seen: &Judged, chance: f64) -> Duration {
        if seen.rejected.is_none()
            && let Some(asked) = seen.retry_after
        {
            // Exactly what the callee asked for, and from there on as if it were the first failure.
            *self = Self::START;
            return asked;
        }
        self.waits = self.waits.saturating_add(1);
        self.previous = backoff.wait(self.waits, self.previous, chance);
        // A policy that refuses knows from when on it will not.
        self.previous.max(seen.retry_after.unwrap_or_default())
    }
}
