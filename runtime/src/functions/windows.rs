//! What the functions did lately.

use std::{sync::Arc, time::Duration};

use super::Statistics;
use crate::{
    cell::CallsReading,
    metrics::windows::{self, Observe, Past},
    site::{self, Site},
    sync::{Mutex, lock},
    time,
};

/// Readings of all functions whose calls are counted, in the order of their sites.
#[derive(Debug)]
pub(crate) struct FunctionWindows(Mutex<Vec<Option<Past<CallsReading>>>>);

pub(crate) static WINDOWS: FunctionWindows = FunctionWindows(Mutex::new(Vec::new()));

/// What a function did within a rolling window, for programs that have called `init!`.
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
        let Ok(mut all) = self.0.try_lock() else { return };
        if all.len() < sites.len() {
            all.resize_with(sites.len(), || None);
        }
        for (site, past) in sites.iter().zip(all.iter_mut()) {
            let Some(mut reading) = site.calls() else { continue };
            let past = past.get_or_insert_with(|| Past::new(windows::lengths()));
            if !past.is_due(now) {
                continue;
            }
            // What has not changed is kept once.
            let same = past.latest().filter(|latest| latest.total() == reading.total());
            let reading = same.cloned().unwrap_or_else(|| {
                reading.exemplars.clear();
                Arc::new(reading)
            });
            past.keep(now, &reading);
        }
    }
}

impl FunctionWindows {
    /// The windows of one function, given what it has counted until now.
    pub(super) fn of(&self, site: &'static Site, until_now: &Statistics) -> Vec<Window> {
        let now = time::monotonic_nanos();
        let all = lock(&self.0);
        let Some(Some(past)) = all.get(site::index(site.word()) as usize) else {
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
