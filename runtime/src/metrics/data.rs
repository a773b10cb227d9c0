//! Metrics at one moment, cumulative since their start: the one form that all exporters read.
//!
//! The vocabulary is that of the OpenTelemetry metrics data model. Names are dotted and carry no
//! unit; what another system calls them is up to its exporter.

use std::borrow::Cow;

/// Everything that is counted, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    /// When it was taken, in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// In the order of their sources; a name of one scope is there once.
    pub metrics: Vec<Metric>,
}

impl Snapshot {
    /// How many points there are.
    #[cfg(feature = "console")]
    pub(crate) fn points(&self) -> u32 {
        let points = self.metrics.iter().map(|metric| match &metric.data {
            Data::Sum { points, .. } | Data::Gauge(points) => points.len(),
            Data::Histogram(points) => points.len(),
            Data::Exponential(points) => points.len(),
        });
        u32::try_from(points.sum::<usize>()).unwrap_or(u32::MAX)
    }
}

/// One metric with all its points.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    /// Dotted, without unit: `http.server.request.duration`.
    pub name: Cow<'static, str>,
    pub description: Cow<'static, str>,
    /// Of the UCUM: `s`, `By`, `1`, `{call}`.
    pub unit: Cow<'static, str>,
    pub scope: Scope,
    pub data: Data,
}

/// Who counts: a library or a module of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub name: Cow<'static, str>,
    pub version: Option<Cow<'static, str>>,
}

/// The points of a metric, by its kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// What only grows, or grows and shrinks.
    Sum { monotonic: bool, points: Vec<Point<Number>> },
    /// What is as it is now.
    Gauge(Vec<Point<Number>>),
    /// A distribution over buckets that were chosen in advance.
    Histogram(Vec<Point<Explicit>>),
    /// A distribution over buckets whose bounds grow exponentially.
    Exponential(Vec<Point<Exponential>>),
}

/// What was counted under one set of labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point<T> {
    /// Sorted by key; a key is there once.
    pub labels: Labels,
    /// Since when it is counted, in nanoseconds since the Unix epoch.
    pub start_unix_nanos: u64,
    pub value: T,
    pub exemplars: Vec<Exemplar>,
}

pub(crate) type Labels = Vec<(Cow<'static, str>, Label)>;

/// The value of a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Label {
    Str(Cow<'static, str>),
    I64(i64),
    F64(f64),
    Bool(bool),
}

/// A count or a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    U64(u64),
    I64(i64),
    F64(f64),
}

/// A distribution over chosen buckets; bucket `i` ends with `bounds[i]`, which belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Explicit {
    pub bounds: Cow<'static, [f64]>,
    /// One more than the bounds.
    pub counts: Vec<u64>,
    pub count: u64,
    pub sum: f64,
    /// Neither, where nothing was measured yet.
    pub min_max: Option<(f64, f64)>,
}

/// A distribution over buckets of base `2^(2^-scale)`; their upper bounds belong to them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exponential {
    pub scale: i32,
    pub zeros: u64,
    pub positive: Buckets,
    pub negative: Buckets,
    pub count: u64,
    pub sum: f64,
    /// Neither, where nothing was measured yet.
    pub min_max: Option<(f64, f64)>,
    /// Exact counts at bounds that matter, ascending.
    pub thresholds: Vec<Threshold>,
}

/// Counts from the bucket `offset` on; bucket `i` holds values in `(base^i, base^(i+1)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub offset: i32,
    pub counts: Vec<u64>,
}

/// How many values are at most as large as a bound; exact, wherever the bound lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Threshold {
    pub bound: f64,
    pub at_most: u64,
}

/// A measured value and the span within which it was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub value: f64,
    pub unix_nanos: u64,
    pub trace_id: u128,
    pub span_id: u64,
}
