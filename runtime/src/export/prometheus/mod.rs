//! Metrics in the formats of Prometheus: shown to whoever scrapes, or sent by remote write.
//!
//! A snapshot becomes families ([`family`]): names by the rules of OpenTelemetry's
//! [compatibility specification][spec] ([`names`], [`unit`]), labels, and what two metrics of one
//! name come to. Each format is a file that writes families: [`text`] both text formats,
//! [`protobuf`] the binary one with native histograms. Which of them is asked for says [`accept`].
//!
//! Histograms are exponential here and have chosen bounds there ([`buckets`]): a dozen powers of
//! four, the same in each process, and each threshold that somebody cares about, exactly. The full
//! resolution is in the native form ([`native`]).
//!
//! [spec]: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/

mod accept;
mod buckets;
mod exposition;
mod family;
mod labels;
mod names;
mod native;
mod number;
mod protobuf;
#[cfg(feature = "prometheus-remote-write")]
pub(crate) mod remote_write;
mod target;
mod text;
mod unit;

pub(crate) use exposition::Exposition;
pub(crate) use names::Names;
pub(crate) use target::Target;

#[cfg(test)]
mod tests;
