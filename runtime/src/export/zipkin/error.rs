//! Why an exporter cannot be built.

use std::fmt;

/// What is wrong with the configuration of a Zipkin exporter.
///
/// ```
/// use spandrel::export::Zipkin;
///
/// let error = Zipkin::new().endpoint("zipkin:9411").check().unwrap_err();
/// assert!(error.is_endpoint());
/// assert_eq!(
///     error.to_string(),
///     "endpoint `zipkin:9411` must begin with `http://` or `https://`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipkinError(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scheme(String),
    Endpoint(String, String),
    Timeout,
}

impl ZipkinError {
    /// Whether the endpoint is to blame.
    #[must_use]
    pub fn is_endpoint(&self) -> bool {
        matches!(self.0, Kind::Scheme(_) | Kind::Endpoint(..))
    }

    /// Whether the timeout is to blame.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0 == Kind::Timeout
    }
}

impl fmt::Display for ZipkinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Scheme(url) => {
                write!(f, "endpoint `{url}` must begin with `http://` or `https://`")
            }
            Kind::Endpoint(url, why) => write!(f, "endpoint `{url}` is no URL: {why}"),
            Kind::Timeout => f.write_str("timeout must be longer than zero"),
        }
    }
}

impl std::error::Error for ZipkinError {}
