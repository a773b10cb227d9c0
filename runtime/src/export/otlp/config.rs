//! How and where to: what a user says, and what is left of it once it has been checked.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use ureq::{
    http::{HeaderName, HeaderValue, Uri},
    tls::TlsConfig,
};

#[cfg(feature = "otlp-grpc")]
use super::grpc;
use super::{
    batch::Encoding,
    endpoint,
    error::{Kind, OtlpError},
    protocol::Protocol,
    signal::Signal,
    tls,
};
use crate::{
    diag,
    export::{
        Batching, Compression,
        delivery::{self, Terms, without_secrets},
        spool::Spool,
        stats::Stats,
        worker::Deliver,
    },
};

/// Exports spans by OTLP: over HTTP, with protobuf or JSON, or over gRPC.
///
/// Any OpenTelemetry collector takes them, Jaeger and Tempo, and most vendors:
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::export::{Compression, Otlp};
///
/// let exporter = Otlp::http()
///     .endpoint("https://otlp.vendor.example")
///     .header("api-key", "s3cret")
///     .compression(Compression::Gzip)
///     .timeout(Duration::from_secs(5));
/// assert!(exporter.check().is_ok());
/// ```
///
/// A request that the receiver is too busy for (429, 502, 503, 504, or a status of gRPC that says as
/// much), or that does not reach it, is tried again within the timeout: after a time that grows from
/// half a second to five, or when `Retry-After` or `RetryInfo` says. What is given up is counted,
/// and said on stderr. Over HTTP, proxies are taken from `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`
/// and `NO_PROXY`, but never for this machine itself.
#[derive(Clone)]
pub struct Otlp {
    protocol: Protocol,
    endpoint: Option<String>,
    traces_endpoint: Option<String>,
    metrics_endpoint: Option<String>,
    logs_endpoint: Option<String>,
    headers: Vec<(String, String)>,
    timeout: Duration,
    compression: Compression,
    insecure: Option<bool>,
    ca_certificate: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
    batching: Batching,
    spool: Option<PathBuf>,
    spool_bytes: u64,
}

impl Otlp {
    /// To a collector on this machine: `http://localhost:4318`, uncompressed, within 10 seconds.
    #[must_use]
    pub const fn http() -> Self {
        Self::new(Protocol::HttpProtobuf)
    }

    /// The same with JSON instead of protobuf: three times the bytes, for receivers that take nothing
    /// else (`OTEL_EXPORTER_OTLP_PROTOCOL=http/json`).
    ///
    /// ```
    /// use spandrel::export::Otlp;
    ///
    /// assert!(Otlp::http_json().endpoint("http://localhost:4318").check().is_ok());
    /// ```
    #[must_use]
    pub const fn http_json() -> Self {
        Self::new(Protocol::HttpJson)
    }

    /// Over gRPC, to a collector on this machine: `http://localhost:4317`.
    ///
    /// No path belongs to the endpoint, and headers travel as metadata: the value of one whose name
    /// ends in `-bin` in Base64. Proxies are not used.
    ///
    /// ```
    /// use spandrel::export::Otlp;
    ///
    /// let exporter = Otlp::grpc().endpoint("https://otlp.vendor.example:4317");
    /// assert!(exporter.check().is_ok());
    /// ```
    #[cfg(feature = "otlp-grpc")]
    #[must_use]
    pub const fn grpc() -> Self {
        Self::new(Protocol::Grpc)
    }

