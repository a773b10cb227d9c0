//! What the functions did lately.

use std::{sync::Arc, time::Duration};

use super::Statistics;
use crate::{
    cell::CallsReading,
    metrics::windows::{self, Observe, Past, Places},
    site::{self, Site},
    sync::{Mutex, lock},
    time,
};

/// Readings of functions whose calls are counted.
#[derive(Debug)]
pub(crate) struct FunctionWindows {
    places: &'static Places,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// In the order of their sites; of functions that were called, as long as there was room.
    pasts: Vec<Option<Past<CallsReading>>>,
    /// When all were looked at, by the monotonic clock.
    looked: Option<u64>,
}

pub(crate) static WINDOWS: FunctionWindows = FunctionWindows::new(&windows::PLACES);

/// What a function did within a rolling window, for programs that have called `init!`.
///
/// The first 500 functions that are called have them, less the series of metrics that have.
///
/// ```
/// #[spandrel::timed]
/// fn charge() {}
///
/// charge();
/// let functions = spandrel::functions();
/// let charge = functions.iter().find(|function| function.name() == "charge").unwrap();
/// for window in charge.windows() {
///     println!("{:?}: {} a minute", window.length(), window.per_minute());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    length: Duration,
    covered: Duration,
    statistics: Statistics,
}

impl Window {
    /// How far back the window reaches.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.length
    }

    /// How far back it reaches really: less while the program is young, up to a twelfth more later.
    #[must_use]
    pub fn covered(&self) -> Duration {
        self.covered
    }

    /// What is known about the calls that ended within.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Calls that ended within, for each minute.
    #[must_use]
    pub fn per_minute(&self) -> f64 {
        match self.covered.as_secs_f64() {
            0.0 => 0.0,
            seconds => self.statistics.total() as f64 * 60.0 / seconds,
        }
    }
}

impl Observe for FunctionWindows {
    fn observe(&self, now: u64) {
        let sites = site::all();
        // In a forked child nobody gives back what another thread held: then there are no windows.
        let Ok(mut kept) = self.kept.try_lock() else { return };
        let Kept { pasts, looked } = &mut *kept;
        if pasts.len() < sites.len() {
            pasts.resize_with(sites.len(), || None);
        }
        for (site, past) in sites.iter().zip(pasts) {
            if past.is_none() && self.places.are_left() {
                *past = self.begin(site, *looked);
            }
            let Some(past) = past.as_mut().filter(|past| past.is_due(now)) else { continue };
            let Some(mut reading) = site.calls() else { continue };
            // What has not changed is kept once.
            let same = past.latest().filter(|latest| latest.total() == reading.total());
            let reading = same.cloned().unwrap_or_else(|| {
                reading.exemplars.clear();
                Arc::new(reading)
            });
            past.keep(now, &reading);
        }
        *looked = Some(now);
    }
}

impl FunctionWindows {
    const fn new(places: &'static Places) -> Self {
        Self { places, kept: Mutex::new(Kept { pasts: Vec::new(), looked: None }) }
    }

    /// Takes a place for a function that was called; when it was last looked at, it was not.
    fn begin(&self, site: &Site, looked: Option<u64>) -> Option<Past<CallsReading>> {
        let was_called = site.calls().is_some_and(|calls| calls.total() > 0);
        if !was_called || !self.places.take() {
            return None;
        }
        let mut past = Past::new(windows::lengths());
        if let Some(looked) = looked {
            past.keep(looked, &Arc::default());
        }
        Some(past)
    }

    /// The windows of one function, given what it has counted until now.
    pub(super) fn of(&self, site: &'static Site, until_now: &Statistics) -> Vec<Window> {
        let now = time::monotonic_nanos();
        let kept = lock(&self.kept);
        let Some(Some(past)) = kept.pasts.get(site::index(site.word()) as usize) else {
            return Vec::new();
        };
        past.begins(now)
            .map(|(length, covered, begin)| {
                let mut statistics = until_now.clone();
                statistics.reading = until_now.reading.since(begin);
                Window { length, covered, statistics }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::Measured,
        outcome::Outcome,
        site::{Meta, Metered},
    };

    const SECOND: u64 = 1_000_000_000;

    /// Calls of a function within each of its windows.
    fn within(windows: &FunctionWindows, site: &'static Site) -> Vec<u64> {
        let statistics = Statistics::new(site.metered().unwrap(), true, site.calls().unwrap());
        let windows = windows.of(site, &statistics);
        windows.iter().map(|window| window.statistics().calls(Outcome::Ok)).collect()
    }

    #[test]
    fn functions_that_are_called_have_windows_while_there_is_room() {
        static PLACES: Places = Places::new(1_000);
        static FULL: Places = Places::new(0);
        static CALLS: Metered = Metered::new(&[]);
        static SITE: Site = Site::new(Meta::block("windowed", "shop", file!(), 1)).timed(&CALLS);
        let (windows, none) = (FunctionWindows::new(&PLACES), FunctionWindows::new(&FULL));
        let now = time::monotonic_nanos();

        // It is known, and was not called.
        let mut running = Measured::enter(&SITE);
        windows.observe(now);
        assert!(within(&windows, &SITE).is_empty());
        running.finish();
        Measured::enter(&SITE).finish();
        for windows in [&windows, &none] {
            windows.observe(now + 5 * SECOND);
        }

        // All calls are within, though nobody looked between the first and the second.
        assert_eq!(within(&windows, &SITE), [2, 2, 2]);
        assert!(within(&none, &SITE).is_empty());
    }
}
