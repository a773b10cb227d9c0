//! Spans and events of libraries that use `tracing`, in one trace with ours.
//!
//! [`layer`] is a `tracing_subscriber` layer without a tracer, a provider or a context of its own:
//! it turns the spans of other libraries into spans of the recorder, over the same notion of what
//! is current. So parents agree in both directions, on every thread and across every `.await`.
//!
//! ```
//! use spandrel::{testing, traced, tracing::SpanExt as _};
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! #[traced]
//! fn ours() {
//!     let theirs = tracing::info_span!("inner", attempt = 1);
//!     theirs.in_scope(|| tracing::warn!(disk = "sda", "slow"));
//! }
//!
//! let subscriber = tracing_subscriber::registry().with(spandrel::tracing::layer());
//! let capture = testing::capture();
//! tracing::subscriber::with_default(subscriber, || {
//!     capture.run(|| tracing::info_span!("outer").in_scope(ours));
//! });
//!
//! let spans = capture.spans();
//! let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
//! assert_eq!(names, ["outer", "ours", "inner"]);
//! assert_eq!(spans[1].parent_span_id, Some(spans[0].span_id));
//! assert_eq!(spans[2].parent_span_id, Some(spans[1].span_id));
//! assert_eq!(spans[2].events[0].name, "slow");
//! ```
//!
//! # The subscriber of the program
//!
//! [`init!`](crate::init) looks whether the program has a global subscriber. One that is there is
//! left alone, and a line says to add this layer to it if it has not got it. If there is none,
//! `init!` installs one with this layer. [`Builder::tracing`](crate::Builder::tracing) switches
//! that off.
//!
//! # Lines
//!
//! Events are log records, too, each with the `trace_id` and `span_id` that an outgoing request
//! would carry. Under the subscriber that `init!` installs they become lines on stderr for people;
//! `SPANDREL_LOG_FORMAT=json` writes them as JSON on stdout, under any subscriber that has this
//! layer, and so do `OTEL_LOGS_EXPORTER` and [`Builder::log_lines`](crate::Builder::log_lines).
//! `SPANDREL_LOG` says which events are meant, else `RUST_LOG` does, else `SPANDREL_LEVEL`, else
//! those from `info` on are.
//!
//! # What becomes what
//!
//! | in `tracing` | here |
//! |---|---|
//! | a span's name, target, level, fields | name, instrumentation scope, level, typed attributes |
//! | `SPANDREL_LEVEL` | applies to targets as it does to modules |
//! | a field on the deny-list (`password`, `token`, …) | `[REDACTED]` |
//! | `otel.name`, `otel.kind`, `otel.status_code`, `otel.status_message` | the span's name, kind and status |
//! | `follows_from` | a link |
//! | an event | an event of the current span, with `level` and `target` |
//! | an event of level `ERROR` | that, and the span's status is an error |
//! | an event of `error` and no message, as `#[instrument(err)]` makes | an `exception`, and the status |
//! | a query of `sqlx` | a client span from its start to its end, the statement without literals; whether it failed is not known |
//! | records of the `log` crate by `tracing-log` | events with the target of the record |
//!
//! A span lasts from its creation until it is left last; one that is never entered, until it is
//! closed. Where a trace begins, and for callsites with one of the `otel` fields, nothing is
//! recorded before the span is entered, so that [`SpanExt::set_parent`] comes in time.
//!
//! # Our spans, in `tracing`
//!
//! A function under `#[spandrel::instrument]` is a span of ours and one of `tracing` as well, for
//! whatever subscriber is there: with this layer, `tracing::Span::current()` is our span under
//! another name. [`Builder::mirror`](crate::Builder::mirror) shows all other spans likewise. The
//! layer itself adds nothing for them, and [`is_mirrored`] tells other layers.
//!
//! The subscriber that `init!` installs needs neither: it shows the span of ours that is current
//! when somebody asks `tracing::Span::current()`.

mod callsite;
mod entered;
mod event;
mod install;
mod layer;
mod log_record;
pub(crate) mod mirror;
mod places;
mod span_ext;
mod sqlx;
mod tracked;
mod visit;
mod wanted;

pub use mirror::callsite::is_mirrored;
pub use span_ext::{SetParentError, SpanExt};

use tracing_core::Subscriber;
use tracing_subscriber::{layer::Layer, registry::LookupSpan};

pub(crate) use install::{ask_anew, at_init, is_free};

/// The layer that turns spans and events of other libraries into ours.
///
/// Before telemetry is started it asks `tracing` for nothing, and so do levels that
/// `SPANDREL_LEVEL` switches off; what other layers ask for is theirs.
///
/// ```
/// use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
///
/// tracing_subscriber::registry().with(spandrel::tracing::layer()).init();
/// ```
#[must_use]
pub fn layer<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> LookupSpan<'span> + 'static,
{
    layer::Recording::new().with_filter(wanted::Wanted)
}
