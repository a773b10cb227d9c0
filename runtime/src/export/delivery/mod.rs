//! Delivers encoded requests across the network: as often as it takes, as long as there is time.
//!
//! A [`Sender`] knows when to try again and when to give up; a [`Post`] makes one attempt, over HTTP
//! ([`Http`]) or otherwise. What the bodies of answers mean is the receiver's [`Dialect`].

mod answer;
mod compression;
mod http;
mod sender;
mod url;

#[cfg(feature = "otlp")]
pub(super) use answer::Hint;
#[cfg(any(feature = "otlp", feature = "prometheus-remote-write", feature = "sentry"))]
pub(super) use answer::Verdict;
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(super) use answer::may_pass;
pub(super) use answer::{Dialect, shown_text};
pub use compression::Compression;
pub(super) use http::{Http, Target};
pub(super) use sender::{Post, Sender, Terms};
pub(super) use url::shown;
#[cfg(any(feature = "otlp", feature = "prometheus-remote-write", feature = "zipkin"))]
pub(super) use url::without_secrets;

#[cfg(test)]
pub(super) use answer::Answer;
