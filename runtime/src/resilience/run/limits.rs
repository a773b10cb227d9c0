//! The time that a call and its attempts have.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::Core;
use crate::resilience::{
    Deadline, Rejected, RejectedKind, Timeout, overrides,
    policy::{Parts, TIMEOUT},
    scope::{self, Limited, NEVER},
    timer::{self, Timer},
};

impl Core {
    /// When the whole call has to be over; that begins to run now if it did not before.
    #[cold]
    pub(super) fn deadline(&mut self, parts: &dyn Parts) -> u64 {
        if self.fixed_deadline() == NEVER
            && self.word & TIMEOUT != 0
            && let Some(timeout) = parts.timeout()
            && timeout.total_nanos() != NEVER
        {
            self.later().deadline = timer::now().saturating_add(timeout.total_nanos());
        }
        self.fixed_deadline()
    }

    /// The same, if it runs already.
    #[inline(always)]
    fn fixed_deadline(&self) -> u64 {
        self.later.as_ref().map_or(NEVER, |later| later.deadline)
    }

    /// An attempt that begins when all time is over is none.
    #[inline(always)]
    pub(super) fn check(&self) -> Result<(), Rejected> {
        if self.word & TIMEOUT != 0 { self.check_deadline() } else { Ok(()) }
    }

    #[inline]
    fn check_deadline(&self) -> Result<(), Rejected> {
        let deadline = self.fixed_deadline().min(scope::fixed_deadline());
        if deadline != NEVER && timer::now() > deadline {
            return Err(Rejected::new(RejectedKind::Timeout(Deadline::Total), ""));
        }
        Ok(())
    }

    /// Tells whatever the body calls how much time it has.
    #[inline]
    pub(super) fn limit(&self, parts: &impl Parts, until: u64) -> Limited {
        let (mut allowance, deadline) = (NEVER, self.fixed_deadline());
        if let Some(timeout) = parts.timeout() {
            if deadline == NEVER {
                allowance = timeout.total_nanos();
            }
            if until == NEVER {
                allowance = allowance.min(timeout.attempt_nanos());
            }
        }
        scope::limit(deadline.min(until), allowance)
    }

    /// Whose time is over, of a body that is not ready.
    #[inline(never)]
    pub(super) fn expire(
        &mut self,
        parts: &dyn Parts,
        until: &mut u64,
        timer: &mut Option<Timer>,
        context: &mut Context<'_>,
    ) -> Poll<Deadline> {
        // Who switches everything off wants no call to be cut off from then on.
        if overrides::is_off() {
            return Poll::Pending;
        }
        let total = self.deadline(parts);
        if *until == NEVER
            && let Some(timeout) = parts.timeout()
            && timeout.attempt_nanos() != NEVER
        {
            *until = timer::now().saturating_add(timeout.attempt_nanos());
        }
        let first = total.min(*until);
        if first >= SEEN {
            return observe(parts, until, timer, context);
        }
        let running = timer.get_or_insert_with(|| Timer::until(first));
        ready!(Pin::new(running).poll(context));
        *timer = None;
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
            () if now >= self.fixed_deadline() => Deadline::Total,
            () if now >= until => Deadline::Attempt,
            () => return Ok(()),
        };
        Err(Rejected::new(RejectedKind::Timeout(whose), ""))
    }

    /// The whole call's time is over, of one that waits at a door.
    pub(super) fn expire_waiting(
        &mut self,
        parts: &dyn Parts,
        timer: &mut Option<Timer>,
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

/// An end that never comes: of an attempt that was seen to take longer than is only observed.
const SEEN: u64 = NEVER - 1;

/// Counts an attempt, once, that takes longer than is only observed.
#[cold]
fn observe(
    parts: &dyn Parts,
    until: &mut u64,
    timer: &mut Option<Timer>,
    context: &mut Context<'_>,
) -> Poll<Deadline> {
    let observed = parts.timeout().filter(|timeout| timeout.observed_nanos() != NEVER);
    if let Some(timeout) = observed.filter(|_| *until == NEVER) {
        let end = || Timer::until(timer::now().saturating_add(timeout.observed_nanos()));
        if Pin::new(timer.get_or_insert_with(end)).poll(context).is_ready() {
            (*until, *timer) = (SEEN, None);
            timeout.note_late();
        }
    }
    Poll::Pending
}

/// The time that a synchronous body has.
#[derive(Clone, Copy, Debug)]
pub(super) struct InTime {
    total: u64,
    attempt: u64,
}

impl Core {
    /// Sets the end of a body that nothing can cut off, and that can ask for it.
    #[cold]
    pub(super) fn begin_in_time(&mut self, parts: &dyn Parts) -> (InTime, Limited) {
        let total = self.deadline(parts);
        let most = parts.timeout().map_or(NEVER, Timeout::attempt_nanos);
        let attempt = timer::now().saturating_add(most);
        (InTime { total, attempt }, scope::limit(total.min(attempt), NEVER))
    }
}

impl InTime {
    /// What comes too late is not used.
    #[cold]
    pub(super) fn check(self) -> Result<(), Rejected> {
        let now = timer::now();
        let whose = match () {
            () if now > self.total => Deadline::Total,
            () if now > self.attempt => Deadline::Attempt,
            () => return Ok(()),
        };
        Err(Rejected::new(RejectedKind::Timeout(whose), ""))
    }
}
