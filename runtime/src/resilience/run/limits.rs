//! The time that a call and its attempts have.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{Call, Core, Refusal, judged::refused, waits::Time};
use crate::resilience::{
    Bulkhead, Deadline, RejectedKind, Timeout,
    bulkhead::{Asked, Place},
    overrides,
    policy::{Has, Parts, TIMEOUT},
    scope::{self, Limited, NEVER, SEEN},
    telemetry,
    timer::{self, Timer},
};

impl<H: Has> Core<H> {
    /// Lets the time of the whole call run from now on, if it does not already.
    #[inline(always)]
    pub(super) fn fix_deadline(&mut self, parts: &dyn Parts) {
        if self.has(TIMEOUT) && self.deadline == NEVER {
            self.deadline = total_from_now(parts);
        }
    }

    /// An attempt that begins when all time is over is none.
    #[inline(always)]
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.has(TIMEOUT) {
            let deadline = self.deadline.min(scope::fixed_deadline());
            if deadline != NEVER && is_over(deadline) {
                return Err(Refusal::out_of_time());
            }
        }
        Ok(())
    }

    /// Tells whatever the body calls how much time it has.
    #[inline(always)]
    pub(super) fn limit<P: Parts>(&self, parts: &P, until: u64) -> Option<Limited> {
        if !self.has(TIMEOUT) {
            return None;
        }
        let timeout = parts.timeout()?;
        let total = if self.deadline == NEVER { timeout.total_nanos() } else { NEVER };
        let attempt = if until == NEVER { timeout.attempt_nanos() } else { NEVER };
        Some(scope::limit(self.deadline.min(until), total.min(attempt)))
    }
}

#[cold]
#[inline(never)]
fn total_from_now(parts: &dyn Parts) -> u64 {
    match parts.timeout() {
        Some(timeout) if timeout.total_nanos() != NEVER => {
            timer::now().saturating_add(timeout.total_nanos())
        }
        _ => NEVER,
    }
}

#[cold]
#[inline(never)]
fn is_over(deadline: u64) -> bool {
    timer::now() > deadline
}

pub(super) fn too_late(whose: Deadline) -> Refusal {
    Refusal::of_kind(RejectedKind::Timeout(whose))
}

