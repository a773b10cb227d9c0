//! What a running program tells about itself over HTTP.
//!
//! - `/metrics`: everything that is counted, for Prometheus and all that reads its formats.
//! - `/functions`: the annotated functions, as [`functions`](crate::functions()) lists them.
//! - `/policies`: the policies of [`resilience`](crate::resilience) that were used, with their state
//!   and numbers, as text or for `Accept: application/json` as JSON.
//! - `/health/live`: that the process answers.
//!
//! A `POST` to `/policies` holds policies by hand, where a token is set (`SPANDREL_ADMIN_TOKEN`):
//!
//! ```text
//! curl -X POST -H "Authorization: Bearer $TOKEN" \
//!     'http://localhost:9464/policies?name=payments&kind=circuit_breaker&action=force_open'
//! ```
//!
//! The actions are `force_open`, `disable`, `enable` (back to what was declared), `observe` and
//! `reset` (forgets what was seen, too); `key=` names one of those that a policy keeps for keys.
//!
//! Captured values are in none of these.
//!
//! # On a port of its own
//!
//! `SPANDREL_ADMIN=127.0.0.1:9464`, or [`Builder::admin`](crate::Builder::admin) in code, starts a
//! small server on a thread of its own, which needs no runtime. It is off by default. What other
//! machines can reach has to ask for a token (`SPANDREL_ADMIN_TOKEN`). It speaks HTTP/1.1 and no
//! TLS, bounds everything that it reads, lets nobody who says nothing keep
//! others out, and answers to no names but its own (`SPANDREL_ADMIN_HOSTS`), so that no page in a
//! browser gets at it by a name that leads here.
//!
//! # On the program's port
//!
//! [`router`] is the same as a router of axum, with the feature `axum-0-8`. Whoever may see the
//! program's port sees it, unless a token is set. It answers as soon as telemetry has started, also
//! where that is switched off.

mod answer;
#[cfg(feature = "axum-0-8")]
mod axum;
mod connection;
#[cfg(feature = "admin")]
mod control;
mod guests;
mod head;
mod host;
mod listener;
mod state;

#[cfg(feature = "axum-0-8")]
pub use self::axum::router;
pub(crate) use answer::Endpoints;
pub(crate) use listener::{Bound, Server};
pub(crate) use state::{State, install};

#[cfg(feature = "admin")]
#[cfg(test)]
mod tests;
