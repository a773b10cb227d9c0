//! What a builder can be told about OpenTelemetry 0.33.

use opentelemetry_sdk::trace::SpanExporter;

use super::Builder;
use crate::opentelemetry_0_33::{self, export::Exporter};

impl Builder {
    /// Adds an exporter made for the SDK of OpenTelemetry 0.33.
    ///
    /// The same as [`exporter`](Self::exporter) with an [`Exporter`].
    pub fn opentelemetry_exporter_0_33(self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporter(Exporter::new(exporter))
    }

    /// Takes part in traces of libraries that use the API of OpenTelemetry 0.33; see
    /// [`opentelemetry_0_33::install`](opentelemetry_0_33::install).
    pub fn opentelemetry_0_33(self) -> Self {
        opentelemetry_0_33::install();
        self
    }
}
