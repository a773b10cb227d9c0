//! Makes the metrics of users of the API.

use std::sync::Arc;

use ::opentelemetry::{
    InstrumentationScope,
    metrics::{self as api, Meter},
};

use super::instruments::Instruments;

/// The meter provider: everything is counted with the program's own metrics.
///
/// ```
/// use opentelemetry::{KeyValue, metrics::MeterProvider as _};
/// use spandrel::{opentelemetry_0_33::MeterProvider, testing};
///
/// let meter = MeterProvider::new().meter("library");
/// let requests = meter.u64_counter("library.requests").with_unit("{request}").build();
/// requests.add(2, &[KeyValue::new("route", "/orders")]);
///
/// let metrics = testing::metrics();
/// assert_eq!(metrics.count("library.requests", &[("route", "/orders")]), Some(2.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeterProvider {
    limits: Arc<Vec<Limit>>,
}

/// How many series metrics of a name may have.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    /// A name, or the beginning of names and `*`.
    pub(super) pattern: String,
    pub(super) series: usize,
}

impl MeterProvider {
    /// Each metric has at most 2,000 series.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds how many series a metric may have, at least 2 and at most 100,000.
    ///
    /// The metric is given by its name, or several by how their names begin and `*`. The first that
    /// fits counts, and what a metric was made with stays.
    ///
    /// ```
    /// use spandrel::opentelemetry_0_33::MeterProvider;
    ///
    /// let provider =
    ///     MeterProvider::new().with_limit("http.server.*", 500).with_limit("*", 100);
    /// # let _ = provider;
    /// ```
    #[must_use]
    pub fn with_limit(mut self, pattern: &str, series: usize) -> Self {
        let limit = Limit { pattern: pattern.to_owned(), series: series.clamp(2, 100_000) };
        Arc::make_mut(&mut self.limits).push(limit);
        self
    }
}

impl api::MeterProvider for MeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        Meter::new(Arc::new(Instruments::new(&scope, Arc::clone(&self.limits))))
    }
}
