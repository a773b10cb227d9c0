//! A clock that a test moves by hand, for one scope.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::Duration,
};

use crate::sync::lock;

/// How a scope of a thread is found; the recorder's thread-local knows it.
static SCOPE: std::sync::OnceLock<fn() -> u32> = std::sync::OnceLock::new();
static CLOCKS: Mutex<Option<HashMap<u32, Arc<Standing>>>> = Mutex::new(None);

/// A clock that stands, and those who wait for it to go on.
#[derive(Debug)]
struct Standing {
    nanos: AtomicU64,
    waiting: Mutex<Vec<(u64, Waker)>>,
    /// What moves it, if not the test's hand alone.
    driver: Option<Box<dyn Driver>>,
    /// It goes on to what a thread waits for, even where somebody else could end the wait.
    skips: AtomicBool,
}

/// Another clock of the test's, with which this one is one.
pub(crate) trait Driver: fmt::Debug + Send + Sync {
    /// How far it has come since it began.
    fn elapsed(&self) -> Duration;

    /// Moves it on.
    fn advance(&self, by: Duration);
}

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
    clock: Arc<Standing>,
}

impl MockClock {
    /// 2001-09-09T01:46:40Z, a billion seconds: recognisable in a failing assertion.
    const START: u64 = 1_000_000_000_000_000_000;

    /// The clock of a scope; if that has none yet, one that `driver` moves, if there is one.
    pub(crate) fn install(
        scope: u32,
        scope_of_thread: fn() -> u32,
        driver: Option<Box<dyn Driver>>,
    ) -> Self {
        SCOPE.get_or_init(|| scope_of_thread);
        let mut clocks = lock(&CLOCKS);
        let clocks = clocks.get_or_insert_default();
        let clock = clocks.entry(scope).or_insert_with(|| {
            let nanos = AtomicU64::new(Self::START);
            let skips = AtomicBool::new(driver.is_some());
            Arc::new(Standing { nanos, waiting: Mutex::default(), driver, skips })
        });
        super::set_mocked(true);
        Self { clock: Arc::clone(clock) }
    }

    /// Has it go on to what a thread waits for, even where somebody else could end the wait.
    #[cfg(feature = "test-util")]
    pub(crate) fn skip_waits(&self) {
        self.clock.skips.store(true, Relaxed);
    }

    /// Moves the clock on, and wakes whoever waited for that.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Nanoseconds since the Unix epoch by this clock.
    #[must_use]
    pub fn unix_nanos(&self) -> u64 {
        self.clock.now()
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
    ruling().map(|clock| clock.now())
}

/// See [`super::stands`].
#[cfg(feature = "tokio")]
pub(super) fn stands() -> bool {
    ruling().is_some_and(|clock| clock.driver.is_none())
}

/// See [`super::pass`].
pub(super) fn pass(time: Duration) -> bool {
    ruling().inspect(|clock| clock.advance(time)).is_some()
}

/// See [`super::skip`].
pub(super) fn skip(time: Duration) -> bool {
    let clock = ruling().filter(|clock| clock.skips.load(Relaxed));
    clock.inspect(|clock| clock.advance(time)).is_some()
}

/// See [`super::poll_mocked`]; without a clock there is nothing to wait for.
pub(super) fn poll(until: u64, waker: &Waker) -> Poll<()> {
    let Some(clock) = ruling() else { return Poll::Ready(()) };
    // Under the lock, so that nobody moves the clock on in between and wakes in vain.
    let mut waiting = lock(&clock.waiting);
    if clock.now() >= until {
        return Poll::Ready(());
    }
    waiting.retain(|(at, other)| *at != until || !other.will_wake(waker));
    waiting.push((until, waker.clone()));
    Poll::Pending
}

/// See [`super::skip_to_next`].
#[cfg(any(test, not(feature = "tokio")))]
pub(super) fn skip_to_next() -> bool {
    let Some(clock) = ruling() else { return false };
    let next = lock(&clock.waiting).iter().map(|(until, _)| *until).min();
    let Some(next) = next else { return false };
    clock.advance(Duration::from_nanos(next.saturating_sub(clock.now())));
    true
}

fn ruling() -> Option<Arc<Standing>> {
    let scope = SCOPE.get()?();
    if scope == 0 {
        return None;
    }
    lock(&CLOCKS).as_ref()?.get(&scope).map(Arc::clone)
}

impl Standing {
    fn now(&self) -> u64 {
        let driven = self.driver.as_ref().map_or(0, |driver| nanos(driver.elapsed()));
        self.nanos.load(Relaxed).saturating_add(driven)
    }

    fn advance(&self, by: Duration) {
        if let Some(driver) = &self.driver {
            driver.advance(by);
        } else {
            let by = nanos(by);
            // It always succeeds, for something is always made.
            let _ = self.nanos.fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_add(by)));
        }
        let now = self.now();
        let due: Vec<_> = lock(&self.waiting).extract_if(.., |(until, _)| *until <= now).collect();
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
