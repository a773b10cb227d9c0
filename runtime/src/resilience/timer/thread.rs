//! One thread that wakes whoever waits: for programs without a runtime that has timers.

use std::{
    collections::BTreeMap,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use crate::{
    diag,
    sync::{Condvar, Mutex, lock},
    time,
    trace::own_thread,
};

/// Those who wait, by when and by their number.
struct Waiting {
    wakers: BTreeMap<(u64, u64), Waker>,
    last: u64,
    runs: bool,
}

static WAITING: Mutex<Waiting> =
    Mutex::new(Waiting { wakers: BTreeMap::new(), last: 0, runs: false });
static EARLIER: Condvar = Condvar::new();

/// How long the thread stays when nobody waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// One who waits; dropped, they no longer do.
#[derive(Debug)]
pub(super) struct Entry {
    until: u64,
    /// 0: not in the list.
    number: u64,
}

impl Entry {
    pub(super) fn new(until: u64) -> Self {
        Self { until, number: 0 }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if time::monotonic_nanos() >= self.until {
            self.leave();
            return Poll::Ready(());
        }
        let mut waiting = lock(&WAITING);
        if self.number == 0 {
            waiting.last += 1;
            self.number = waiting.last;
        }
        let key = (self.until, self.number);
        let is_first = waiting.wakers.first_key_value().is_none_or(|(first, _)| key < *first);
        waiting.wakers.insert(key, context.waker().clone());
        if !waiting.runs {
            waiting.runs = start();
        } else if is_first {
            EARLIER.notify_one();
        }
        Poll::Pending
    }

    fn leave(&mut self) {
        if self.number != 0 {
            let waker = lock(&WAITING).wakers.remove(&(self.until, self.number));
            self.number = 0;
            // Whatever that runs does not run under the lock.
            drop(waker);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Starts the thread; `false`: there is none, and the next one who waits tries again.
#[cold]
fn start() -> bool {
    let started = thread::Builder::new().name("spandrel-timer".into()).spawn(run);
    if let Err(error) = &started {
        diag::warn(format_args!("no thread for timers, so timeouts come late: {error}"));
    }
    started.is_ok()
}

fn run() {
    let _own = own_thread::begin();
    let mut waiting = lock(&WAITING);
    let mut is_idle = false;
    loop {
        let now = time::monotonic_nanos();
        let mut due = Vec::new();
        while let Some(first) = waiting.wakers.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        if !due.is_empty() {
            drop(waiting);
            due.into_iter().for_each(Waker::wake);
            waiting = lock(&WAITING);
            continue;
        }
        let wait = match waiting.wakers.first_key_value() {
            Some(((until, _), _)) => Duration::from_nanos(until - now),
            None if is_idle => {
                waiting.runs = false;
                return;
            }
            None => PATIENCE,
        };
        is_idle = waiting.wakers.is_empty();
        let woken = EARLIER.wait_timeout(waiting, wait);
        waiting = woken.unwrap_or_else(std::sync::PoisonError::into_inner).0;
    }
}
