//! How values are distributed.

use std::{borrow::Cow, fmt};

use super::{
    exemplar,
    family::Ignored,
    identity::Declared,
    instrument::{Instrument, declared},
    label_set::Known,
    labels::Labels,
    lately::{self, Window},
    name,
    number::Amount,
    series::Series,
    state::{BucketsOf, Distribution},
};
use crate::time;

/// Measures how values are distributed: sizes, durations, amounts.
///
/// Its buckets grow exponentially, eight for each doubling, whatever the size of the values: every
/// quantile is right within 4.4 %. Chosen bounds are for where something else asks for them.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::metrics::Histogram;
///
/// static SIZE: Histogram = Histogram::new("upload.size", "Size of uploads").unit("By");
/// static WAIT: Histogram = Histogram::new("checkout.wait", "Waiting for a till")
///     .unit("s")
///     .bounds(&[0.1, 0.25, 0.5, 1.0, 2.5]);
///
/// SIZE.record(1_234);
/// WAIT.with(&[("till", 3)]).record(Duration::from_millis(125));
/// ```
pub struct Histogram(Instrument<Distribution>);

/// A [`Histogram`] with its labels.
#[derive(Clone, Copy)]
pub struct BoundHistogram(pub(crate) &'static Series<Distribution>);

impl Histogram {
    /// Names a histogram, by the syntax of OpenTelemetry: letters, digits and `_.-/`.
    ///
    /// # Panics
    ///
    /// When the name has another syntax; in a constant, the compiler says so.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self(Instrument::new(Declared::new(name, description), BucketsOf::Exponential))
    }

    declared!();

    /// Chooses the buckets, by the highest value of each but the last.
    ///
    /// # Panics
    ///
    /// When the bounds are not finite and ascending, or more than 200; in a constant, the compiler
    /// says so.
    #[must_use]
    pub const fn bounds(self, bounds: &'static [f64]) -> Self {
        if let Some(problem) = name::problem_of_bounds(bounds) {
            panic!("{}", problem);
        }
        let declared = self.0.declared;
        // What is replaced holds nothing yet, but a constant must not drop it.
        std::mem::forget(self);
        Self(Instrument::new(declared, BucketsOf::Chosen(Cow::Borrowed(bounds))))
    }

    /// Counts a value without labels; what is no finite number is ignored, and that is counted.
    #[inline]
    pub fn record(&self, value: impl Amount) {
        BoundHistogram(self.0.bare()).record(value);
    }

    /// Returns the series of these labels, to record in now or often.
    #[inline]
    pub fn with(&self, labels: &(impl Labels + ?Sized)) -> BoundHistogram {
        BoundHistogram(self.0.family().find(labels))
    }

    /// Returns what it did without labels since it was first used.
    #[must_use]
    pub fn since_start(&self) -> Window {
        lately::since_start(self.0.bare())
    }

    /// Returns what it did lately without labels, for each window.
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        lately::windows(self.0.bare())
    }
}

impl BoundHistogram {
    /// The labels, as they are kept.
    pub(crate) fn labels(self) -> &'static [Known] {
        &self.0.labels
    }

    /// Counts a value; what is no finite number is ignored, and that is counted.
    #[inline]
    pub fn record(self, value: impl Amount) {
        record(self.0, value.amount());
    }

    /// Returns what it did since it was first used.
    #[must_use]
    pub fn since_start(self) -> Window {
        lately::since_start(self.0)
    }

    /// Returns what it did lately, for each window.
    #[must_use]
    pub fn windows(self) -> Vec<Window> {
        lately::windows(self.0)
    }
}

fn record(series: &'static Series<Distribution>, value: f64) {
    if !value.is_finite() {
        series.family.ignore(Ignored::NotFinite);
        return;
    }
    // Only for an exemplar matters when it was.
    let is_possible = exemplar::is_possible();
    let tick = if is_possible { time::ticks() } else { 0 };
    let is_welcome = match &series.state {
        Distribution::Exponential(values) => values.record(value, tick),
        Distribution::Chosen(bounds, values) => values.record(bounds, value, tick),
    };
    if is_welcome && is_possible {
        offer(&series.state, value);
    }
}

#[cold]
fn offer(distribution: &Distribution, value: f64) {
    let Some(exemplar) = exemplar::of(value) else { return };
    match distribution {
        Distribution::Exponential(values) => values.exemplar(exemplar),
        Distribution::Chosen(bounds, values) => values.exemplar(bounds, exemplar),
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl fmt::Debug for BoundHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BoundHistogram");
        shown.field("name", &self.0.family.identity.name);
        shown.field("labels", &self.0.labels).finish_non_exhaustive()
    }
}
