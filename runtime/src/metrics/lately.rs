//! What a metric did lately.
//!
//! The background thread reads the series of metrics every few seconds, as it reads the functions;
//! who counts pays nothing for it. Readings take room, so only the first series of the program are
//! read, together with its functions.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use super::{
    registry,
    series::{Series, State},
    windows::{self, Observe, Past},
};
use crate::{cell::Counts, sync::lock, time};

/// What a series did within a rolling window, for programs that have called `init!`.
///
/// A metric has windows for one minute, five minutes and an hour, unless the program chooses others.
/// The first 500 series and functions of a program have them; values that callbacks observe have
/// none.
///
/// ```
/// use spandrel::metrics::Histogram;
///
/// static SIZE: Histogram = Histogram::new("upload.size", "Size of uploads").unit("By");
///
/// SIZE.record(1_234);
/// for window in SIZE.windows() {
///     println!("{:?}: {:?} at most", window.length(), window.quantile(0.99));
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    length: Duration,
    covered: Duration,
    since: Reading,
}

/// What is known of a series at one moment, or what was added between two.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// What was counted; of a histogram the sum of its values, of a gauge that of its readings.
    pub(super) sum: f64,
    /// Values of a histogram, readings of a gauge.
    pub(super) count: u64,
    /// Of a gauge.
    pub(super) latest: Option<f64>,
    pub(super) buckets: Buckets,
}

/// The values of a histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Buckets {
    #[default]
    None,
    Chosen(Arc<[f64]>, Vec<u64>),
    Exponential {
        negative: Counts,
        zeros: u64,
        positive: Counts,
    },
}

/// A bucket is 9 % wider than the one before it, or 19 % where there are many.
const MOST_BUCKETS: usize = 80;

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

    /// What was counted within; of a histogram how many values there were.
    #[must_use]
    pub fn count(&self) -> f64 {
        match self.since.count {
            0 => self.since.sum,
            count => count as f64,
        }
    }

    /// The same, for each minute.
    #[must_use]
    pub fn per_minute(&self) -> f64 {
        match self.covered.as_secs_f64() {
            0.0 => 0.0,
            seconds => self.count() * 60.0 / seconds,
        }
    }

    /// What a gauge showed last.
    #[must_use]
    pub fn latest(&self) -> Option<f64> {
        self.since.latest
    }

    /// The average of a histogram's values, or of what a gauge showed from reading to reading.
    #[must_use]
    pub fn average(&self) -> Option<f64> {
        (self.since.count > 0).then(|| self.since.sum / self.since.count as f64)
    }

    /// What a share of a histogram's values did not exceed.
    ///
    /// With exponential buckets it is off by 4.4 % at most, by 8.7 % where values differ by more
    /// than a thousandfold; with chosen ones by as much as a bucket is wide.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.since.buckets.quantile(share)
    }
}

impl Reading {
    fn since(&self, begin: &Self) -> Self {
        Self {
            sum: self.sum - begin.sum,
            count: self.count.saturating_sub(begin.count),
            latest: self.latest,
            buckets: self.buckets.since(&begin.buckets),
        }
    }
}

impl Buckets {
    pub(super) fn exponential(mut negative: Counts, zeros: u64, mut positive: Counts) -> Self {
        negative.limit(MOST_BUCKETS);
        positive.limit(MOST_BUCKETS);
        Self::Exponential { negative, zeros, positive }
    }

    fn since(&self, begin: &Self) -> Self {
        match (self, begin) {
            (Self::Chosen(bounds, counts), Self::Chosen(_, before)) => {
                let pairs = counts.iter().zip(before);
                let added = pairs.map(|(count, before)| count.saturating_sub(*before));
                Self::Chosen(Arc::clone(bounds), added.collect())
            }
            (
                Self::Exponential { negative, zeros, positive },
                Self::Exponential { negative: low, zeros: none, positive: high },
            ) => Self::Exponential {
                negative: negative.since(low),
                zeros: zeros.saturating_sub(*none),
                positive: positive.since(high),
            },
            (whole, _) => whole.clone(),
        }
    }

    fn quantile(&self, share: f64) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Chosen(bounds, counts) => quantile_of_chosen(bounds, counts, share),
            Self::Exponential { negative, zeros, positive } => {
                let (low, high) = (negative.total(), positive.total());
                let total = low + zeros + high;
                let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0);
                if rank <= low as f64 {
                    // The largest of the negative ones is the smallest without its sign.
                    let from_zero = (low as f64 - rank + 1.0) / low as f64;
                    negative.quantile(from_zero).map(|value| -value)
                } else if rank <= (low + zeros) as f64 {
                    (total > 0).then_some(0.0)
                } else {
                    positive.quantile((rank - (low + zeros) as f64) / high as f64)
                }
            }
        }
    }
}

/// Within the bucket as if its values were spread evenly; beyond the last bound there is only that.
fn quantile_of_chosen(bounds: &[f64], counts: &[u64], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0);
    let mut seen = 0;
    for (at, count) in counts.iter().enumerate() {
        let before = seen;
        seen += count;
        if seen as f64 >= rank {
            let Some(high) = bounds.get(at) else { return bounds.last().copied() };
            let low = at.checked_sub(1).and_then(|at| bounds.get(at));
            let low = low.copied().unwrap_or_else(|| high.min(0.0));
            return Some(low + (high - low) * (rank - before as f64) / *count as f64);
        }
    }
    None
}

/// The readings of one series.
pub(super) struct Lately(OnceLock<Mutex<Past<Reading>>>);

