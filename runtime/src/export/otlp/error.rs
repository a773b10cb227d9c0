//! Why an exporter cannot be built.

use std::{fmt, io, path::PathBuf};

/// What is wrong with the configuration of an OTLP exporter.
///
/// ```
/// use spandrel::export::Otlp;
///
/// let error = Otlp::http().endpoint("collector:4318").check().unwrap_err();
/// assert!(error.is_endpoint());
/// assert_eq!(
///     error.to_string(),
///     "endpoint `collector:4318` must begin with `http://` or `https://`"
/// );
/// ```
#[derive(Debug)]
pub struct OtlpError(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Scheme(String),
    Endpoint(String, String),
    /// The name alone: a value may be a secret.
    Header(String),
    Timeout,
    Read(PathBuf, io::Error),
    /// A file, and what it does not hold.
    Pem(PathBuf, &'static str),
    ClientCertificate,
    #[cfg(feature = "otlp-grpc")]
    Tls(rustls::Error),
}

impl OtlpError {
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

    /// Whether the timeout is to blame.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, Kind::Timeout)
    }

    /// Whether a certificate or key is to blame.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        // Whatever is left is about certificates.
        !self.is_endpoint() && !self.is_header() && !self.is_timeout()
    }
}

impl fmt::Display for OtlpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Scheme(url) => {
                write!(f, "endpoint `{url}` must begin with `http://` or `https://`")
            }
            Kind::Endpoint(url, why) => write!(f, "endpoint `{url}` is no URL: {why}"),
            Kind::Header(name) => {
                write!(f, "header `{name}` has a name or value that HTTP does not allow")
            }
            Kind::Timeout => f.write_str("timeout must be longer than zero"),
            Kind::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Kind::Pem(path, what) => write!(f, "{} holds no {what} in PEM form", path.display()),
            Kind::ClientCertificate => {
                f.write_str("a client certificate and a client key need each other; set both")
            }
            #[cfg(feature = "otlp-grpc")]
            Kind::Tls(error) => write!(f, "the certificates cannot be used: {error}"),
        }
    }
}

impl std::error::Error for OtlpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Read(_, error) => Some(error),
            #[cfg(feature = "otlp-grpc")]
            Kind::Tls(error) => Some(error),
            _ => None,
        }
    }
}
