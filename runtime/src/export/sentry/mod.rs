//! Error tracking: errors and panics become events of Sentry, or of whatever understands its protocol.
//!
//! With `SENTRY_DSN` set (or [`Sentry::dsn`] in code) every error that an instrumented function
//! returns, every panic and every answer of a server whose status counts as failed becomes one event:
//! an error that passes through five functions, once. It says where it happened, what caused it, in
//! which trace and span, what was logged in that trace before, and whom it was about if the program
//! says so. Everything goes through the same [redaction](crate::redact) as spans do.
//!
//! ```
//! use spandrel::sentry;
//!
//! fn settle(order: u64) {
//!     let _about = sentry::Scope::new().user("u-17").tag("plan", "gold").enter();
//!     if let Err(error) = "x".parse::<u64>() {
//!         sentry::capture(&error).with("order", order);
//!     }
//! }
//! # settle(1);
//! ```
//!
//! Traces that the sampler turned down are watched as well: their spans are recorded, looked at and
//! dropped. Nothing here makes a function wait. What cannot be sent is tried again for a while, then
//! dropped with a warning. What the receiver says about its limits (`X-Sentry-Rate-Limits`, 429,
//! `Retry-After`) is kept to: until then events are dropped and counted.
//!
//! Memory is bounded: texts end after 8 KiB, and events that find no room are counted in
//! [`Report::tracking`](crate::Report::tracking). A process that was forked after telemetry had
//! started takes no backtraces, because the lock for them may be held for ever there; its events say
//! the place instead.
//!
//! What may be about a person is left out unless [`Sentry::personal_data`] says otherwise. Of the
//! attributes of a span those are sent that the conventions have for the program itself: `code.*`,
//! `db.*` (no parameters, users or `db.statement`), `error.type`, method, route, status and sizes of
//! `http.*`, `gen_ai.*` (no content, no ids of conversations), `messaging.*` (no keys, no ids of
//! messages), `network.protocol.*`, `otel.*`, `rpc.*` (no metadata), `service.*`, `spandrel.*`,
//! `url.scheme` and `url.template`. No other one is, so no captured argument, unless
//! [`Sentry::attributes`] names it. Sent as they are, but for redaction, are the texts of errors and
//! panics, messages of log records and names of events, and what [`Scope`] and [`capture`] are told.

mod capture;
mod config;
mod crumbs;
mod deliver;
mod event;
mod incident;
mod limits;
mod panics;
mod personal;
mod sink;
mod stack;

pub use capture::{Captured, Scope, capture};
pub(crate) use config::Checked;
pub use config::{InvalidSentry, Sentry};
pub(crate) use crumbs::{CrumbSink, Crumbs};
pub(crate) use panics::watch_panics;
pub use sentry_core::protocol;
pub(crate) use sink::SentrySink;
