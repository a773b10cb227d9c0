//! Libraries that use the API of OpenTelemetry 0.33, and exporters made for its SDK.
//!
//! [`install`] (or [`Builder::opentelemetry_0_33`]) makes Spandrel the global tracer provider and
//! propagator of that API. What libraries record through it are spans of the same recorder, in the
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
//! changes. Each of our spans notes which span the `opentelemetry::Context` held when it began. A
//! span that begins later, there or here, is the child of the span in that context if that is
//! another one than the noted (it became current within ours), else of our current span. The same
//! rule chooses what the [`Propagator`] injects, and what a log record belongs to
//! ([`logs::Correlated`]).
//!
//! One thing cannot be told: who asks for a root by giving a context without a span gets a child of
//! our current span.
//!
//! A program in which nobody uses the API pays nothing; from its first use on, each of our spans
//! looks once at the other context.
//!
//! # Code that reads `Context::current()`
//!
//! By default our spans are not in there. [`install_eager`] puts them there while they are current,
//! which costs tens of nanoseconds for each span.
//!
//! # Several versions of the API
//!
//! The types of that API are those of one 0.x version, so the feature and the module carry it in
//! their names, and a later version gets a module of its own beside this one. Up to four may be
//! installed at once: each has its own note in our spans, and each its own globals.
//!
//! # What is different from the SDK
//!
//! - Timestamps within the last millisecond count as now, and are taken from our clock: the API
//!   hands over the time of each `end()` as if it were somebody's.
//! - Scopes (names and versions) beyond 1,000 share one.
//!
//! [`Builder::opentelemetry_0_33`]: crate::Builder::opentelemetry_0_33

pub(crate) mod convert;
mod eager;
pub mod export;
mod foreign;
pub mod logs;
mod propagator;
mod provider;
mod scopes;
mod span;

use ::opentelemetry::global;

pub use self::{
    propagator::Propagator,
    provider::{Provider, Tracer},
    span::Span,
};

/// Makes Spandrel the global tracer provider and text-map propagator of the API.
///
/// Once is enough; it may come before or after [`init!`](crate::init).
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
