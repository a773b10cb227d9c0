//! The kinds of telemetry, as far as their variables and paths differ.

#[cfg(feature = "otlp")]
use crate::export::Otlp as Exporter;
use crate::init::env::{Variable, table};

/// What is exported, and by which variables its exporter over OTLP is set.
#[derive(Debug)]
pub(crate) struct OtlpSignal {
    /// Where it goes below a general endpoint.
    pub(super) path: &'static str,
    pub(super) endpoint: &'static Variable,
    pub(super) headers: &'static Variable,
    pub(super) timeout: &'static Variable,
    pub(super) compression: &'static Variable,
    pub(super) protocol: &'static Variable,
    pub(super) certificate: &'static Variable,
    pub(super) client_key: &'static Variable,
    pub(super) client_certificate: &'static Variable,
    pub(super) insecure: &'static Variable,
    /// Whether `JAEGER_ENDPOINT` means it.
    pub(super) is_for_jaeger: bool,
    /// Tells an exporter where it goes.
    #[cfg(feature = "otlp")]
    pub(super) with_endpoint: fn(Exporter, String) -> Exporter,
}

impl OtlpSignal {
    pub(crate) const LOGS: &Self = &Self {
        path: "/v1/logs",
        endpoint: table::OTLP_LOGS_ENDPOINT,
        headers: table::OTLP_LOGS_HEADERS,
        timeout: table::OTLP_LOGS_TIMEOUT,
        compression: table::OTLP_LOGS_COMPRESSION,
        protocol: table::OTLP_LOGS_PROTOCOL,
        certificate: table::OTLP_LOGS_CERTIFICATE,
        client_key: table::OTLP_LOGS_CLIENT_KEY,
        client_certificate: table::OTLP_LOGS_CLIENT_CERTIFICATE,
        insecure: table::OTLP_LOGS_INSECURE,
        is_for_jaeger: false,
        #[cfg(feature = "otlp")]
        with_endpoint: Exporter::logs_endpoint,
    };

    pub(crate) const METRICS: &Self = &Self {
        path: "/v1/metrics",
        endpoint: table::OTLP_METRICS_ENDPOINT,
        headers: table::OTLP_METRICS_HEADERS,
        timeout: table::OTLP_METRICS_TIMEOUT,
        compression: table::OTLP_METRICS_COMPRESSION,
        protocol: table::OTLP_METRICS_PROTOCOL,
        certificate: table::OTLP_METRICS_CERTIFICATE,
        client_key: table::OTLP_METRICS_CLIENT_KEY,
        client_certificate: table::OTLP_METRICS_CLIENT_CERTIFICATE,
        insecure: table::OTLP_METRICS_INSECURE,
        is_for_jaeger: false,
        #[cfg(feature = "otlp")]
        with_endpoint: Exporter::metrics_endpoint,
    };

    pub(crate) const TRACES: &Self = &Self {
        path: "/v1/traces",
        endpoint: table::OTLP_TRACES_ENDPOINT,
        headers: table::OTLP_TRACES_HEADERS,
        timeout: table::OTLP_TRACES_TIMEOUT,
        compression: table::OTLP_TRACES_COMPRESSION,
        protocol: table::OTLP_TRACES_PROTOCOL,
        certificate: table::OTLP_TRACES_CERTIFICATE,
        client_key: table::OTLP_TRACES_CLIENT_KEY,
        client_certificate: table::OTLP_TRACES_CLIENT_CERTIFICATE,
        insecure: table::OTLP_TRACES_INSECURE,
        is_for_jaeger: true,
        #[cfg(feature = "otlp")]
        with_endpoint: Exporter::traces_endpoint,
    };
}