impl Lately {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Reads, if somebody wants to know by now; called by the background thread alone.
    pub(super) fn watch<S: State>(&self, state: &S, now: u64) {
        if self.0.get().is_none() {
            if !windows::PLACES.take() {
                return;
            }
            let _ = self.0.set(Mutex::new(Past::new(windows::lengths())));
        }
        // In a forked child nobody gives back what another thread held: then there are no windows.
        let Some(Ok(mut past)) = self.0.get().map(Mutex::try_lock) else { return };
        if !past.is_due(now) {
            return;
        }
        let latest = past.latest().cloned();
        let reading = state.reading(latest.as_deref());
        // What has not changed is kept once.
        let reading = match latest {
            Some(latest) if *latest == reading => latest,
            _ => Arc::new(reading),
        };
        past.keep(now, &reading);
    }

    pub(super) fn windows<S: State>(&self, state: &S, now: u64) -> Vec<Window> {
        let Some(past) = self.0.get().map(lock) else { return Vec::new() };
        let until_now = state.reading(past.latest().map(AsRef::as_ref));
        past.begins(now)
            .map(|(length, covered, begin)| Window {
                length,
                covered,
                since: until_now.since(begin),
            })
            .collect()
    }
}

/// What a series did within each window.
pub(super) fn windows<S: State>(series: &Series<S>) -> Vec<Window> {
    series.lately.windows(&series.state, time::monotonic_nanos())
}

/// What a series did since it began.
pub(super) fn since_start<S: State>(series: &Series<S>) -> Window {
    let nanos = time::unix_nanos().saturating_sub(series.start_unix_nanos);
    let (length, since) = (Duration::from_nanos(nanos), series.state.reading(None));
    Window { length, covered: length, since }
}

/// All series, for the background thread.
pub(super) struct Watch;

impl Observe for Watch {
    fn observe(&self, now: u64) {
        registry::each(|family| family.watch(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counter, Gauge, Histogram};

    const SECOND: u64 = 1_000_000_000;

    /// Reads a series as the background thread does, once a second.
    fn watch<S: State>(
        series: &'static Series<S>,
        seconds: std::ops::Range<u64>,
        each: impl Fn(u64),
    ) {
        for second in seconds {
            each(second);
            series.lately.watch(&series.state, second * SECOND);
        }
    }

    #[test]
    fn a_counter_says_how_much_came_lately() {
        static METRIC: Counter = Counter::new("test.lately.counter", "");
        let series = METRIC.with(&()).0;

        watch(series, 0..600, |_| METRIC.add(2));
        METRIC.add(100);

        let windows = series.lately.windows(&series.state, 600 * SECOND);
        assert_eq!(windows[0].length(), Duration::from_secs(60));
        let within = windows[0].covered().as_secs_f64();
        assert!((55.0..=70.0).contains(&within), "{within}");
        assert!((windows[0].count() - (2.0 * within + 100.0)).abs() <= 4.0, "{windows:?}");
        assert!(windows[0].per_minute() > windows[1].per_minute());
        assert_eq!(since_start(series).count(), 1_300.0);
    }

    #[test]
    fn a_gauge_says_its_average_and_its_latest() {
        static METRIC: Gauge = Gauge::new("test.lately.gauge", "");
        let series = METRIC.with(&()).0;

        watch(series, 0..300, |second| METRIC.set(if second < 200 { 1 } else { 3 }));

        let windows = series.lately.windows(&series.state, 300 * SECOND);
        assert_eq!((windows[0].average(), windows[0].latest()), (Some(3.0), Some(3.0)));
        let longer = windows[1].average().unwrap();
        assert!((1.5..1.9).contains(&longer), "{longer}");
    }

    #[test]
    fn a_histogram_says_its_quantiles() {
        static SIZE: Histogram = Histogram::new("test.lately.size", "");
        static WAIT: Histogram = Histogram::new("test.lately.wait", "").bounds(&[10.0, 20.0]);
        let (size, wait) = (SIZE.with(&()).0, WAIT.with(&()).0);

        watch(size, 0..120, |second| SIZE.record(if second < 60 { 1_000 } else { -3 }));
        watch(wait, 0..120, |second| WAIT.record(if second < 60 { 5.0 } else { 15.0 }));

        let latest = |windows: Vec<Window>| windows.into_iter().next().unwrap();
        let size = latest(size.lately.windows(&size.state, 120 * SECOND));
        assert!((size.quantile(0.5).unwrap() + 3.0).abs() < 0.15, "{size:?}");
        assert_eq!(size.average().map(f64::round), Some(-3.0));
        let wait = latest(wait.lately.windows(&wait.state, 120 * SECOND));
        let median = wait.quantile(0.5).unwrap();
        assert!((10.0..20.0).contains(&median), "{median}");
    }

    #[test]
    fn quantiles_go_from_the_lowest_to_the_highest() {
        static METRIC: Histogram = Histogram::new("test.lately.signs", "");
        for value in [-8, -4, 0, 0, 4, 8, 16, 32, 64, 128] {
            METRIC.record(value);
        }

        let all = since_start(METRIC.with(&()).0);

        for (share, expected) in
            [(0.1, -8.0), (0.2, -4.0), (0.3, 0.0), (0.4, 0.0), (0.5, 4.0), (1.0, 128.0)]
        {
            let found = all.quantile(share).unwrap();
            assert!((found - expected).abs() <= expected.abs() * 0.0434, "{share}: {found}");
        }
    }
}
