//! Why nothing can be sent.

use std::fmt;

/// What is wrong with the configuration of remote write.
///
/// ```
/// use spandrel::export::RemoteWrite;
///
/// let error = RemoteWrite::to("prometheus:9090").check().unwrap_err();
/// assert!(error.is_endpoint());
/// assert_eq!(
///     error.to_string(),
///     "endpoint `prometheus:9090` must begin with `http://` or `https://`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteWriteError(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scheme(String),
    Endpoint(String, String),
    Header(String),
    Interval,
    Timeout,
}

impl RemoteWriteError {
    /// Whether the endpoint is to blame.
    #[must_use]
    pub fn is_endpoint(&self) -> bool {
        matches!(self.0, Kind::Scheme(_) | Kind::Endpoint(..))
    }

    /// Whether a header is to blame.
    #[must_use]
    pub fn is_header(&self) -> bool {
        matches!(self.0, Kind::Header(_))
    }

    /// Whether the interval or the timeout is to blame.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self.0, Kind::Interval | Kind::Timeout)
    }
}

impl fmt::Display for RemoteWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Scheme(url) => {
                write!(f, "endpoint `{url}` must begin with `http://` or `https://`")
            }
            Kind::Endpoint(url, why) => write!(f, "endpoint `{url}` is no URL: {why}"),
            Kind::Header(name) => write!(f, "header `{name}` is not allowed by HTTP"),
            Kind::Interval => f.write_str("interval must be at least 100 ms"),
            Kind::Timeout => f.write_str("timeout must be longer than zero"),
        }
    }
}

impl std::error::Error for RemoteWriteError {}
