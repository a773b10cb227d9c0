//! Requests that come in and go out: spans, metrics, correlation, and what is told to whom.
//!
//! # Servers
//!
//! [`server()`], with feature `tower`, is a layer for axum, hyper and tonic. A request's span is named
//! after its method and route, has the attributes of the semantic conventions, and lasts until the
//! body of the response has been sent; a client that goes away before makes it `cancelled`.
//!
//! # Clients
//!
//! [`client()`], with feature `tower` or `reqwest`, is a layer and a middleware: a span for each
//! attempt, and the context in its headers.
//!
//! # Correlation
//!
//! A request is named by its `X-Correlation-ID`, else its `X-Request-ID`, else the `correlation_id`
//! of its baggage, else anew. What is too long or holds other than letters, digits and
//! `-._~:/+=@#|` is replaced. The name is an attribute of the span, stands in each log line, goes
//! with outgoing requests and back in the response; the program asks for it with
//! [`correlation_id`](crate::correlation_id()).
//!
//! # What is never recorded
//!
//! Bodies, headers that nobody asked for, user information in addresses, and the values of query
//! parameters whose names are on the deny-list or known for signatures.

#[cfg(any(feature = "tower", feature = "reqwest"))]
mod client;
#[cfg(any(feature = "tower", feature = "reqwest"))]
mod correlation;
mod measure;
mod method;
mod objective;
mod record;
mod route;
#[cfg(any(feature = "tower", feature = "reqwest"))]
mod rpc;
#[cfg(feature = "tower")]
mod server;
#[cfg(any(feature = "tower", feature = "reqwest"))]
mod site;
#[cfg(any(feature = "tower", feature = "reqwest"))]
mod text;

#[cfg(any(feature = "tower", feature = "reqwest"))]
pub use client::{Client, ClientBody, ResendCount, UrlTemplate, client};
#[cfg(feature = "tower")]
pub use client::{ClientFuture, ClientService};
pub(crate) use method::choose as choose_methods;
pub use objective::{Slo, objective};
pub use record::{record_request, record_request_with_scheme};
#[cfg(feature = "tower")]
pub use server::{Server, ServerBody, ServerFuture, ServerService, server};
