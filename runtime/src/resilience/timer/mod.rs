//! Waits for a moment.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::time;

pub(crate) fn now() -> u64 {
    time::steady_nanos()
}

pub(crate) struct Timer {
    until: u64,
}

impl Timer {
    pub(crate) fn until(until: u64) -> Self {
        Self { until }
    }

    pub(crate) fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if now() >= self.until {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Keeps the thread waiting for so long.
pub(crate) fn block(wait: Duration) {
    let end = time::now() + wait;
    while time::now() < end {
        std::thread::park_timeout(end.saturating_duration_since(time::now()));
    }
}
