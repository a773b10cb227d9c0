//! Libraries that use the API of OpenTelemetry 0.33, and exporters made for its SDK.
//!
//! [`install`] (or [`Builder::opentelemetry_0_33`]) makes Spandrel the global provider of tracers and
//! meters, and the propagator of that API. What libraries record through it are spans of the same recorder, in the
//! same traces: the parents agree in both directions, for threads, tasks and futures.
//!
//! ```
//! use opentelemetry::{global, trace::Tracer as _};
//! use spandrel::{testing, traced};
//!
//! #[traced]
//! fn ours() {
//!     // What a library does.
//!     global::tracer("library").in_span("theirs", |_| inner());
//! }
//!
//! #[traced]
//! fn inner() {}
//!
//! spandrel::opentelemetry_0_33::install();
//! let capture = testing::capture();
//! capture.run(ours);
//!
//! let spans = capture.spans();
//! let find = |name| spans.iter().find(|span| span.name == name).unwrap();
//! assert_eq!(find("theirs").parent_span_id, Some(find("ours").span_id));
//! assert_eq!(find("inner").parent_span_id, Some(find("theirs").span_id));
//! ```
//!
//! # Which span is the parent
//!
//! The two worlds each have their own idea of what is current, and neither is told when the other's
//! changes. Each of our spans notes which span the `opentelemetry::Context` held when it began or was
//! last entered. A
//! span that begins later, there or here, is the child of the span in that context if that is
//! another one than the noted (it became current within ours), else of our current span. The same
//! rule chooses what the [`Propagator`] injects, and what a log record belongs to
//! ([`logs::Correlated`]).
//!
//! Who names a context without a span, while one with a span is current, gets a new trace. While
//! none is, that cannot be told from naming none, and our current span is the parent.
//!
//! A program in which nobody uses the API pays nothing; from its first use on, each of our spans
//! looks once at the other context. [`Span::current`](crate::Span::current) does not look there: it
//! is our span, also where one of the API's is nearer. What is carried to another thread or task
//! ([`spawn`](crate::spawn), [`Context::current`](crate::trace::Context::current)) is the nearest.
//!
//! # Code that reads `Context::current()`
//!
//! By default our spans are not in there. [`install_eager`] puts them there while they are current,
//! which costs each span more than it costs itself. What is said about them there is recorded; they
//! are not ended there. Spans of `tracing` that are recorded here do not appear there.
//!
//! # What is different from the SDK
//!
//! - Times within the last 20 µs count as now, and are taken from our clock: the API hands over the
//!   time of each `end()` as if it were somebody's. All others are kept to the nanosecond.
//! - A span that is not recorded has the ids of its parent.
//! - Keys on the deny-list (`password`, `token`, …) have the value `[REDACTED]`, and `SPANDREL_LEVEL`
//!   applies to tracers by their names; their spans are of level `info`.
//! - Of a scope, name and version are kept. Scopes beyond 1,000 share one, and their spans tell
//!   theirs as `otel.scope.name` and `otel.scope.version`; [`tracers_beyond`] counts.
//!
//! # Exporters, processors, logs
//!
//! [`export`] takes what was made for the SDK and feeds it with our spans, and [`logs::Correlated`]
//! gives log records of the SDK the right ids.
//!
//! # Metrics
//!
//! What libraries count through the API's meters is exported with the program's own
//! [`metrics`](crate::metrics), observable instruments included. Histograms without boundaries have
//! exponential buckets. Of scopes, name and version are kept. A [`MeterProvider`] bounds the series
//! of each metric; a program that wants other bounds sets one of its own after [`install`]:
//!
//! ```
//! use opentelemetry::global;
//! use spandrel::opentelemetry_0_33::MeterProvider;
//!
//! spandrel::opentelemetry_0_33::install();
//! global::set_meter_provider(MeterProvider::new().with_limit("library.requests", 100));
//! ```
//!
//! # Several versions of the API
//!
//! Each 0.x version of the API has traits, contexts and globals of its own, which know nothing of
//! those of another one. So the feature and the module carry the version in their names, and a
//! later version gets a module of its own beside this one; a program whose libraries use two
//! versions installs both. Up to four may be installed at once: the recorder asks each for its
//! current span, and each has its own note in our spans, so parents are right across versions, too.
//! What nobody can tell is which of two versions' spans became current last, if both did within our
//! current span; then the one that was installed last is the parent.
//!
//! [`Builder::opentelemetry_0_33`]: crate::Builder::opentelemetry_0_33

pub(crate) mod convert;
mod eager;
pub mod export;
mod finished;
mod foreign;
mod instruments;
pub mod logs;
mod measures;
mod meters;
#[cfg(test)]
mod meters_tests;
mod metrics;
mod propagator;
mod provider;
mod scopes;
mod span;
mod tentative;
mod words;

use ::opentelemetry::global;

pub use self::{
    meters::MeterProvider,
    metrics::MetricExporter,
    propagator::Propagator,
    provider::{Provider, Tracer},
    span::Span,
};

/// How many tracers were made whose scopes have no place of their own any more.
///
/// ```
/// assert_eq!(spandrel::opentelemetry_0_33::tracers_beyond(), 0);
/// ```
#[must_use]
pub fn tracers_beyond() -> u64 {
    scopes::beyond()
}

/// Makes Spandrel the global provider of tracers and meters, and text-map propagator, of the API.
///
/// In place of what the program has set before. Once is enough; it may come before or after [`init!`](crate::init).
///
/// ```
/// spandrel::opentelemetry_0_33::install();
/// ```
pub fn install() {
    if !foreign::install() {
        crate::diag::warn(format_args!(
            "too many tracing APIs are bridged; parents in the OpenTelemetry 0.33 API are lost"
        ));
    }
    global::set_tracer_provider(Provider::new());
    global::set_text_map_propagator(Propagator::new());
    global::set_meter_provider(MeterProvider::new());
}

/// The same, and puts our spans into `opentelemetry::Context` while they are current.
///
/// ```
/// spandrel::opentelemetry_0_33::install_eager();
/// ```
pub fn install_eager() {
    install();
    eager::install();
}
