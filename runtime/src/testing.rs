//! Captures the spans of a test, whatever runs beside it.

mod run;

use std::{
    sync::{Arc, Once},
    time::Duration,
};

pub use self::run::{Test, run, run_async};
pub use crate::time::mock::MockClock;
use crate::{
    site, time,
    trace::{
        Context, Limits, SpanData,
        loss::Losses,
        recorder::{self, Settings},
        sampling::Sampling,
        scope::Scope,
    },
};

/// How long a test waits for its spans; they are ready within milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Spans of one test.
#[derive(Debug)]
pub struct Capture {
    scope: Arc<Scope>,
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
    static START: Once = Once::new();
    START.call_once(|| {
        if recorder::current().is_none() {
            recorder::start(Settings::default(), Arc::new(Losses::new()), Arc::new(Vec::new));
        }
        site::set_switches(|_| site::ON);
    });
    Capture { scope: Scope::open(Limits::new(), Sampling::default()) }
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
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.scope.close();
    }
}
