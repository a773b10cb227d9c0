//! The wait between two attempts.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::resilience::timer::{self, Timer};

/// The wait between two attempts; it holds nothing.
#[must_use = "the next attempt is to wait for it"]
pub struct Pause {
    wait: Duration,
    timer: Option<Timer>,
}

impl Pause {
    pub(super) fn new(wait: Duration) -> Self {
        Self { wait, timer: None }
    }

    /// Keeps the thread waiting.
    pub fn block(self) {
        timer::block(self.wait);
    }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let wait = u64::try_from(self.wait.as_nanos()).unwrap_or(u64::MAX);
        if wait == 0 {
            return Poll::Ready(());
        }
        let timer =
            self.timer.get_or_insert_with(|| Timer::until(timer::now().saturating_add(wait)));
        Pin::new(timer).poll(context)
    }
}
