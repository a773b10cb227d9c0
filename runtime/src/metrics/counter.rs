//! What only grows, and what grows and shrinks.

use std::fmt;

use super::{
    exemplar,
    family::Ignored,
    identity::Declared,
    instrument::{Instrument, declared},
    labels::Labels,
    lately::{self, Window},
    number::{self, Number},
    observe::{Observed, Observer},
    series::Series,
    source,
    state::Total,
};

/// Counts what only grows.
///
/// A constant costs nothing before it is used. Of whole numbers unless told otherwise:
/// `Counter<f64>` adds up seconds or money.
///
/// ```
/// use spandrel::metrics::Counter;
///
/// static ORDERS: Counter = Counter::new("business.orders.created", "Orders created");
/// static SENT: Counter = Counter::new("mail.sent", "Bytes of mail sent").unit("By").limit(100);
///
/// ORDERS.add(1);
/// SENT.with(&[("region", "eu")]).add(1_500);
///
/// // Where it is hot, the look-up of the labels is done once.
/// let eu = ORDERS.with(&[("region", "eu")]);
/// for _ in 0..10 {
///     eu.add(1);
/// }
/// ```
///
/// A name that cannot be one is an error of the compiler:
///
/// ```compile_fail
/// # use spandrel::metrics::Counter;
/// static ORDERS: Counter = Counter::new("orders created", "Orders created");
/// ```
pub struct Counter<T: Number = u64>(Instrument<Total<T, true>>);

/// A [`Counter`] with its labels: as cheap as counting gets.
///
/// Copy it wherever it is needed; it stays good as long as the program runs.
pub struct BoundCounter<T: Number = u64>(pub(crate) &'static Series<Total<T, true>>);

impl<T: Number> Counter<T> {
    /// Names a counter, by the syntax of OpenTelemetry: letters, digits and `_.-/`.
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

    /// Counts without labels. What is negative or no finite number is ignored, and that is counted.
    #[inline]
    pub fn add(&self, by: T) {
        BoundCounter(self.0.bare()).add(by);
    }

    /// Returns the series of these labels, to count in now or often.
    #[inline]
    pub fn with(&self, labels: &(impl Labels + ?Sized)) -> BoundCounter<T> {
        BoundCounter(self.0.family().find(labels))
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

    /// Asks for the whole count whenever metrics are collected: what something else has counted.
    ///
    /// It is added to what was counted here.
    pub fn observe(&self, count: impl Fn() -> T + Send + Sync + 'static) -> Observed {
        self.observe_each(move |observer| observer.observe(count(), &()))
    }

    /// Asks for counts with labels whenever metrics are collected.
    pub fn observe_each(
        &self,
        observe: impl Fn(&mut Observer<'_, T>) + Send + Sync + 'static,
    ) -> Observed {
        self.0.family().callbacks.add(observe)
    }
}

impl<T: Number> BoundCounter<T> {
    /// Counts. What is negative or no finite number is ignored, and that is counted.
    #[inline]
    pub fn add(self, by: T) {
        // Written so that a number that is none fails, too.
        if !(by >= T::default() && by.is_finite()) {
            self.ignore(by);
            return;
        }
        count(&self.0.state, by);
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

    #[cold]
    fn ignore(self, by: T) {
        let why = if by.is_finite() { Ignored::Negative } else { Ignored::NotFinite };
        self.0.family.ignore(why);
    }
}

/// Counts what grows and shrinks: what is under way, what is in store.
///
/// ```
/// use spandrel::metrics::UpDownCounter;
///
/// static OPEN: UpDownCounter = UpDownCounter::new("connections.open", "Open connections");
///
/// OPEN.add(1);
/// OPEN.with(&[("protocol", "h2")]).add(2);
/// OPEN.add(-1);
/// ```
pub struct UpDownCounter<T: Number = i64>(Instrument<Total<T, false>>);

/// An [`UpDownCounter`] with its labels: as cheap as counting gets.
pub struct BoundUpDownCounter<T: Number = i64>(pub(crate) &'static Series<Total<T, false>>);

impl<T: Number> UpDownCounter<T> {
    /// Names a counter, by the syntax of OpenTelemetry: letters, digits and `_.-/`.
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

    /// Counts without labels. What is no finite number is ignored, and that is counted.
    #[inline]
    pub fn add(&self, by: T) {
        BoundUpDownCounter(self.0.bare()).add(by);
    }

    /// Returns the series of these labels, to count in now or often.
    #[inline]
    pub fn with(&self, labels: &(impl Labels + ?Sized)) -> BoundUpDownCounter<T> {
        BoundUpDownCounter(self.0.family().find(labels))
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

    /// Asks for the whole count whenever metrics are collected: what something else has counted.
    ///
    /// It is added to what was counted here.
    pub fn observe(&self, count: impl Fn() -> T + Send + Sync + 'static) -> Observed {
        self.observe_each(move |observer| observer.observe(count(), &()))
    }

    /// Asks for counts with labels whenever metrics are collected.
    pub fn observe_each(
        &self,
        observe: impl Fn(&mut Observer<'_, T>) + Send + Sync + 'static,
    ) -> Observed {
        self.0.family().callbacks.add(observe)
    }
}

impl<T: Number> BoundUpDownCounter<T> {
    /// Counts. What is no finite number is ignored, and that is counted.
    #[inline]
    pub fn add(self, by: T) {
        if !by.is_finite() {
            self.0.family.ignore(Ignored::NotFinite);
            return;
        }
        count(&self.0.state, by);
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

#[inline(always)]
fn count<T: Number, const MONOTONIC: bool>(total: &Total<T, MONOTONIC>, by: T) {
    number::add(by, &total.sum);
    if exemplar::is_possible() {
        offer(total, by);
    }
}

#[inline(never)]
fn offer<T: Number, const MONOTONIC: bool>(total: &Total<T, MONOTONIC>, by: T) {
    if total.sum.wants_exemplar(source::round())
        && let Some(exemplar) = exemplar::of(by.to_f64())
    {
        total.sum.exemplar(exemplar);
    }
}

/// Copies of handles are the same series, whatever is counted.
macro_rules! handle {
    ($($instrument:ident, $handle:ident;)*) => {$(
        impl<T: Number> Clone for $handle<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Number> Copy for $handle<T> {}

        impl<T: Number> fmt::Debug for $handle<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($handle));
                shown.field("name", &self.0.family.identity.name);
                shown.field("labels", &self.0.labels).finish_non_exhaustive()
            }
        }

        impl<T: Number> fmt::Debug for $instrument<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($instrument));
                shown.field("name", &self.name()).finish_non_exhaustive()
            }
        }
    )*};
}
pub(super) use handle;

handle! {
    Counter, BoundCounter;
    UpDownCounter, BoundUpDownCounter;
}
