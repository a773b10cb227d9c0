//! Who polls an asynchronous test.

#[cfg(not(feature = "tokio"))]
pub(super) use self::own::block_on;

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

#[cfg(not(feature = "tokio"))]
mod own {
    use std::{
        pin::pin,
        sync::Arc,
        task::{Context, Poll, Wake, Waker},
        thread::{self, Thread},
    };

    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Polls a test on this thread.
    pub(in crate::testing) fn block_on<F: Future>(future: F) -> F::Output {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return value;
            }
            thread::park();
        }
    }
}
