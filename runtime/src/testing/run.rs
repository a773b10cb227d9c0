//! What `#[spandrel::test]` expands to.

use std::ops::Deref;

use super::{Capture, FixedChance, MockClock, capture};

/// A running test: its own spans, whatever runs beside it.
///
/// ```
/// use spandrel::testing::Test;
///
/// #[spandrel::test]
/// async fn charging_is_traced(t: Test) {
///     charge().await;
///     assert_eq!(t.spans()[0].name, "charge");
/// }
/// # #[spandrel::traced]
/// # async fn charge() {}
/// ```
#[derive(Debug)]
pub struct Test(Capture);

impl Test {
    /// The test's own clock; from the first call on it stands still until the test moves it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use spandrel::{Span, testing};
    ///
    /// testing::run(|t| {
    ///     let clock = t.clock();
    ///     let span = Span::start("wait");
    ///     clock.advance(Duration::from_secs(2));
    ///     span.end();
    ///     assert_eq!(t.span("wait").duration(), Duration::from_secs(2));
    /// });
    /// ```
    #[must_use]
    pub fn clock(&self) -> MockClock {
        self.mock_clock()
    }
}

impl Deref for Test {
    type Target = Capture;

    fn deref(&self) -> &Capture {
        &self.0
    }
}

/// Fixes for this thread what chance makes of the waits between attempts, 0 to 1.
///
/// ```
/// use std::time::Duration;
/// use spandrel::{Rejected, resilience::{Backoff, Retry}, testing};
///
/// testing::run(|t| {
///     let clock = t.clock();
///     let _chance = testing::chance(0.5);
///     let waits = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(9));
///     let retry = Retry::new("lookup").max_attempts(2).backoff(waits);
///
///     let before = clock.unix_nanos();
///     let refused = Rejected::new(spandrel::resilience::RejectedKind::Chaos, "lookup");
///     let _: Result<(), _> = retry.call(|| Err(refused.clone()));
///     assert_eq!(clock.unix_nanos() - before, 500_000_000);
/// });
/// ```
pub fn chance(chance: f64) -> FixedChance {
    FixedChance::new(chance)
}

/// Runs a test within a capture of its own.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let spans = testing::run(|t| {
///     Span::start("work").end();
///     t.spans().len()
/// });
/// assert_eq!(spans, 1);
/// ```
pub fn run<R>(test: impl FnOnce(Test) -> R) -> R {
    let capture = capture();
    let _attached = capture.context().attach();
    test(Test(capture))
}

/// Runs an asynchronous test within a capture of its own, to its end.
///
/// On a current-thread runtime of tokio if the feature `tokio` is on. Tasks that are to belong to
/// the test are started with [`spandrel::spawn`](crate::spawn): a plain `tokio::spawn` does not
/// carry the context, so that the spans of its task are captured by nobody.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let spans = testing::run_async(|t| async move {
///     Span::start("work").end();
///     t.spans().len()
/// });
/// assert_eq!(spans, 1);
/// ```
///
/// # Panics
///
/// If the operating system refuses what the runtime needs.
pub fn run_async<F: Future>(test: impl FnOnce(Test) -> F) -> F::Output {
    run(|t| block_on(test(t)))
}

#[cfg(feature = "tokio")]
#[expect(clippy::expect_used, reason = "a test that cannot run has failed")]
fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime for the test").block_on(future)
}

#[cfg(not(feature = "tokio"))]
fn block_on<F: Future>(future: F) -> F::Output {
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

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}
