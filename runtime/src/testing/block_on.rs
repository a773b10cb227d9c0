//! Who polls an asynchronous test.

/// A runtime for one test.
#[cfg(feature = "tokio")]
#[cfg_attr(not(feature = "test-util"), expect(unused_variables, reason = "no clock is paused"))]
#[expect(clippy::expect_used, reason = "a test that cannot run has failed")]
pub(super) fn runtime(start_paused: bool, capture: &super::Capture) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    #[cfg(feature = "test-util")]
    builder.start_paused(start_paused);
    let runtime = builder.build().expect("a runtime for the test");
    #[cfg(feature = "test-util")]
    if start_paused {
        capture.drive_clock(runtime.handle());
    }
    runtime
}

/// Polls a test on this thread; while its clock stands, that goes on to whoever waits for it.
#[cfg(any(test, not(feature = "tokio")))]
pub(super) fn block_on<F: Future>(start_paused: bool, future: F) -> F::Output {
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        task::{Context, Poll, Wake, Waker},
        thread::{self, Thread},
    };

    struct Unpark {
        thread: Thread,
        is_awake: AtomicBool,
    }

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.is_awake.store(true, SeqCst);
            self.thread.unpark();
        }
    }

    let unpark = Arc::new(Unpark { thread: thread::current(), is_awake: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        if unpark.is_awake.swap(false, SeqCst) || start_paused && crate::time::skip_to_next() {
            continue;
        }
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::block_on;
    use crate::{
        resilience::{Backoff, Jitter, Rejected, RejectedKind, Retry},
        testing,
    };

    #[test]
    fn without_a_runtime_time_that_stands_goes_on_when_there_is_nothing_else_to_do() {
        testing::run(|t| {
            let began = t.clock().unix_nanos();
            let hour = Duration::from_secs(3_600);
            let retry = Retry::new("x").backoff(Backoff::constant(hour).jitter(Jitter::None));
            let refused = Rejected::new(RejectedKind::Chaos, "x");

            let ended =
                block_on(true, retry.call_async(|| async { Err::<(), _>(refused.clone()) }));

            assert!(ended.is_err());
            assert_eq!(t.clock().unix_nanos() - began, 7_200_000_000_000);
        });
    }
}
