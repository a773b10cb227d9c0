//! How a test begins, and what it leaves behind.

use std::{marker::PhantomData, sync::Arc, thread};

#[cfg(feature = "test-util")]
use super::script;
use super::{Capture, Test, capture};
#[cfg(feature = "test-util")]
use crate::resilience::isolation::{self, Isolated};
use crate::{random, trace::local::Local};

/// How a test is to begin: what `#[spandrel::test(…)]` expands to.
///
/// ```
/// use spandrel::{Span, testing::Setup};
///
/// let trace_id = || {
///     Setup::new().seed(7).run(|t| {
///         Span::start("work").end();
///         t.span("work").trace_id
///     })
/// };
/// assert_eq!(trace_id(), trace_id());
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a test has to be run"]
pub struct Setup {
    start_paused: bool,
    seed: Option<u64>,
}

impl Setup {
    /// With the clock that everybody has, and any seed.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a clock that stands still; with the feature `test-util`.
    ///
    /// [`Test::advance`] moves it; whoever keeps the thread waiting, as a retry of a synchronous
    /// function, moves it in place of waiting. In an asynchronous test it is one with the clock of
    /// tokio: that goes on by itself to the next timer when there is nothing else to do, as with
    /// `#[tokio::test(start_paused = true)]`.
    #[cfg(feature = "test-util")]
    pub fn start_paused(mut self) -> Self {
        self.start_paused = true;
        self
    }

    /// With this seed for whatever is left to chance: the waits between attempts, the ids of traces,
    /// and so what a sampler makes of them.
    ///
    /// As far as it is drawn on the thread of the test. Without one, each run has another seed, and
    /// a test that panics says which.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    #[cfg_attr(not(feature = "test-util"), expect(unused_variables, reason = "no clock is paused"))]
    fn pause(&self, running: &Running) {
        #[cfg(feature = "test-util")]
        if self.start_paused {
            running.capture.mock_clock().skip_waits();
        }
    }

    /// Runs a test.
    pub fn run<R>(self, test: impl FnOnce(Test) -> R) -> R {
        let running = Running::begin(&self);
        self.pause(&running);
        running.run(test)
    }

    /// Runs an asynchronous test to its end.
    ///
    /// On a current-thread runtime of tokio if the feature `tokio` is on. What is to be part of the
    /// span around it is started with [`spandrel::spawn`](crate::spawn), and what is to belong to the
    /// test on another thread with [`spandrel::spawn_blocking`](crate::spawn_blocking).
    ///
    /// # Panics
    ///
    /// If the operating system refuses what the runtime needs.
    pub fn run_async<F: Future>(self, test: impl FnOnce(Test) -> F) -> F::Output {
        let running = Running::begin(&self);
        #[cfg(feature = "tokio")]
        {
            let runtime = super::block_on::runtime(self.start_paused, &running.capture);
            running.run(|t| runtime.block_on(test(t)))
        }
        #[cfg(not(feature = "tokio"))]
        {
            self.pause(&running);
            running.run(|t| super::block_on::block_on(self.start_paused, test(t)))
        }
    }
}

/// A test that runs, with what it puts back.
struct Running {
    capture: Arc<Capture>,
    seed: u64,
    is_drawn: bool,
    /// The thread's random numbers before the test.
    chance: [u64; 4],
    #[cfg(feature = "test-util")]
    _isolated: Isolated,
    /// What it puts back belongs to this thread.
    _here: PhantomData<*const ()>,
}

impl Running {
    fn begin(setup: &Setup) -> Self {
        let capture = Arc::new(capture());
        let seed = setup.seed.unwrap_or_else(random::seed);
        Self {
            #[cfg(feature = "test-util")]
            _isolated: isolation::begin(capture.scope.id()),
            capture,
            seed,
            is_drawn: setup.seed.is_none(),
            chance: Local.exchange_random(random::seeded(seed)),
            _here: PhantomData,
        }
    }

    fn run<R>(&self, test: impl FnOnce(Test) -> R) -> R {
        let _attached = self.capture.context().attach();
        let returned = test(Test { capture: Arc::clone(&self.capture), seed: self.seed });
        #[cfg(feature = "test-util")]
        {
            let wrong = script::end(self.capture.scope.id());
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
        returned
    }
}

impl Drop for Running {
    #[expect(clippy::print_stderr, reason = "the harness shows it beside the panic, and only then")]
    fn drop(&mut self) {
        Local.exchange_random(self.chance);
        #[cfg(feature = "test-util")]
        script::end(self.capture.scope.id());
        if thread::panicking() && self.is_drawn {
            eprintln!(
                "spandrel: `#[spandrel::test(seed = {})]` repeats what chance did",
                self.seed
            );
        }
    }
}
