//! The kinds of telemetry that OTLP carries: what differs between their requests on the way.
//!
//! What a request holds is up to its encoder; how it is configured, sent, tried again and kept is
//! the same for all.

/// What a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signal {
    Logs,
    Metrics,
    #[default]
    Traces,
}

impl Signal {
    /// What is appended to a base URL.
    #[cfg(feature = "otlp")]
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Logs => "/v1/logs",
            Self::Metrics => "/v1/metrics",
            Self::Traces => "/v1/traces",
        }
    }

    /// The call of gRPC.
    #[cfg(feature = "otlp-grpc")]
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        }
    }

    /// What the items of a request are called, by people.
    #[cfg(feature = "otlp")]
    pub(in crate::export) fn items(self) -> &'static str {
        match self {
            Self::Logs => "log records",
            Self::Metrics => "data points",
            Self::Traces => "spans",
        }
    }

    /// The names of a list of resources, of scopes and of items in JSON.
    pub(super) fn lists(self) -> [&'static str; 3] {
        match self {
            Self::Logs => ["resourceLogs", "scopeLogs", "logRecords"],
            Self::Metrics => ["resourceMetrics", "scopeMetrics", "metrics"],
            Self::Traces => ["resourceSpans", "scopeSpans", "spans"],
        }
    }

    /// The folder within a spool, so that a request finds its way back; none for what was there
    /// first.
    #[cfg(feature = "otlp")]
    pub(super) fn spool_folder(self) -> Option<&'static str> {
        match self {
            Self::Logs => Some("logs"),
            Self::Metrics => Some("metrics"),
            Self::Traces => None,
        }
    }
}
