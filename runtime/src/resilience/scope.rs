//! What the body of a call can ask: which attempt it is, and until when there is time.
//!
//! Three words of the thread, exchanged around each poll and each synchronous body, so that whatever
//! is called within finds them, on the same task and nowhere else.
//!
//! A time limit begins when somebody asks for it or when its body waits for the first time: a body
//! that is ready at once shall not pay for a clock. Until then the limit is an allowance.

use std::{cell::Cell, time::Duration};

use super::timer;

/// There is no end.
pub(crate) const NEVER: u64 = u64::MAX;

/// An end that never comes: of an attempt that was seen to take longer than is only observed.
pub(super) const SEEN: u64 = NEVER - 1;

struct Scope {
    /// The number of the attempt, and above it how many functions around it retry.
    attempt: Cell<u64>,
    deadline: Cell<u64>,
    allowance: Cell<u64>,
}

thread_local! {
    static SCOPE: Scope = const {
        Scope { attempt: Cell::new(0), deadline: Cell::new(NEVER), allowance: Cell::new(NEVER) }
    };
}

const ONE_RETRYING: u64 = 1 << 32;

/// The number of the attempt that is running here, from 1 on; 0 outside of any.
///
/// ```
/// use spandrel::resilience::{self, Rejected, Retry};
///
/// # #[derive(Debug)]
/// # struct Failed;
/// # impl From<Rejected> for Failed {
/// #     fn from(_: Rejected) -> Self { Self }
/// # }
/// static RETRY: Retry = Retry::new("lookup");
///
/// let attempt = RETRY.call(|| Ok::<_, Failed>(resilience::attempt()));
/// assert_eq!(attempt.unwrap(), 1);
/// ```
#[must_use]
pub fn attempt() -> u32 {
    SCOPE.with(|scope| scope.attempt.get() as u32)
}

/// How much time is left to whatever runs here; `None`: nobody has set an end.
///
/// For what has to be told about it in its own way: a header, a query, a socket.
///
/// ```
/// assert_eq!(spandrel::resilience::time_left(), None);
/// ```
#[must_use]
pub fn time_left() -> Option<Duration> {
    let deadline = deadline();
    (deadline < SEEN).then(|| Duration::from_nanos(deadline.saturating_sub(timer::now())))
}

/// Until when there is time, on the clock of timers; it begins to run now if it did not before.
pub(crate) fn deadline() -> u64 {
    SCOPE.with(|scope| {
        let allowance = scope.allowance.replace(NEVER);
        if allowance != NEVER {
            let end = timer::now().saturating_add(allowance);
            scope.deadline.set(scope.deadline.get().min(end));
        }
        scope.deadline.get()
    })
}

/// The end that is fixed already.
#[inline(always)]
pub(crate) fn fixed_deadline() -> u64 {
    SCOPE.with(|scope| scope.deadline.get())
}

/// How many functions around this one retry.
pub(crate) fn retrying() -> u32 {
    SCOPE.with(|scope| (scope.attempt.get() >> 32) as u32)
}

/// What a body on another thread has from the attempt that it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inherited {
    attempt: u64,
    deadline: u64,
}

/// What this thread would hand on.
pub(crate) fn inherited() -> Inherited {
    let deadline = deadline();
    SCOPE.with(|scope| Inherited { attempt: scope.attempt.get(), deadline })
}

impl Inherited {
    /// Enters the attempt on this thread.
    pub(crate) fn enter(self) -> (Within, Limited) {
        let around = SCOPE.with(|scope| scope.attempt.replace(self.attempt));
        (Within(around), limit(self.deadline, NEVER))
    }
}

/// Within an attempt, until it is dropped.
#[must_use]
pub(crate) struct Within(u64);

/// Enters an attempt of this number.
#[inline(always)]
pub(crate) fn enter(attempt: u32, retries: bool) -> Within {
    SCOPE.with(|scope| {
        let around = scope.attempt.get();
        let retrying = (around & !(ONE_RETRYING - 1)) + u64::from(retries) * ONE_RETRYING;
        scope.attempt.set(retrying | u64::from(attempt));
        Within(around)
    })
}

impl Drop for Within {
    #[inline(always)]
    fn drop(&mut self) {
        SCOPE.with(|scope| scope.attempt.set(self.0));
    }
}

/// Within time limits, until it is dropped.
#[must_use]
pub(crate) struct Limited {
    deadline: u64,
    allowance: u64,
}

/// Sets an end, and one that does not run yet; those around hold as well.
#[inline]
pub(crate) fn limit(deadline: u64, allowance: u64) -> Limited {
    SCOPE.with(|scope| {
        let around = Limited { deadline: scope.deadline.get(), allowance: scope.allowance.get() };
        scope.deadline.set(around.deadline.min(deadline));
        scope.allowance.set(around.allowance.min(allowance));
        around
    })
}

impl Drop for Limited {
    #[inline]
    fn drop(&mut self) {
        SCOPE.with(|scope| {
            scope.deadline.set(self.deadline);
            scope.allowance.set(self.allowance);
        });
    }
}
