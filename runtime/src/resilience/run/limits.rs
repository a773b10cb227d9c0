//! The time that a call and its attempts have.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::Core;
use crate::resilience::{
    Deadline, Rejected, RejectedKind,
    policy::{Parts, TIMEOUT},
    scope::{self, Limited, NEVER},
    timer::{self, Timer},
};

impl Core {
    /// When the whole call has to be over; that begins to run now if it did not before.
    #[cold]
    pub(super) fn deadline(&mut self, parts: &dyn Parts) -> u64 {
        if self.deadline == NEVER
            && self.word & TIMEOUT != 0
            && let Some(timeout) = parts.timeout()
            && timeout.total_nanos() != NEVER
        {
            self.deadline = timer::now().saturating_add(timeout.total_nanos());
        }
        self.deadline
    }

    /// An attempt that begins when all time is over is none.
    #[inline(always)]
    pub(super) fn check(&self) -> Result<(), Rejected> {
        if self.word & TIMEOUT != 0 { self.check_deadline() } else { Ok(()) }
    }

    #[inline]
    fn check_deadline(&self) -> Result<(), Rejected> {
        let deadline = self.deadline.min(scope::fixed_deadline());
        if deadline != NEVER && timer::now() > deadline {
            return Err(Rejected::new(RejectedKind::Timeout(Deadline::Total), ""));
        }
        Ok(())
    }

    /// Tells whatever the body calls how much time it has.
    #[inline]
    pub(super) fn limit(&self, parts: &impl Parts, until: u64) -> Limited {
        let mut allowance = NEVER;
        if let Some(timeout) = parts.timeout() {
            if self.deadline == NEVER {
                allowance = timeout.total_nanos();
            }
            if until == NEVER {
                allowance = allowance.min(timeout.attempt_nanos());
            }
        }
        scope::limit(self.deadline.min(until), allowance)
    }

    /// Whose time is over, of a body that is not ready.
    pub(super) fn expire(
        &mut self,
        parts: &dyn Parts,
        until: &mut u64,
        mut timer: Pin<&mut Option<Timer>>,
        context: &mut Context<'_>,
    ) -> Poll<Deadline> {
        let total = self.deadline(parts);
        if *until == NEVER
            && let Some(timeout) = parts.timeout()
            && timeout.attempt_nanos() != NEVER
        {
            *until = timer::now().saturating_add(timeout.attempt_nanos());
        }
        let first = total.min(*until);
        if first == NEVER {
            return Poll::Pending;
        }
        if timer.is_none() {
            timer.set(Some(Timer::until(first)));
        }
        if let Some(timer) = timer.as_mut().as_pin_mut() {
            ready!(timer.poll(context));
        }
        timer.set(None);
        Poll::Ready(if total <= *until { Deadline::Total } else { Deadline::Attempt })
    }

    /// Until when a delay on purpose lasts: no longer than the attempt.
    #[cfg(feature = "chaos")]
    pub(super) fn delay(&mut self, parts: &dyn Parts, until: &mut u64, nanos: u64) -> u64 {
        let now = timer::now();
        if self.word & TIMEOUT != 0
            && let Some(timeout) = parts.timeout()
        {
            *until = now.saturating_add(timeout.attempt_nanos());
        }
        now.saturating_add(nanos).min(*until).min(self.deadline(parts))
    }

    /// Whether there is time left for an attempt that had to be ready by then.
    #[cfg(feature = "chaos")]
    pub(super) fn in_time(&self, until: u64) -> Result<(), Rejected> {
        let now = timer::now();
        let whose = match () {
            () if now >= self.deadline => Deadline::Total,
            () if now >= until => Deadline::Attempt,
            () => return Ok(()),
        };
        Err(Rejected::new(RejectedKind::Timeout(whose), ""))
    }

    /// The whole call's time is over, of one that waits at a door.
    pub(super) fn expire_waiting(
        &mut self,
        parts: &dyn Parts,
        timer: Pin<&mut Option<Timer>>,
        context: &mut Context<'_>,
    ) -> Poll<Deadline> {
        // What an attempt may take is no matter of the doors.
        let total = self.deadline(parts);
        if total == NEVER {
            return Poll::Pending;
        }
        self.expire(parts, &mut { total }, timer, context)
    }

    /// Until when to wait for a turn that comes in so many nanoseconds, if there is time for it.
    #[cold]
    pub(super) fn wait_for_turn(&mut self, parts: &dyn Parts, nanos: u64) -> Result<u64, Rejected> {
        let until = timer::now().saturating_add(nanos);
        if until > self.deadline(parts).min(scope::deadline()) {
            let rejected = Rejected::new(RejectedKind::RateLimited, "");
            return Err(rejected.with_retry_after(Duration::from_nanos(nanos)));
        }
        Ok(until)
    }

    /// How long a thread may wait at a door.
    #[cold]
    pub(super) fn patience(&mut self, parts: &dyn Parts) -> Option<Duration> {
        let deadline = self.deadline(parts).min(scope::deadline());
        (deadline != NEVER).then(|| Duration::from_nanos(deadline.saturating_sub(timer::now())))
    }
}