    const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            endpoint: None,
            traces_endpoint: None,
            metrics_endpoint: None,
            logs_endpoint: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            compression: Compression::None,
            insecure: None,
            ca_certificate: None,
            client_certificate: None,
            client_key: None,
            batching: Batching::new(),
            spool: None,
            spool_bytes: 64 * 1024 * 1024,
        }
    }

    /// The base URL of the receiver (`OTEL_EXPORTER_OTLP_ENDPOINT`).
    ///
    /// Over HTTP, `v1/traces` is appended for spans, `v1/metrics` for metrics, `v1/logs` for log
    /// records.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The URL of the traces as it is (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`); wins over the base.
    #[must_use]
    pub fn traces_endpoint(mut self, url: impl Into<String>) -> Self {
        self.traces_endpoint = Some(url.into());
        self
    }

    /// The URL of the metrics as it is (`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`); wins over the base.
    #[must_use]
    pub fn metrics_endpoint(mut self, url: impl Into<String>) -> Self {
        self.metrics_endpoint = Some(url.into());
        self
    }

    /// The URL of the log records as it is (`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`); wins over the base.
    #[must_use]
    pub fn logs_endpoint(mut self, url: impl Into<String>) -> Self {
        self.logs_endpoint = Some(url.into());
        self
    }

    /// Adds a header to each request; of two with one name the later counts.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The longest that one export takes, with all its retries.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How requests are compressed.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// What an endpoint without a scheme means: `http` if `true`, else `https`.
    ///
    /// Without this, such an endpoint is an error.
    #[must_use]
    pub const fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = Some(insecure);
        self
    }

    /// A PEM file with the authorities to trust, in place of the well-known ones.
    #[must_use]
    pub fn ca_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_certificate = Some(file.into());
        self
    }

    /// A PEM file with the certificate (and its chain) to show to the receiver.
    #[must_use]
    pub fn client_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_certificate = Some(file.into());
        self
    }

    /// A PEM file with the private key of the client certificate.
    #[must_use]
    pub fn client_key(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_key = Some(file.into());
        self
    }

    /// How spans are collected before they are sent.
    #[must_use]
    pub const fn batching(mut self, batching: Batching) -> Self {
        self.batching = batching;
        self
    }

    /// A folder that keeps what could not be delivered, to deliver it later (`SPANDREL_SPOOL_DIR`).
    ///
    /// Without it, such spans are dropped. With it, a request that the receiver has no time for, or
    /// that does not reach it, is written there, and sent when the receiver answers again: oldest
    /// first, also by the next process that uses the folder if this one ends, however it ends.
    /// Processes may share a folder if they send to the same receiver by the same protocol.
    ///
    /// Spans arrive at least once: a process that is killed between delivering a request and noting
    /// that it did sends it once more. What was written survives the process, but nothing is forced
    /// to the disk (`fsync`) to survive a power failure. A disk that is full or read-only costs the
    /// spans that it does not take, which is counted and said.
    #[must_use]
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spool = Some(folder.into());
        self
    }

    /// The most bytes that the spool takes on disk, 64 MiB by default (`SPANDREL_SPOOL_BYTES`).
    ///
    /// When it is full, the oldest spans in it are dropped and counted. Metrics have a folder of
    /// their own in it, and the same bound.
    #[must_use]
    pub const fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool_bytes = bytes;
        self
    }

    /// Says whether it could be used as it is; the files are read, but nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the endpoint, a header, the timeout or a file.
    pub fn check(&self) -> Result<(), OtlpError> {
        let others = self.settings(Signal::Metrics).and(self.settings(Signal::Logs));
        self.settings(Signal::Traces).and(others).map(drop)
    }

    /// Checks everything, once: the exporter of a forked child is built from the same settings.
    pub(crate) fn settings(&self, signal: Signal) -> Result<Arc<Settings>, OtlpError> {
        if self.timeout.is_zero() {
            return Err(OtlpError(Kind::Timeout));
        }
        let exact = match signal {
            Signal::Logs => &self.logs_endpoint,
            Signal::Metrics => &self.metrics_endpoint,
            Signal::Traces => &self.traces_endpoint,
        };
        let url = endpoint::resolve(
            (signal, self.protocol),
            self.endpoint.as_deref(),
            exact.as_deref(),
            self.insecure,
        )?;
        let is_https = url.scheme_str() == Some("https");
        let tls = if is_https { self.tls()? } else { TlsConfig::default() };
        #[cfg(feature = "otlp-grpc")]
        let grpc_tls = match self.protocol {
            Protocol::Grpc if is_https => {
                Some(grpc::client_config(&tls).map_err(|error| OtlpError(Kind::Tls(error)))?)
            }
            _ => None,
        };
        Ok(Arc::new(Settings {
            signal,
            protocol: self.protocol,
            url,
            headers: self.checked_headers()?,
            timeout: self.timeout,
            first_wait: Terms::FIRST_WAIT,
            compression: self.compression,
            tls,
            #[cfg(feature = "otlp-grpc")]
            grpc_tls,
            batching: self.batching,
            spool: self.spool.clone(),
            spool_bytes: self.spool_bytes,
        }))
    }

    fn tls(&self) -> Result<TlsConfig, OtlpError> {
        tls::config(
            self.ca_certificate.as_deref(),
            self.client_certificate.as_deref(),
            self.client_key.as_deref(),
        )
    }

    fn checked_headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, OtlpError> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, value) in &self.headers {
            let wrong = || OtlpError(Kind::Header(name.clone()));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = self.protocol.header_value(&header, value).map_err(|_| wrong())?;
            if self.protocol.owns(&header) {
                diag::warn(format_args!("OTLP header `{header}` is ignored: it is set already"));
                continue;
            }
            value.set_sensitive(true);
            headers.retain(|(known, _)| *known != header);
            headers.push((header, value));
        }
        Ok(headers)
    }
}

