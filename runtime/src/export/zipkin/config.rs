//! Where to and how long: what a user says, and what is left of it once it has been checked.

use std::{fmt, time::Duration};

use ureq::http::Uri;

use super::error::{Kind, ZipkinError};
use crate::export::{Batching, delivery::without_secrets};

/// Exports spans to Zipkin, as v2 JSON over HTTP.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::export::Zipkin;
///
/// let exporter = Zipkin::new()
///     .endpoint("http://zipkin.example:9411/api/v2/spans")
///     .timeout(Duration::from_secs(5));
/// assert!(exporter.check().is_ok());
/// ```
///
/// Spans are mapped as OpenTelemetry [specifies][spec]. Attributes become tags and events become
/// annotations; `peer.service`, `server.address` and the like name the remote endpoint of a client or
/// a producer. Of the resource, `service.name` is the local endpoint, and what else tells instances
/// apart (`service.namespace`, `service.version`, `service.instance.id`,
/// `deployment.environment.name`, `host.name`) are tags. Links and `tracestate` have no place there.
///
/// Requests are tried again as those of OTLP are, and what is given up is counted.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
#[derive(Clone)]
pub struct Zipkin {
    endpoint: String,
    timeout: Duration,
    batching: Batching,
}

impl Zipkin {
    /// To Zipkin on this machine, `http://localhost:9411/api/v2/spans`, within 10 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            endpoint: "http://localhost:9411/api/v2/spans".to_owned(),
            timeout: Duration::from_secs(10),
            batching: Batching::new(),
        }
    }

    /// The URL that takes spans, with its path (`OTEL_EXPORTER_ZIPKIN_ENDPOINT`).
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = url.into();
        self
    }

    /// The longest that one export takes, with all its retries (`OTEL_EXPORTER_ZIPKIN_TIMEOUT`).
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How spans are collected before they are sent.
    #[must_use]
    pub const fn batching(mut self, batching: Batching) -> Self {
        self.batching = batching;
        self
    }

    /// Says whether it could be used as it is; nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the endpoint or the timeout.
    pub fn check(&self) -> Result<(), ZipkinError> {
        self.settings().map(drop)
    }

    /// Checks everything, once: the exporter of a forked child is built from the same settings.
    pub(crate) fn settings(&self) -> Result<Settings, ZipkinError> {
        if self.timeout.is_zero() {
            return Err(ZipkinError(Kind::Timeout));
        }
        let shown = || without_secrets(&self.endpoint);
        let no_url = |why: String| ZipkinError(Kind::Endpoint(shown(), why));
        let has_scheme = ["http://", "https://"].iter().any(|scheme| {
            self.endpoint.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme))
        });
        if !has_scheme {
            return Err(ZipkinError(Kind::Scheme(shown())));
        }
        let url: Uri = self.endpoint.parse().map_err(|error| no_url(format!("{error}")))?;
        if url.host().is_none_or(str::is_empty) {
            return Err(no_url("no host".to_owned()));
        }
        Ok(Settings { url, timeout: self.timeout, batching: self.batching })
    }
}

impl Default for Zipkin {
    fn default() -> Self {
        Self::new()
    }
}

/// What was said, checked.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) url: Uri,
    pub(super) timeout: Duration,
    pub(super) batching: Batching,
}

impl fmt::Debug for Zipkin {
    /// Shows no password of the endpoint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zipkin")
            .field("endpoint", &without_secrets(&self.endpoint))
            .field("timeout", &self.timeout)
            .field("batching", &self.batching)
            .finish()
    }
}
