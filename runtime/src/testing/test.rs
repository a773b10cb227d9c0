//! What a test holds in its hands.

use std::{ops::Deref, sync::Arc, time::Duration};

use super::{Capture, MockClock};

/// A running test: its own spans, whatever runs beside it.
///
/// With the feature `test-util` also its own policies: each begins as if nobody had used it, what it
/// learns is seen by nobody else, and [`policies`](crate::policies) lists no others. As with spans,
/// whatever carries the test's context belongs to it: what runs on its thread, tasks of
/// [`spawn`](crate::spawn), threads of [`thread`](crate::thread), and whatever attaches
/// [`Context::current`](crate::trace::Context). What runs without it, as on a thread of
/// `std::thread::spawn`, sees the program's policies.
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
pub struct Test {
    pub(super) capture: Arc<Capture>,
    pub(super) seed: u64,
}

impl Test {
    /// The test's own clock; from the first call on it stands still until the test moves it.
    ///
    /// In an asynchronous test that began with its time paused, it is one with the clock of tokio.
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

    /// Moves the test's clock on, of spans, policies and timers.
    ///
    /// ```
    /// use std::time::Duration;
    /// use spandrel::{resilience::{Rate, RateLimiter}, testing};
    ///
    /// testing::run(|t| {
    ///     // As `#[spandrel::test(start_paused = true)]` does.
    ///     let _clock = t.clock();
    ///     let mails = RateLimiter::new("mails", Rate::per_hour(1));
    ///     assert!(mails.check().is_ok());
    ///     assert!(mails.check().is_err());
    ///     t.advance(Duration::from_secs(3_600));
    ///     assert!(mails.check().is_ok());
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If the clock runs: the test neither began with its time paused nor asked for its
    /// [`clock`](Self::clock).
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        assert!(
            self.scope.has_mock_clock(),
            "the clock of this test runs by itself; begin it with \
             `#[spandrel::test(start_paused = true)]`"
        );
        self.mock_clock().advance(by);
    }

    /// What chance is made of in this test; see [`Setup::seed`](super::Setup::seed).
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl Deref for Test {
    type Target = Capture;

    fn deref(&self) -> &Capture {
        &self.capture
    }
}
