//! Captures the spans of a test, whatever runs beside it, and reads its metrics.
//!
//! [`#[spandrel::test]`](crate::test) begins a [`Test`]: with spans, a clock and a seed of its own,
//! and with the feature `test-util`, which belongs among the dev-dependencies, with policies of its
//! own. [`capture`] is what is below that, for parts of a test and for other harnesses.

mod block_on;
pub mod compare;
mod diff;
#[cfg(feature = "test-util")]
mod force;
mod metrics;
mod run;
#[cfg(feature = "test-util")]
pub(crate) mod script;
mod setup;
mod test;
mod tree;

use std::{
    sync::{Arc, Once},
    time::Duration,
};

#[cfg(feature = "test-util")]
pub use self::{
    force::ForcedOpen,
    script::{Script, Scriptable, ScriptableAsync},
};
pub use self::{
    metrics::{Distribution, Metrics, metrics},
    run::{chance, run, run_async},
    setup::Setup,
    test::Test,
};
#[cfg(feature = "test-util")]
use crate::resilience::isolation::{self, Isolated};
#[cfg(all(feature = "test-util", feature = "tokio"))]
use crate::resilience::timer::Paused;
use crate::{
    level,
    logs::LogData,
    site::{self, Level},
    time,
    trace::{
        Context, Limits, SpanData,
        loss::Losses,
        recorder::{self, Settings},
        sampler::{Overrides, Sampler},
        sampling::Sampling,
        scope::Scope,
    },
};
pub use crate::{random::FixedChance, time::mock::MockClock};

/// How long a test waits for its spans; they are ready within milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Spans of one test.
#[derive(Debug)]
pub struct Capture {
    scope: Arc<Scope>,
    /// Within a test it is part of that.
    #[cfg(feature = "test-util")]
    _isolated: Option<Isolated>,
}

/// Begins to capture.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let capture = testing::capture();
/// capture.run(|| Span::start("work").end());
/// assert_eq!(capture.spans().len(), 1);
/// ```
#[must_use]
pub fn capture() -> Capture {
    builder().capture()
}

/// Starts a recorder without exporters, unless the program has started one.
fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        if recorder::current().is_none() {
            recorder::start(Settings::default(), Arc::new(Losses::new()), Arc::new(Vec::new));
            // A router of the program answers in a test as it does where telemetry has started.
            #[cfg(feature = "prometheus")]
            crate::admin::install(Arc::default());
        }
        level::set_most_verbose(Some(Level::Trace));
        site::set_switches(|_| site::ON);
    });
}

/// Begins to capture with a sampler or limits of the test's own.
///
/// ```
/// use spandrel::{Span, testing, trace::sampler::Sampler};
///
/// let capture = testing::builder().sampler(Sampler::always_off()).capture();
/// capture.run(|| Span::start("work").end());
/// assert!(capture.spans().is_empty());
/// ```
pub fn builder() -> CaptureBuilder {
    CaptureBuilder::default()
}

/// What a capture is to be like; made by [`builder`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CaptureBuilder {
    limits: Limits,
    sampler: Sampler,
    sampler_overrides: Overrides,
}

impl CaptureBuilder {
    /// Bounds what one span may carry.
    ///
    /// Except the length of texts, which is one for the whole process.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Decides which traces are recorded.
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// Decides differently about traces that begin in some functions.
    pub fn sampler_overrides(mut self, overrides: Overrides) -> Self {
        self.sampler_overrides = overrides;
        self
    }

    /// Begins to capture.
    #[must_use]
    pub fn capture(self) -> Capture {
        start();
        self.open()
    }

    fn open(self) -> Capture {
        let sampling = Sampling::new(self.sampler, self.sampler_overrides);
        let scope = Scope::open(self.limits, sampling);
        Capture {
            #[cfg(feature = "test-util")]
            _isolated: isolation::inherit(scope.id()),
            scope,
        }
    }
}

impl Capture {
    /// Runs a closure whose spans are captured; also those of threads and tasks that carry its
    /// context.
    pub fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        let _attached = self.context().attach();
        run()
    }

    /// The context under which spans are captured.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::of_scope(self.scope.id())
    }

    /// Puts a clock that stands still in front of the real one.
    #[must_use]
    pub fn mock_clock(&self) -> MockClock {
        self.scope.mock_clock()
    }

    /// Has the clock be one with the paused one of a runtime.
    #[cfg(all(feature = "test-util", feature = "tokio"))]
    fn drive_clock(&self, runtime: &tokio::runtime::Handle) {
        self.scope.drive_clock(Box::new(Paused::of(runtime)));
    }

    /// The spans that have ended, ordered by their start.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanData> {
        if let Some(recorder) = recorder::current() {
            recorder.flush(time::now() + PATIENCE, false);
        }
        let mut spans = self.scope.spans();
        spans.sort_by_key(|span| span.start_unix_nanos);
        spans
    }

    /// The log records, in the order in which they came.
    ///
    /// Those of `tracing` come by its layer of ours, those of the `log` crate by our logger.
    #[must_use]
    pub fn logs(&self) -> Vec<LogData> {
        self.scope.logs()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.scope.close();
    }
}