/// What was said, checked.
pub(crate) struct Settings {
    pub(super) signal: Signal,
    pub(super) protocol: Protocol,
    pub(super) url: Uri,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) timeout: Duration,
    pub(super) first_wait: Duration,
    pub(super) compression: Compression,
    pub(super) tls: TlsConfig,
    /// The same for gRPC, where that is what is spoken, and over TLS.
    #[cfg(feature = "otlp-grpc")]
    pub(super) grpc_tls: Option<Arc<rustls::ClientConfig>>,
    pub(super) batching: Batching,
    spool: Option<PathBuf>,
    spool_bytes: u64,
}

impl Settings {
    /// On what terms requests are sent.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            to: delivery::shown(&self.url),
            items: self.signal.items(),
            timeout: self.timeout,
            first_wait: self.first_wait,
            compression: self.compression,
        }
    }

    /// Delivers so.
    pub(in crate::export) fn deliver(&self, stats: &Arc<Stats>) -> Box<dyn Deliver<Vec<u8>>> {
        self.protocol.deliver(self, stats)
    }

    /// Where what cannot be delivered is kept, if anywhere.
    pub(super) fn spool(&self) -> Option<Spool> {
        let mut folder = self.spool.clone()?;
        folder.extend(self.signal.spool_folder());
        Some(Spool::new(folder, self.spool_bytes, self.encoding()))
    }

    pub(super) fn has_spool(&self) -> bool {
        self.spool.is_some()
    }

    /// What requests are written in.
    pub(crate) fn encoding(&self) -> Encoding {
        self.protocol.encoding()
    }
}

impl fmt::Debug for Otlp {
    /// Shows no value of a header: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Otlp")
            .field("protocol", &self.protocol)
            .field("endpoint", &self.endpoint.as_deref().map(without_secrets))
            .field("traces_endpoint", &self.traces_endpoint.as_deref().map(without_secrets))
            .field("metrics_endpoint", &self.metrics_endpoint.as_deref().map(without_secrets))
            .field("logs_endpoint", &self.logs_endpoint.as_deref().map(without_secrets))
            .field("headers", &headers)
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .field("insecure", &self.insecure)
            .field("ca_certificate", &self.ca_certificate)
            .field("client_certificate", &self.client_certificate)
            .field("client_key", &self.client_key)
            .field("batching", &self.batching)
            .field("spool", &self.spool)
            .field("spool_bytes", &self.spool_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_counts_once_and_the_later_wins() {
        let settings = Otlp::http()
            .header("X-Key", "1")
            .header("x-key", "2")
            .settings(Signal::Traces)
            .unwrap();

        assert_eq!(settings.headers.len(), 1);
        assert_eq!(settings.headers[0].1, "2");
    }

    #[test]
    fn headers_of_the_body_are_left_alone_with_a_warning() {
        let said = diag::capture();

        let settings =
            Otlp::http().header("Content-Type", "text/plain").settings(Signal::Traces).unwrap();

        assert!(settings.headers.is_empty());
        assert_eq!(said.of(diag::Level::Warn).len(), 1);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let missing = "/nonexistent/ca.pem";
        let https = || Otlp::http().endpoint("https://localhost");

        assert!(Otlp::http().header("a b", "1").check().unwrap_err().is_header());
        assert!(Otlp::http().header("a", "1\r\nb: 2").check().unwrap_err().is_header());
        assert!(Otlp::http().timeout(Duration::ZERO).check().unwrap_err().is_timeout());
        assert!(https().ca_certificate(missing).check().unwrap_err().is_tls());
        assert!(https().client_key(missing).check().unwrap_err().is_tls());
        let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let error = https().ca_certificate(no_pem).check().unwrap_err();
        assert!(error.to_string().ends_with("Cargo.toml holds no certificate in PEM form"));
    }

    #[test]
    fn no_secret_shows() {
        let otlp = Otlp::http()
            .endpoint("http://me:hunter2@host/?token=s3cret")
            .header("authorization", "Bearer s3cret");

        let shown = format!("{otlp:?}");

        assert!(!shown.contains("s3cret") && !shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
    }
}
