//! A clock that a test moves by hand, for one scope.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::sync::lock;

/// How a scope of a thread is found; the recorder's thread-local knows it.
static SCOPE: std::sync::OnceLock<fn() -> u32> = std::sync::OnceLock::new();
static CLOCKS: Mutex<Option<HashMap<u32, Arc<AtomicU64>>>> = Mutex::new(None);

/// A clock under the hand of a test. It stands until [`MockClock::advance`] moves it.
///
/// ```
/// use std::time::Duration;
/// use spandrel::{Span, testing};
///
/// let capture = testing::capture();
/// let clock = capture.mock_clock();
/// capture.run(|| {
///     let span = Span::start("wait");
///     clock.advance(Duration::from_millis(250));
///     span.end();
/// });
/// assert_eq!(capture.spans()[0].duration(), Duration::from_millis(250));
/// ```
#[derive(Debug)]
pub struct MockClock {
    nanos: Arc<AtomicU64>,
}

impl MockClock {
    /// 2001-09-09T01:46:40Z, a billion seconds: recognisable in a failing assertion.
    const START: u64 = 1_000_000_000_000_000_000;

    pub(crate) fn install(scope: u32, scope_of_thread: fn() -> u32) -> Self {
        SCOPE.get_or_init(|| scope_of_thread);
        let mut clocks = lock(&CLOCKS);
        let clocks = clocks.get_or_insert_default();
        let nanos = clocks.entry(scope).or_insert_with(|| Arc::new(AtomicU64::new(Self::START)));
        super::set_mocked(true);
        Self { nanos: Arc::clone(nanos) }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let _ = self.nanos.fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_add(by)));
    }

    /// Nanoseconds since the Unix epoch by this clock.
    #[must_use]
    pub fn unix_nanos(&self) -> u64 {
        self.nanos.load(Relaxed)
    }
}

/// Forgets the clock of a scope that ended; its spans have been converted by then.
pub(crate) fn remove(scope: u32) {
    let mut clocks = lock(&CLOCKS);
    let clocks = clocks.get_or_insert_default();
    clocks.remove(&scope);
    if clocks.is_empty() {
        super::set_mocked(false);
    }
}

/// The time of the mock clock that rules the calling thread, if one does.
pub(super) fn ticks() -> Option<u64> {
    let scope = SCOPE.get()?();
    if scope == 0 {
        return None;
    }
    lock(&CLOCKS).as_ref()?.get(&scope).map(|nanos| nanos.load(Relaxed))
}
