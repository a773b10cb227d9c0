//! What a program says about the export of its metrics.

use std::{fmt, time::Duration};

#[cfg(feature = "otlp")]
use crate::export::Otlp;
#[cfg(feature = "file")]
use crate::export::OtlpFile;
#[cfg(feature = "console")]
use crate::export::output::Output;

/// Exports metrics, every minute unless told otherwise, at each flush and at the end.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::export::Metrics;
///
/// let metrics = Metrics::console().with_interval(Duration::from_secs(10));
/// # drop(metrics);
/// ```
#[derive(Debug)]
#[must_use = "metrics go nowhere before this is given to a builder"]
pub struct Metrics {
    pub(crate) to: Receiver,
    pub(crate) plan: Plan,
}

/// How metrics are read, wherever they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) temporality: Temporality,
    pub(crate) buckets: HistogramBuckets,
}

/// Where metrics go.
pub(crate) enum Receiver {
    #[cfg(feature = "console")]
    Console(Output),
    #[cfg(feature = "file")]
    File(OtlpFile),
    #[cfg(feature = "otlp")]
    Otlp(Box<Otlp>),
}

/// Whether counters and distributions tell what was counted since a start or since the last export.
///
/// Sums that can shrink and measures always tell how things stand.
///
/// ```
/// use spandrel::export::Temporality;
///
/// assert_eq!(Temporality::default(), Temporality::Cumulative);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Temporality {
    /// Since the start: what Prometheus and most other receivers expect.
    #[default]
    Cumulative,
    /// Since the last export that arrived: what some vendors expect.
    ///
    /// What a receiver took without saying so in time it is sent once more.
    Delta,
}

/// The buckets in which distributions are sent that were measured in exponential ones.
///
/// ```
/// use spandrel::export::HistogramBuckets;
///
/// assert_eq!(HistogramBuckets::default(), HistogramBuckets::Exponential);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistogramBuckets {
    /// Powers of two, for receivers that take no exponential ones.
    Explicit,
    /// As they were measured, at their full resolution.
    #[default]
    Exponential,
}

impl Metrics {
    /// To whatever takes OTLP (`OTEL_METRICS_EXPORTER=otlp`).
    ///
    /// ```
    /// use spandrel::export::{Metrics, Otlp, Temporality};
    ///
    /// let vendor = Otlp::http().endpoint("https://otlp.vendor.example").header("api-key", "s3cret");
    /// let metrics = Metrics::otlp(vendor).with_temporality(Temporality::Delta);
    /// # drop(metrics);
    /// ```
    #[cfg(feature = "otlp")]
    pub fn otlp(otlp: Otlp) -> Self {
        Self::to(Receiver::Otlp(Box::new(otlp)))
    }

    /// To a file, or to stdout: lines of OTLP in JSON (`OTEL_METRICS_EXPORTER=otlp_file`).
    ///
    /// ```
    /// use spandrel::export::{Metrics, OtlpFile};
    ///
    /// let metrics = Metrics::otlp_file(OtlpFile::to("/var/log/shop/metrics.jsonl"));
    /// # drop(metrics);
    /// ```
    #[cfg(feature = "file")]
    pub const fn otlp_file(file: OtlpFile) -> Self {
        Self::to(Receiver::File(file))
    }

    /// To stderr, as a table for people (`OTEL_METRICS_EXPORTER=console`).
    #[cfg(feature = "console")]
    pub const fn console() -> Self {
        Self::to(Receiver::Console(Output::Stderr))
    }

    /// To stderr as a table, once: when the program ends (`SPANDREL_SUMMARY=true`).
    ///
    /// ```no_run
    /// use spandrel::export::Metrics;
    ///
    /// # fn main() -> Result<(), spandrel::Error> {
    /// let telemetry = spandrel::builder!().metrics(Metrics::summary()).init()?;
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`MetricsTable`](crate::export::MetricsTable) shows what the table looks like.
    #[cfg(feature = "console")]
    pub const fn summary() -> Self {
        Self::console().with_interval(Duration::MAX)
    }

    const fn to(to: Receiver) -> Self {
        Self { to, plan: Plan::DEFAULT }
    }

    /// How often metrics are exported (`OTEL_METRIC_EXPORT_INTERVAL`); not below 10 ms.
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.plan.interval = interval;
        self
    }

    /// How long one export may take, with all its requests (`OTEL_METRIC_EXPORT_TIMEOUT`).
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.plan.timeout = timeout;
        self
    }

    /// What is told of counters and distributions, except on the console.
    ///
    /// `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` says the same.
    pub const fn with_temporality(mut self, temporality: Temporality) -> Self {
        self.plan.temporality = temporality;
        self
    }

    /// In which buckets distributions are sent.
    ///
    /// `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` says the same.
    pub const fn with_histogram_buckets(mut self, buckets: HistogramBuckets) -> Self {
        self.plan.buckets = buckets;
        self
    }
}

impl Plan {
    pub(crate) const DEFAULT: Self = Self {
        interval: Duration::from_secs(60),
        timeout: Duration::from_secs(30),
        temporality: Temporality::Cumulative,
        buckets: HistogramBuckets::Exponential,
    };
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "console")]
            Self::Console(_) => f.write_str("Console"),
            #[cfg(feature = "file")]
            Self::File(file) => file.fmt(f),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => otlp.fmt(f),
        }
    }
}
