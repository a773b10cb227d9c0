//! The timers of tokio.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
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
    let left = Duration::from_nanos(until.saturating_sub(now()?));
    // A hundred years are as good as for ever, and every clock can count them.
    let left = left.min(Duration::from_secs(3_155_760_000));
    let sleep = catch_unwind(AssertUnwindSafe(|| sleep_until(Instant::now() + left)));
    sleep.inspect_err(|_| WITHOUT_TIMERS.store(true, Relaxed)).ok()
}

fn is_within() -> bool {
    !WITHOUT_TIMERS.load(Relaxed) && Handle::try_current().is_ok()
}
