//! What was counted lately: the difference to what was counted some time ago.
//!
//! The background thread reads everything every few seconds and keeps a few readings for each
//! window, evenly spread over its length. A window begins at the oldest reading that it has room
//! for, so it slides by a twelfth of its length, and recording pays nothing for it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// Readings within one window.
const STEPS: u64 = 12;
/// The shortest time between two readings.
const LEAST_STEP: u64 = 1_000_000_000;

/// The windows of a program that does not choose its own.
pub(crate) const DEFAULT: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(3_600)];
static LENGTHS: OnceLock<Vec<Duration>> = OnceLock::new();

/// How much has windows: of a few kilobytes each, of distributions up to 30.
const MOST: usize = 500;

/// Where there is room for readings.
pub(crate) static PLACES: Places = Places::new(MOST);

/// Room for the readings of so many functions and series, those that were there first.
#[derive(Debug)]
pub(crate) struct Places(AtomicUsize);

impl Places {
    pub(crate) const fn new(most: usize) -> Self {
        Self(AtomicUsize::new(most))
    }

    /// Takes a place for good, if there is one left.
    pub(crate) fn take(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Whether there is one left.
    pub(crate) fn are_left(&self) -> bool {
        self.0.load(Relaxed) > 0
    }
}

/// Somebody who keeps readings of what it counts.
pub(crate) trait Observe: Send + Sync {
    /// Reads, at this time of the monotonic clock, in nanoseconds.
    fn observe(&self, now: u64);
}

static OBSERVERS: RwLock<Vec<&'static dyn Observe>> = RwLock::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Has this one read, too, from now on.
pub(crate) fn register(observer: &'static dyn Observe) {
    OBSERVERS.write().unwrap_or_else(PoisonError::into_inner).push(observer);
}

/// Chooses the windows, once, before anything is read.
pub(crate) fn choose(lengths: Vec<Duration>) {
    let _ = LENGTHS.set(lengths);
}

/// How far back the windows reach.
pub(crate) fn lengths() -> &'static [Duration] {
    LENGTHS.get().map_or(&DEFAULT, Vec::as_slice)
}

/// Reads what there is to read; called often, by the background thread alone.
pub(crate) fn tick(now: u64) {
    if now < NEXT.load(Relaxed) {
        return;
    }
    let shortest = lengths().iter().map(|length| step(*length)).min();
    let Some(shortest) = shortest else { return };
    NEXT.store(now.saturating_add(shortest), Relaxed);
    // In a forked child nobody gives back what another thread held: then there are no windows.
    let Ok(observers) = OBSERVERS.try_read() else { return };
    observers.iter().for_each(|observer| observer.observe(now));
}

fn step(length: Duration) -> u64 {
    (nanos(length) / STEPS).max(LEAST_STEP)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Readings of one thing, for all windows.
#[derive(Debug)]
pub(crate) struct Past<T>(Vec<Window<T>>);

#[derive(Debug)]
struct Window<T> {
    length: Duration,
    kept: VecDeque<(u64, Arc<T>)>,
}

impl<T> Past<T> {
    pub(crate) fn new(lengths: &[Duration]) -> Self {
        let window = |length: &Duration| Window { length: *length, kept: VecDeque::new() };
        Self(lengths.iter().map(window).collect())
    }

    /// The latest reading there is.
    pub(crate) fn latest(&self) -> Option<&Arc<T>> {
        self.0
            .iter()
            .filter_map(|window| window.kept.back())
            .max_by_key(|kept| kept.0)
            .map(|k| &k.1)
    }

    /// Whether some window wants a reading now.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.0.iter().any(|window| window.is_due(now))
    }

    /// Keeps a reading in the windows that want one.
    pub(crate) fn keep(&mut self, now: u64, reading: &Arc<T>) {
        for window in self.0.iter_mut().filter(|window| window.is_due(now)) {
            window.kept.push_back((now, Arc::clone(reading)));
            // One from before the window begins is its beginning.
            let begin = now.saturating_sub(nanos(window.length));
            while window.kept.get(1).is_some_and(|second| second.0 <= begin) {
                window.kept.pop_front();
            }
        }
    }

    /// For each window its length, what was counted when it began, and how long ago that was.
    pub(crate) fn begins(&self, now: u64) -> impl Iterator<Item = (Duration, Duration, &T)> {
        self.0.iter().filter_map(move |window| {
            let begin = now.saturating_sub(nanos(window.length));
            // Readings that are too old by now are there only if nobody has read since.
            let next = window.kept.iter().rposition(|kept| kept.0 <= begin).unwrap_or(0);
            let (at, reading) = window.kept.get(next)?;
            Some((window.length, Duration::from_nanos(now.saturating_sub(*at)), reading.as_ref()))
        })
    }
}

impl<T> Window<T> {
    fn is_due(&self, now: u64) -> bool {
        self.kept.back().is_none_or(|last| now.saturating_sub(last.0) >= step(self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// A counter that grows by one each second, read each second.
    fn watched(seconds: u64) -> Past<u64> {
        let mut past = Past::new(&[Duration::from_secs(60), Duration::from_secs(600)]);
        for second in 0..=seconds {
            past.keep(second * SECOND, &Arc::new(second));
        }
        past
    }

    fn begins(past: &Past<u64>, second: u64) -> Vec<(u64, u64)> {
        past.begins(second * SECOND).map(|(_, ago, count)| (ago.as_secs(), *count)).collect()
    }

    #[test]
    fn a_window_slides_with_time() {
        for second in [100, 101, 107, 1_000, 5_003] {
            let past = watched(second);

            let (ago, count) = begins(&past, second)[0];

            assert!((60..=65).contains(&ago), "{second}: {ago}");
            assert_eq!(second - count, ago);
        }
    }

    #[test]
    fn a_young_program_has_what_there_is() {
        assert_eq!(begins(&watched(20), 20), [(20, 0), (20, 0)]);
        assert_eq!(begins(&watched(90), 90)[1], (90, 0));
        assert!(Past::<u64>::new(&[]).begins(5).next().is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let past = watched(100_000);

        assert!(past.0.iter().all(|window| window.kept.len() <= STEPS as usize + 2));
    }

    #[test]
    fn after_a_pause_the_last_reading_before_it_is_the_beginning() {
        assert_eq!(begins(&watched(100), 1_000)[0], (900, 100));
    }
}
