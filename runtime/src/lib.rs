//! Attribute macros that generate OpenTelemetry instrumentation and resilience code.
//!
//! Annotate functions, start telemetry once, and read the traces wherever OpenTelemetry is read.
//!
//! ```
//! use spandrel::traced;
//!
//! #[traced(kind = client, fields(order.id = id))]
//! async fn charge(id: u64) -> Result<u64, std::io::Error> {
//!     Ok(id)
//! }
//!
//! # #[allow(clippy::needless_doctest_main)]
//! fn main() -> Result<(), spandrel::Error> {
//!     # return Ok(());
//!     let telemetry = spandrel::init!()?;
//!     // The program.
//!     drop(telemetry); // Sends what is left.
//!     Ok(())
//! }
//! ```
//!
//! A span with two attributes costs about what reading the clock twice does, allocates nothing, and
//! is handed to a background thread that never holds the program up. A library may annotate without
//! asking anybody: until a program calls [`init!`], its spans cost a load and a test.
//!
//! # Where to look
//!
//! - [`traced`], [`instrument`], [`counted`], [`span!`]: the attributes and their options.
//! - [`Span`], [`SpanHandle`], [`FutureExt`], [`spawn`], [`thread`]: spans in code.
//! - [`trace`]: contexts, propagation across processes, samplers, limits.
//! - [Which policy when](_resilience), and what they do together; [`resilience`]: the same as objects.
//! - [`http`]: requests that come in and go out, correlation ids.
//! - [`export`]: where spans go. [`Builder`]: configuration in code.
//! - [`testing`]: the spans of a test. [`functions`]: what a program has annotated.
//!
//! # Features
//!
//! Each adds an interface or dependencies, none changes what the others do. On by default are
//! `macros`, `tokio` and `console`.
//!
//! - `macros`: the attributes. A program that only calls the plain API can do without.
//! - `tokio`: [`spawn`] and [`spawn_blocking`], which carry the context into tasks.
//! - `console`: spans for the eyes of a developer, as a tree or in lines of JSON.
//! - `otlp`: when traces go to a collector or a vendor, over HTTP. Includes the spool on disk for
//!   the time that it is away.
//! - `otlp-grpc`: when that collector is reached over gRPC.
//! - `zipkin`: when it is Zipkin.
//! - `file`: when they go to files that something else picks up; also the flight recorder.
//! - `http`: when context travels in an `http::HeaderMap`, as with hyper, axum, reqwest and tonic.
//! - `tower`: when the program serves or sends requests through services of tower, as with axum,
//!   hyper and tonic: [`http`].
//! - `reqwest`: when it sends them with reqwest.
//! - `stream`: when functions return streams.
//! - `tracing`: when the program or its libraries use `tracing`.
//! - `log`: when they use the `log` crate, and nothing makes events of `tracing` of that.
//! - `metrics-0-24`: when libraries count through the `metrics` facade.
//! - `process`: when metrics are to show what the process, its host and its runtimes of tokio use.
//! - `opentelemetry-0-33`: when libraries use the API of OpenTelemetry, or an exporter made for its
//!   SDK is to take the spans.
//! - `redis-1`: when commands that the program sends to Redis by `redis` 1 are to be spans, or limits
//!   and manual modes are to hold for several processes ([`redis_1`]).
//! - `hyper-1`, `sqlx-0-9`, `tonic-0-14`: when errors of these libraries decide what is tried again;
//!   those of `reqwest`, `redis` and HTTP can with the features `reqwest`, `redis-1` and `http`.
//! - `prometheus`: when Prometheus scrapes the program, on a port that serves `/metrics` alone.
//! - `prometheus-remote-write`: when nothing can scrape it, and metrics are sent.
//! - `admin`: when one also wants to look at a running program, on a port of its own ([`admin`]).
//! - `axum-0-8`: when that is to be on the port that the program has, with axum 0.8, and when its
//!   handlers answer with a [`Rejected`].
//! - `sentry`: when errors and panics are to be events of Sentry ([`sentry`]).
//! - `toml`: when a file is to set options of policies (`SPANDREL_CONFIG`).
//! - `chaos`: when policies are to inject faults, to see what a program makes of them.
//! - `full`: all of them.
//! - `test-util`, among the dev-dependencies: when tests are to have policies of their own, time that
//!   stands, and scripted functions ([`testing`]).

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "admin")]
pub mod admin;
#[cfg(all(feature = "prometheus", not(feature = "admin")))]
mod admin;
#[cfg(doc)]
#[doc = include_str!("../docs/environment.md")]
pub mod _environment {}
#[cfg(doc)]
#[doc = include_str!("../docs/resilience.md")]
pub mod _resilience {}
#[cfg(doc)]
#[doc = include_str!("../docs/configuration.md")]
pub mod _configuration {}
#[cfg(all(feature = "test-util", feature = "otlp"))]
#[doc(hidden)]
pub mod bench;
mod call;
mod capture;
mod cell;
mod conceal;
mod diag;
mod error;
pub mod export;
mod functions;
pub mod genai;
pub mod http;
mod init;
mod level;
#[cfg(feature = "log")]
mod log;
pub mod logs;
pub mod metrics;
#[cfg(feature = "metrics-0-24")]
pub mod metrics_0_24;
mod mirror;
#[cfg(feature = "opentelemetry-0-33")]
pub mod opentelemetry_0_33;
mod operation;
mod outcome;
mod pace;
mod paths;
#[cfg(feature = "process")]
pub mod process;
mod random;
pub mod redact;
#[cfg(feature = "redis-1")]
pub mod redis_1;
pub mod resilience;
mod resource;
mod sensitive;
mod site;
mod sql;
mod sync;
pub mod testing;
mod time;
pub mod trace;
#[cfg(feature = "tracing")]
pub mod tracing;
mod value;

pub use call::{AsOutcome, ErrorInfo, IntoLinks, IntoParent};
pub use error::Error;
#[cfg(feature = "sentry")]
pub use export::sentry;
pub use functions::{
    Function, Functions, Objective, Statistics, Suggestion, Window, explain, functions,
};
#[cfg(feature = "file")]
pub use init::FlightReport;
pub use init::{Builder, ExporterReport, LogReport, Report, Shutdown, ShuttingDown, Telemetry};
pub use outcome::Outcome;
pub use resilience::{Rejected, policies};
pub use resource::Resource;
pub use sensitive::Sensitive;
pub use site::{Level, Site, SpanKind};
#[cfg(feature = "macros")]
pub use spandrel_macros::{
    bulkhead, chaos, circuit_breaker, counted, fallback, hedge, instrument, policy, rate_limit,
    resilient, retry, scripted, span, test, timed, timeout, traced,
};
pub use time::Clock;
#[cfg(feature = "tokio")]
pub use trace::spawn::{spawn, spawn_blocking};
#[cfg(feature = "stream")]
pub use trace::stream::StreamExt;
pub use trace::{
    Slot, SpanHandle,
    correlation::{CorrelationId, correlation_id},
    span::Span,
    spawn::{FutureExt, thread},
};
pub use value::{Array, Attribute, Value};
