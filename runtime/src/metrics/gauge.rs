//! What is as it is now.

use std::fmt;

use super::{
    counter::handle,
    family::Ignored,
    identity::Declared,
    instrument::{Instrument, declared},
    labels::Labels,
    lately::{self, Window},
    number::{Amount, Number},
    observe::{Observed, Observer},
    series::Series,
    state::Latest,
};

/// Shows what is as it is now: a temperature, the depth of a queue.
///
/// It is set when it changes, or asked for when metrics are collected.
///
/// ```
/// use spandrel::metrics::Gauge;
///
/// static HEAT: Gauge = Gauge::new("oven.temperature", "Heat of the oven").unit("Cel");
/// static DEPTH: Gauge<i64> = Gauge::new("queue.depth", "Jobs that wait");
///
/// HEAT.set(219.5);
/// HEAT.with(&[("oven", "left")]).set(90);
/// DEPTH.observe(|| 3);
/// ```
pub struct Gauge<T: Number = f64>(Instrument<Latest<T>>);

/// A [`Gauge`] with its labels.
pub struct BoundGauge<T: Number = f64>(pub(crate) &'static Series<Latest<T>>);

impl<T: Number> Gauge<T> {
    /// Names a gauge, by the syntax of OpenTelemetry: letters, digits and `_.-/`.
    ///
    /// # Panics
    ///
    /// When the name has another syntax; in a constant, the compiler says so.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self(Instrument::new(Declared::new(name, description), ()))
    }

    declared!();

    /// Sets it, without labels. What is no finite number is ignored, and that is counted.
    #[inline]
    pub fn set(&self, value: impl Amount<T>) {
        BoundGauge(self.0.bare()).set(value);
    }

    /// Adds to it, without labels; to subtract, add what is negative.
    #[inline]
    pub fn add(&self, by: impl Amount<T>) {
        BoundGauge(self.0.bare()).add(by);
    }

    /// Returns the series of these labels, to set it now or often.
    #[inline]
    pub fn with(&self, labels: &(impl Labels + ?Sized)) -> BoundGauge<T> {
        BoundGauge(self.0.family().find(labels))
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

    /// Asks for the value whenever metrics are collected.
    ///
    /// What a callback says takes the place of what was set. It runs on the thread that collects,
    /// so it should be quick; if it panics, that is counted, and nothing is shown.
    pub fn observe(&self, value: impl Fn() -> T + Send + Sync + 'static) -> Observed {
        self.observe_each(move |observer| observer.observe(value(), &()))
    }

    /// Asks for values with labels whenever metrics are collected.
    pub fn observe_each(
        &self,
        observe: impl Fn(&mut Observer<'_, T>) + Send + Sync + 'static,
    ) -> Observed {
        self.0.family().callbacks.add(observe)
    }
}

impl<T: Number> BoundGauge<T> {
    /// Sets it. What is no finite number is ignored, and that is counted.
    #[inline]
    pub fn set(self, value: impl Amount<T>) {
        let value = value.amount();
        if value.is_finite() {
            self.0.state.set(value);
        } else {
            self.0.family.ignore(Ignored::NotFinite);
        }
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

    /// Adds to it; to subtract, add what is negative.
    pub fn add(self, by: impl Amount<T>) {
        let by = by.amount();
        if by.is_finite() {
            self.0.state.add(by);
        } else {
            self.0.family.ignore(Ignored::NotFinite);
        }
    }
}

handle!(Gauge, BoundGauge;);
