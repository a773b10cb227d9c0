//! The timers of tokio.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

#[cfg(feature = "test-util")]
use std::{
    pin::pin,
    task::{Context, Waker},
};

use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until},
};

use crate::time as clocks;

/// Some runtime of the program has no timers; it cannot be asked, it panics.
static WITHOUT_TIMERS: AtomicBool = AtomicBool::new(false);

/// Tokio's clock, within one of its runtimes.
pub(super) fn now() -> Option<u64> {
    is_within().then(|| clocks::monotonic_nanos_of(Instant::now().into_std()))
}

/// A timer of the runtime; `None`: there is no runtime, or it has none.
pub(super) fn sleep(until: u64) -> Option<Sleep> {
    if !is_within() {
        return None;
    }
    let left = Duration::from_nanos(until.saturating_sub(super::now()));
    // A hundred years are as good as for ever, and every clock can count them.
    let left = left.min(Duration::from_secs(3_155_760_000));
    let sleep = catch_unwind(AssertUnwindSafe(|| sleep_until(Instant::now() + left)));
    sleep.inspect_err(|_| WITHOUT_TIMERS.store(true, Relaxed)).ok()
}

/// The paused clock of a test's runtime.
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub(crate) struct Paused {
    runtime: Handle,
    began: Instant,
}

#[cfg(feature = "test-util")]
impl Paused {
    /// That of this runtime, which began with its time paused.
    pub(crate) fn of(runtime: &Handle) -> Self {
        let _within = runtime.enter();
        Self { runtime: runtime.clone(), began: Instant::now() }
    }
}

#[cfg(feature = "test-util")]
impl clocks::mock::Driver for Paused {
    fn elapsed(&self) -> Duration {
        // Any thread of the test may ask.
        let _within = self.runtime.enter();
        self.began.elapsed()
    }

    fn advance(&self, by: Duration) {
        let _within = self.runtime.enter();
        // It advances at its first poll, and after that it only waits.
        let advancing = pin!(tokio::time::advance(by));
        let _ = advancing.poll(&mut Context::from_waker(Waker::noop()));
    }
}

fn is_within() -> bool {
    !WITHOUT_TIMERS.load(Relaxed) && Handle::try_current().is_ok()
}
