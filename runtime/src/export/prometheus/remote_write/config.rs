//! Where to, how often: what a user says, and what is left of it once it has been checked.

use std::{fmt, time::Duration};

use ureq::http::{HeaderName, HeaderValue, Uri};

use super::error::{Kind, RemoteWriteError};
use crate::export::delivery::without_secrets;

/// Sends metrics to Prometheus, or to what speaks its remote write, from programs that nothing scrapes.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::export::RemoteWrite;
///
/// let metrics = RemoteWrite::to("https://prometheus.example/api/v1/write")
///     .header("authorization", "Bearer s3cret")
///     .interval(Duration::from_secs(30));
/// assert!(metrics.check().is_ok());
/// ```
///
/// The series are those of a scrape, with `job` and `instance` from the resource: its
/// `service.namespace/service.name` and `service.instance.id`. Version 2 of the protocol is tried
/// first; where it is not spoken, version 1 is. While the receiver cannot be reached, up to 4 MiB are
/// kept and sent later, in order. At each flush, and at the end, metrics are sent once more. No
/// series is marked as stale then: Prometheus shows the last values for five minutes, so that those
/// of a short program are seen.
#[derive(Clone)]
pub struct RemoteWrite {
    endpoint: String,
    headers: Vec<(String, String)>,
    interval: Duration,
    timeout: Duration,
    version: Choice,
    has_native_histograms: bool,
}

/// Which version is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Auto,
    Only(Version),
}

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

const LEAST_INTERVAL: Duration = Duration::from_millis(100);

impl RemoteWrite {
    /// To this URL, with its path, every 15 seconds.
    #[must_use]
    pub fn to(url: impl Into<String>) -> Self {
        Self {
            endpoint: url.into(),
            headers: Vec::new(),
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            version: Choice::Auto,
            has_native_histograms: false,
        }
    }

    /// Adds a header to each request; of two with one name the later counts.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How often metrics are sent (`SPANDREL_REMOTE_WRITE_INTERVAL`).
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long one request may take (`SPANDREL_REMOTE_WRITE_TIMEOUT`).
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Speaks version 1 of the protocol and never tries 2 (`SPANDREL_REMOTE_WRITE_VERSION=1`).
    #[must_use]
    pub const fn version_1(mut self) -> Self {
        self.version = Choice::Only(Version::One);
        self
    }

    /// Speaks version 2 of the protocol and never 1 (`SPANDREL_REMOTE_WRITE_VERSION=2`).
    #[must_use]
    pub const fn version_2(mut self) -> Self {
        self.version = Choice::Only(Version::Two);
        self
    }

    /// Whether histograms are sent in their full resolution, too; a receiver that does not take them
    /// may refuse everything.
    #[must_use]
    pub const fn native_histograms(mut self, has_native_histograms: bool) -> Self {
        self.has_native_histograms = has_native_histograms;
        self
    }

    /// Says whether it could be used as it is; nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the endpoint, a header, the interval or the timeout.
    pub fn check(&self) -> Result<(), RemoteWriteError> {
        self.settings().map(drop)
    }

    /// Checks everything, once.
    pub(crate) fn settings(&self) -> Result<Settings, RemoteWriteError> {
        if self.interval < LEAST_INTERVAL {
            return Err(RemoteWriteError(Kind::Interval));
        }
        if self.timeout.is_zero() {
            return Err(RemoteWriteError(Kind::Timeout));
        }
        let shown = || without_secrets(&self.endpoint);
        let no_url = |why: String| RemoteWriteError(Kind::Endpoint(shown(), why));
        let url: Uri = self.endpoint.parse().map_err(|error| no_url(format!("{error}")))?;
        match (url.scheme_str(), url.host()) {
            (Some("http" | "https"), Some(host)) if !host.is_empty() => {}
            (Some("http" | "https"), _) => return Err(no_url("no host".to_owned())),
            _ => return Err(RemoteWriteError(Kind::Scheme(shown()))),
        }
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, value) in &self.headers {
            let wrong = || RemoteWriteError(Kind::Header(name.clone()));
            let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
        }
        Ok(Settings {
            url,
            headers,
            interval: self.interval,
            timeout: self.timeout,
            version: self.version,
            has_native_histograms: self.has_native_histograms,
        })
    }
}

/// What was said, checked.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) url: Uri,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) version: Choice,
    pub(super) has_native_histograms: bool,
}

impl fmt::Debug for RemoteWrite {
    /// Shows neither what headers hold nor a password of the endpoint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("RemoteWrite")
            .field("endpoint", &without_secrets(&self.endpoint))
            .field("headers", &headers)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("version", &self.version)
            .field("native_histograms", &self.has_native_histograms)
            .finish()
    }
}
