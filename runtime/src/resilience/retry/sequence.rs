//! Whether another attempt follows one that failed, and after which wait: given what happened.

use std::time::Duration;

use super::{Backoff, Stopped};
use crate::resilience::{Class, Deadline, RejectedKind, RejectedKinds, run::Judged};

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
        let is_safe = seen.class().is_some_and(Class::is_without_effect);
        if seen.again && (self.idempotent || is_safe) { Ok(()) } else { Err(Stopped::Permanent) }
    }
}

impl Sequence {
    pub(crate) const START: Self = Self { waits: 0, previous: Duration::ZERO };

    fn wait(&mut self, backoff: &Backoff, seen: &Judged, chance: f64) -> Duration {
        if seen.rejected.is_none()
            && let Some(asked) = seen.asked_after()
        {
            // Exactly what the callee asked for, and from there on as if it were the first failure.
            *self = Self::START;
            return asked;
        }
        self.waits = self.waits.saturating_add(1);
        self.previous = backoff.wait(self.waits, self.previous, chance);
        // A policy that refuses knows from when on it will not.
        self.previous.max(seen.asked_after().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resilience::{Jitter, Rejected, run::Refusal};

    const MS: u64 = 1_000_000;
    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    const PLAIN: Settings = Settings {
        backoff: Backoff::exponential(ms(100), ms(10_000)).jitter(Jitter::None),
        ..Settings::DEFAULT
    };

    fn failed(number: u32, seen: Judged) -> Failed {
        Failed { number, seen, now: 1_000 * MS, started: 0, deadline: u64::MAX }
    }

    fn next(settings: &Settings, failed: &Failed) -> Result<Duration, Stopped> {
        settings.next(&mut Sequence::START.clone(), failed, 0.5, || true)
    }

    fn of(kind: RejectedKind) -> Judged {
        Judged::of_rejected(&Refusal::of(&Rejected::new(kind, "x")))
    }

    #[test]
    fn the_first_attempt_counts() {
        let settings = Settings { max_attempts: 2, ..PLAIN };

        assert_eq!(next(&settings, &failed(1, Judged::ERROR)), Ok(ms(100)));
        assert_eq!(next(&settings, &failed(2, Judged::ERROR)), Err(Stopped::Attempts));
    }

    #[test]
    fn no_wait_begins_that_would_end_after_the_deadline() {
        let at = |deadline| next(&PLAIN, &Failed { deadline, ..failed(1, Judged::ERROR) });

        assert_eq!(at(1_100 * MS), Ok(ms(100)));
        assert_eq!(at(1_100 * MS - 1), Err(Stopped::Deadline));
        let elapsed = |most| {
            let settings = Settings { max_elapsed: Some(ms(most)), ..PLAIN };
            next(&settings, &failed(1, Judged::ERROR))
        };
        assert_eq!([elapsed(1_100), elapsed(1_099)], [Ok(ms(100)), Err(Stopped::Deadline)]);
    }

    #[test]
    fn a_wait_that_the_callee_names_is_kept_and_begins_the_waits_anew() {
        let settings = Settings { max_attempts: 9, ..PLAIN };
        let mut sequence = Sequence::START;
        let mut wait = |seen| settings.next(&mut sequence, &failed(1, seen), 0.5, || true);
        let asked = Judged::ERROR.after(ms(12_345));

        let waits = [Judged::ERROR, Judged::ERROR, asked, Judged::ERROR].map(&mut wait);

        assert_eq!(waits, [100, 200, 12_345, 100].map(|wait| Ok(ms(wait))));
    }

    #[test]
    fn what_another_policy_refused_ends_it_unless_asked_and_then_waits_as_long_as_that_says() {
        let refused = of(RejectedKind::CircuitOpen);
        let patient = Settings { retry_on: RejectedKinds::CIRCUIT_OPEN, ..PLAIN };
        let told = refused.after(ms(700));
        let soon = refused.after(ms(7));

        assert_eq!(next(&PLAIN, &failed(1, refused)), Err(Stopped::Rejected));
        assert_eq!(next(&patient, &failed(1, told)), Ok(ms(700)));
        assert_eq!(next(&patient, &failed(1, soon)), Ok(ms(100)));
        let full = failed(1, of(RejectedKind::BulkheadFull));
        assert_eq!(next(&patient, &full), Err(Stopped::Rejected));
    }

    #[test]
    fn an_attempt_that_took_too_long_is_tried_again_and_a_call_that_did_is_not() {
        let attempt = of(RejectedKind::Timeout(Deadline::Attempt));
        let total = of(RejectedKind::Timeout(Deadline::Total));

        assert_eq!(next(&PLAIN, &failed(1, attempt)), Ok(ms(100)));
        assert_eq!(next(&PLAIN, &failed(1, total)), Err(Stopped::Deadline));
    }

    #[test]
    fn what_must_not_happen_twice_is_tried_again_only_where_nothing_has_happened() {
        let settings = Settings { idempotent: false, ..PLAIN };
        let of_class = |class| Judged::ERROR.of_class(class);
        let ends = [
            Judged::ERROR,
            of_class(Class::Transient),
            of_class(Class::Timeout),
            of(RejectedKind::Timeout(Deadline::Attempt)),
        ];
        let goes_on = [
            of_class(Class::NotSent),
            of_class(Class::Throttled { retry_after: None }),
            of(RejectedKind::Chaos),
        ];

        for seen in ends {
            assert_eq!(next(&settings, &failed(1, seen)), Err(Stopped::Permanent), "{seen:?}");
        }
        for seen in goes_on {
            assert_eq!(next(&settings, &failed(1, seen)), Ok(ms(100)), "{seen:?}");
        }
    }

    #[test]
    fn the_budget_is_asked_only_when_everything_else_agrees() {
        let mut asked = 0;
        let mut poor = |failed| {
            let affords = || {
                asked += 1;
                false
            };
            PLAIN.next(&mut Sequence::START.clone(), &failed, 0.5, affords)
        };

        assert_eq!(poor(failed(3, Judged::ERROR)), Err(Stopped::Attempts));
        assert_eq!(
            poor(Failed { deadline: 0, ..failed(1, Judged::ERROR) }),
            Err(Stopped::Deadline)
        );
        assert_eq!(poor(failed(1, Judged::ERROR)), Err(Stopped::Budget));
        assert_eq!(asked, 1);
    }

    #[test]
    fn the_thousandth_wait_is_as_long_as_the_cap() {
        let settings = Settings { max_attempts: u32::MAX, ..PLAIN };
        let mut sequence = Sequence::START;

        let last = (1..=1_000)
            .map(|number| {
                settings.next(&mut sequence, &failed(number, Judged::ERROR), 0.5, || true)
            })
            .last();

        assert_eq!(last, Some(Ok(ms(10_000))));
    }
}
