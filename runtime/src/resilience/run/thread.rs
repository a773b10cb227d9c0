//! Synchronous bodies on threads of their own, which are left to themselves when they take too long.
//!
//! Nothing ends a thread from outside. So a body that hangs keeps its thread, its result is dropped
//! whenever it comes, and there is a bound to how many of them there may be.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use super::{Ended, Refusal, SyncRun};
use crate::{
    diag,
    resilience::{
        Deadline, RejectedKind,
        policy::{Has, Parts},
        scope, timer,
    },
    sync::{Mutex, lock},
    time,
    trace::spawn::thread::spawn_with,
};

/// So many bodies run at a time, in the whole program; as many as the blocking threads of tokio.
const MOST: usize = 512;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// What became of a body.
enum Sent<R> {
    Returned(R),
    /// The time is over, and nobody waits for it any longer.
    Late,
    /// There is no thread for it.
    Refused,
}

impl<P: Parts, H: Has> SyncRun<'_, P, H> {
    /// Runs one attempt on a thread of its own, and waits for it as long as there is time.
    pub fn attempt_on_thread<R, B>(&mut self, body: B) -> Ended<R>
    where
        B: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let kind = match self.attempt(|| send(body, scope::deadline()))? {
            Sent::Returned(value) => return Ok(value),
            // Its own time would have been noticed: it is that of a call around it.
            Sent::Late => RejectedKind::Timeout(Deadline::Total),
            Sent::Refused => RejectedKind::BulkheadFull,
        };
        Err(Refusal::of_kind(kind))
    }
}

/// One of the bodies that run.
struct Live;

impl Live {
    fn begin() -> Option<Self> {
        let more = |live: usize| (live < MOST).then_some(live + 1);
        LIVE.fetch_update(Relaxed, Relaxed, more).ok().map(|_| Self)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
    }
}

fn send<R, B>(body: B, deadline: u64) -> Sent<R>
where
    B: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let Some(live) = Live::begin() else { return Sent::Refused };
    let answer = Arc::new(Mutex::new(None));
    let (caller, told, inherited) = (thread::current(), Arc::clone(&answer), scope::inherited());
    let run = move || {
        let returned = {
            let _within = inherited.enter();
            panic::catch_unwind(AssertUnwindSafe(body))
        };
        // Before anybody learns of it: whoever waits may want its place.
        drop(live);
        *lock(&told) = Some(returned);
        caller.unpark();
    };
    if let Err(error) = spawn_with(thread::Builder::new().name("spandrel-body".into()), run) {
        diag::warn(format_args!("no thread for a body with `sync = thread`: {error}"));
        return Sent::Refused;
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        let returned = lock(&answer).take();
        match returned {
            Some(Ok(value)) => return Sent::Returned(value),
            Some(Err(payload)) => panic::resume_unwind(payload),
            None if wait(deadline, &waker) => {}
            None => return Sent::Late,
        }
    }
}

/// Waits until somebody wakes the thread; `false`: the time is over.
fn wait(deadline: u64, waker: &Waker) -> bool {
    let now = timer::now();
    if now > deadline {
        return false;
    }
    if time::mocked().is_none() {
        thread::park_timeout(Duration::from_nanos((deadline - now).saturating_add(1)));
    } else if time::poll_mocked(deadline.saturating_add(1), waker).is_pending() {
        thread::park();
    }
    true
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
