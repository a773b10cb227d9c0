//! What a builder can be told about OpenTelemetry 0.33.

use opentelemetry_sdk::trace::SpanExporter;

use super::Builder;
use crate::opentelemetry_0_33::{self, export::Exporter};

impl Builder {
    /// Adds an exporter made for the SDK of OpenTelemetry 0.33.
    ///
    /// It is told the resource, and called by a thread of its own, one batch after the other.
    pub fn opentelemetry_exporter_0_33(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.theirs.push(Box::new(|resource| Box::new(Exporter::new(exporter, resource))));
        self
    }

    /// Takes part in traces of libraries that use the API of OpenTelemetry 0.33; see
    /// [`opentelemetry_0_33::install`](opentelemetry_0_33::install).
    pub fn opentelemetry_0_33(self) -> Self {
        opentelemetry_0_33::install();
        self
    }
}
