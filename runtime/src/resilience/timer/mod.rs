//! Waits for a moment: on tokio's timers within a runtime of tokio, on a thread of ours elsewhere.
//!
//! Tokio's own, because a test that pauses its clock means these waits too. Where a test has put a
//! clock of its own in front of the real one, they wait for that.

mod thread;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(all(feature = "test-util", feature = "tokio"))]
pub(crate) use self::tokio::Paused;
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::time;

/// Nanoseconds on the clock by which timers go.
///
/// Not that of the state machines: this one is read when there is something to wait for, and has to
/// agree with the timers; that one is read all the time, and has to be fast.
pub(crate) fn now() -> u64 {
    if let Some(mocked) = time::mocked() {
        return mocked;
    }
    #[cfg(feature = "tokio")]
    if let Some(now) = tokio::now() {
        return now;
    }
    time::monotonic_nanos()
}

/// Is ready at a moment of [`now`].
///
/// In a box: there are many futures with room for one, and few that ever wait for it.
pub(crate) struct Timer(Pin<Box<Waiting>>);

pin_project! {
    struct Waiting {
        until: u64,
        #[pin]
        kind: Kind,
    }
}

#[cfg(feature = "tokio")]
pin_project! {
    #[project = KindProjection]
    enum Kind {
        Tokio { #[pin] sleep: ::tokio::time::Sleep },
        Own { entry: thread::Entry },
        Mock,
    }
}

#[cfg(not(feature = "tokio"))]
pin_project! {
    #[project = KindProjection]
    enum Kind {
        Own { entry: thread::Entry },
        Mock,
    }
}

impl Timer {
    pub(crate) fn until(until: u64) -> Self {
        Self(Box::pin(Waiting { until, kind: Kind::of(until) }))
    }

    pub(crate) fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.0.as_mut().project();
        match this.kind.project() {
            #[cfg(feature = "tokio")]
            KindProjection::Tokio { sleep } => sleep.poll(context),
            KindProjection::Own { entry } => entry.poll(context),
            KindProjection::Mock => time::poll_mocked(*this.until, context.waker()),
        }
    }
}

impl Kind {
    fn of(until: u64) -> Self {
        #[cfg(feature = "tokio")]
        if !time::stands()
            && let Some(sleep) = tokio::sleep(until)
        {
            return Self::Tokio { sleep };
        }
        match time::mocked() {
            Some(_) => Self::Mock,
            None => Self::Own { entry: thread::Entry::new(until) },
        }
    }
}

/// Keeps the thread waiting for so long.
pub(crate) fn block(wait: Duration) {
    if wait.is_zero() || time::pass(wait) {
        return;
    }
    let end = time::now().checked_add(wait);
    loop {
        let left = end.map_or(wait, |end| end.saturating_duration_since(time::now()));
        if left.is_zero() {
            return;
        }
        // Somebody may wake the thread for another reason.
        std::thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        pin::pin,
        sync::Arc,
        task::{Wake, Waker},
        thread::{self, Thread},
    };

    use super::*;

    const BLINK: u64 = 2_000_000;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    async fn wait() -> u64 {
        let began = now();
        let mut timer = Timer::until(began + BLINK);
        poll_fn(|context| Pin::new(&mut timer).poll(context)).await;
        now() - began
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(value) => return value,
                Poll::Pending => thread::park(),
            }
        }
    }

    #[test]
    fn who_waits_is_woken_without_any_runtime() {
        let waits: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| block_on(wait()))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        assert!(waits.iter().all(|wait| *wait >= BLINK), "{waits:?}");
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn a_runtime_without_timers_leaves_it_to_ours() {
        let runtime = ::tokio::runtime::Builder::new_current_thread;
        let with = runtime().enable_time().build().unwrap();
        let without = runtime().build().unwrap();

        assert!(with.block_on(wait()) >= BLINK);
        assert!(without.block_on(wait()) >= BLINK);
    }

    #[test]
    fn a_thread_that_waits_waits_as_long_as_it_should() {
        let began = now();

        block(Duration::from_nanos(BLINK));

        assert!(now() - began >= BLINK);
    }
}
