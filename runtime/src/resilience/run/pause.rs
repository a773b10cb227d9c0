//! The wait between two attempts.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::resilience::timer::{self, Timer};

pin_project! {
    /// The wait between two attempts; it holds nothing.
    #[must_use = "the next attempt is to wait for it"]
    pub struct Pause {
        wait: Duration,
        #[pin]
        timer: Option<Timer>,
    }
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

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.wait.is_zero() {
            return Poll::Ready(());
        }
        if this.timer.is_none() {
            let wait = u64::try_from(this.wait.as_nanos()).unwrap_or(u64::MAX);
            this.timer.set(Some(Timer::until(timer::now().saturating_add(wait))));
        }
        this.timer.as_pin_mut().map_or(Poll::Ready(()), |timer| timer.poll(context))
    }
}