/// What is not ready by its end; the deadline of the call runs already.
impl Call<'_> {
    /// Whose time is over, of a body that is not ready.
    #[inline(never)]
    pub(super) fn expire(
        self,
        Time { timer, until }: &mut Time,
        context: &mut Context<'_>,
    ) -> Poll<Deadline> {
        // Who switches everything off wants no call to be cut off from then on.
        if overrides::is_off() {
            return Poll::Pending;
        }
        let total = self.deadline;
        if *until == NEVER
            && let Some(timeout) = self.parts.timeout()
            && timeout.attempt_nanos() != NEVER
        {
            *until = timer::now().saturating_add(timeout.attempt_nanos());
        }
        let first = total.min(*until);
        if first >= SEEN {
            return self.observe(until, timer, context);
        }
        let running = timer.get_or_insert_with(|| Timer::until(first));
        ready!(Pin::new(running).poll(context));
        *timer = None;
        Poll::Ready(if total <= *until { Deadline::Total } else { Deadline::Attempt })
    }

    /// Counts an attempt, once, that takes longer than is only observed.
    #[cold]
    fn observe(
        self,
        until: &mut u64,
        timer: &mut Option<Timer>,
        context: &mut Context<'_>,
    ) -> Poll<Deadline> {
        let observed = self.parts.timeout().filter(|timeout| timeout.observed_nanos() != NEVER);
        if let Some(timeout) = observed.filter(|_| *until == NEVER) {
            let end = || Timer::until(timer::now().saturating_add(timeout.observed_nanos()));
            if Pin::new(timer.get_or_insert_with(end)).poll(context).is_ready() {
                (*until, *timer) = (SEEN, None);
                timeout.note_late();
            }
        }
        Poll::Pending
    }

    /// The whole call's time is over, of one that waits at a door.
    pub(super) fn expire_waiting(
        self,
        timer: &mut Option<Timer>,
        context: &mut Context<'_>,
    ) -> Poll<Refusal> {
        // What an attempt may take is no matter of the doors.
        if self.deadline == NEVER {
            return Poll::Pending;
        }
        let running = timer.get_or_insert_with(|| Timer::until(self.deadline));
        Pin::new(running).poll(context).map(|()| Refusal::out_of_time())
    }

    /// Until when a delay on purpose lasts: no longer than the attempt.
    #[cfg(feature = "chaos")]
    pub(super) fn delay(self, until: &mut u64, nanos: u64) -> u64 {
        let now = timer::now();
        if self.parts.word() & TIMEOUT != 0
            && let Some(timeout) = self.parts.timeout()
        {
            *until = now.saturating_add(timeout.attempt_nanos());
        }
        now.saturating_add(nanos).min(*until).min(self.deadline)
    }

    /// Whether there is time left for an attempt that had to be ready by then.
    #[cfg(feature = "chaos")]
    pub(super) fn in_time(self, until: u64) -> Result<(), Refusal> {
        InTime { total: self.deadline.saturating_sub(1), attempt: until.saturating_sub(1) }.check()
    }

    /// Until when to wait for a turn that comes in so many nanoseconds, if there is time for it.
    #[cold]
    pub(super) fn wait_for_turn(self, nanos: u64) -> Result<u64, Refusal> {
        let until = timer::now().saturating_add(nanos);
        if until > self.deadline.min(scope::deadline()) {
            let refusal = Refusal::after(RejectedKind::RateLimited, nanos);
            telemetry::refused(&refusal.of_policy(self.whose(refusal.kind())));
            return Err(refusal);
        }
        Ok(until)
    }

    /// Keeps the thread waiting for a place, as long as the whole call has time.
    ///
    /// Also whether it has waited.
    #[cold]
    #[inline(never)]
    pub(super) fn queue_up(self, bulkhead: &Bulkhead) -> (Result<Place<'_>, Refusal>, bool) {
        let line = match bulkhead.ask() {
            Ok(Asked::In(place)) => return (Ok(place), false),
            Ok(Asked::Queued(line)) => line,
            Err(full) => return (Err(refused(full)), false),
        };
        let deadline = self.deadline.min(scope::deadline());
        let patience = (deadline != NEVER)
            .then(|| Duration::from_nanos(deadline.saturating_sub(timer::now())));
        let found = bulkhead.stand_in_line(line, patience).map_err(|full| {
            // There is no place, or no time.
            let is_late = deadline != NEVER && timer::now() >= deadline;
            if is_late { Refusal::out_of_time() } else { refused(full) }
        });
        (found, true)
    }

    /// Keeps the thread waiting on purpose, which takes of the time that the attempt has; until when
    /// that is.
    #[cfg(feature = "chaos")]
    #[cold]
    pub(super) fn block(self, latency: u64) -> Result<u64, Refusal> {
        let mut until = NEVER;
        let end = self.delay(&mut until, latency);
        timer::block(Duration::from_nanos(end.saturating_sub(timer::now())));
        self.in_time(until).map(|()| until)
    }

    /// Sets the end of a body that nothing can cut off, and that can ask for it; `until`: the end of
    /// its attempt, if that runs already.
    #[cold]
    pub(super) fn begin_in_time(self, until: u64) -> (InTime, Limited) {
        let most = self.parts.timeout().map_or(NEVER, Timeout::attempt_nanos);
        let (total, attempt) = (self.deadline, timer::now().saturating_add(most).min(until));
        (InTime { total, attempt }, scope::limit(total.min(attempt), NEVER))
    }
}

/// The time that a synchronous body has.
#[derive(Clone, Copy, Debug)]
pub(super) struct InTime {
    total: u64,
    attempt: u64,
}

impl InTime {
    /// What comes too late is not used.
    #[cold]
    pub(super) fn check(self) -> Result<(), Refusal> {
        let now = timer::now();
        let whose = match () {
            () if now > self.total => Deadline::Total,
            () if now > self.attempt => Deadline::Attempt,
            () => return Ok(()),
        };
        Err(too_late(whose))
    }
}
