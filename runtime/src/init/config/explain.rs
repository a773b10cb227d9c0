//! What is configured, and from where: for people.

use std::{fmt, time::Duration};

use super::{Lines, LogExporter, Settings, Source};
use crate::{logs::Exceptions, redact::Patterns};

impl Settings {
    /// One line for each value, as `SPANDREL_DEBUG` prints it; no secret is in it.
    pub(crate) fn explain(&self) -> impl Iterator<Item = String> {
        let settings = self.lines().into_iter();
        let resource = self.resource.iter().zip(&self.resource_sources);
        let resource = resource.map(|((key, value), source)| (key, value.to_string(), *source));
        let lines: Vec<_> = settings.chain(resource).collect();
        lines.into_iter().map(|(what, value, source)| format!("{what} = {value} ({source})"))
    }

    fn lines(&self) -> Vec<(&'static str, String, Source)> {
        let Self { limits, batch, otlp, console, redaction, .. } = self;
        let list = |values: Vec<String>| {
            if values.is_empty() { "none".to_owned() } else { values.join(",") }
        };
        let exporters = self.exporters.value.iter().map(ToString::to_string).collect();
        let windows = self.windows.value.iter().map(|window| format!("{window:?}")).collect();
        let overrides = self.sampler_overrides.value.to_string();
        let mut lines = vec![
            ("enabled", self.enabled.value.to_string(), self.enabled.source),
            ("exporters", list(exporters), self.exporters.source),
            ("propagators", self.propagators.value.to_string(), self.propagators.source),
            ("sampler", self.sampler.value.to_string(), self.sampler.source),
            ("sampler overrides", or_none(overrides), self.sampler_overrides.source),
            ("keep errors", self.tail.errors.value.to_string(), self.tail.errors.source),
            (
                "keep slower than",
                self.tail
                    .slower_than
                    .value
                    .map_or_else(|| "none".into(), |slow| format!("{slow:?}")),
                self.tail.slower_than.source,
            ),
            ("level", self.level.value.to_string(), self.level.source),
            (
                "http methods",
                self.http_methods.value.clone().map_or_else(|| "known".into(), list),
                self.http_methods.source,
            ),
            ("redacted keys", list(redaction.keys.value.clone()), redaction.keys.source),
            ("allowed keys", list(redaction.allowed.value.clone()), redaction.allowed.source),
            ("redacted patterns", all_but(&redaction.patterns.value), redaction.patterns.source),
            ("hash key", given(redaction.hash_key.value.is_some()), redaction.hash_key.source),
            ("policies", self.policies.shown(), self.policies.enabled.source),
            ("policies file", self.policies.shown_file(), self.policies.file.source),
            ("windows", list(windows), self.windows.source),
            ("mirror", self.mirror.value.to_string(), self.mirror.source),
            ("memory", format!("{} bytes", self.memory.value.bytes()), self.memory.source),
            ("clock", format!("{:?}", self.clock.value).to_lowercase(), self.clock.source),
            ("chaos", format!("{:?}", self.chaos.value).to_lowercase(), self.chaos.source),
            (
                "log level",
                format!("{:?}", self.diagnostics.value).to_lowercase(),
                self.diagnostics.source,
            ),
            ("attributes per span", limit(limits.attributes.value), limits.attributes.source),
            ("characters per text", limit(limits.value_chars.value), limits.value_chars.source),
            ("events per span", limit(limits.events.value), limits.events.source),
            ("links per span", limit(limits.links.value), limits.links.source),
            (
                "attributes per event",
                limit(limits.event_attributes.value),
                limits.event_attributes.source,
            ),
            (
                "attributes per link",
                limit(limits.link_attributes.value),
                limits.link_attributes.source,
            ),
        ];
        lines.extend(log_lines(&self.logs));
        if !self.exporters.value.is_empty() {
            lines.extend([
                (
                    "longest wait of a span",
                    Time(Some(batch.schedule_delay.value)).to_string(),
                    batch.schedule_delay.source,
                ),
                (
                    "export timeout",
                    Time(batch.export_timeout.value).to_string(),
                    batch.export_timeout.source,
                ),
                (
                    "spans that may wait",
                    batch.max_queue_size.value.map_or_else(
                        || "as many as memory holds".to_owned(),
                        |spans| spans.to_string(),
                    ),
                    batch.max_queue_size.source,
                ),
                (
                    "spans per export",
                    batch.max_export_batch_size.value.to_string(),
                    batch.max_export_batch_size.source,
                ),
            ]);
        }
        if self.exporters.value.contains(&super::Exporter::Console) {
            let form = format!("{:?}", console.form.value).to_lowercase();
            let color = format!("{:?}", console.color.value).to_lowercase();
            lines.push(("console form", form, console.form.source));
            lines.push(("console colors", color, console.color.source));
        }
        if self.exporters.value.contains(&super::Exporter::Otlp) {
            lines.extend(otlp_lines(otlp, OTLP));
            lines.extend(spool_lines(&otlp.spool));
        }
        lines.extend(metrics_lines(&self.metrics));
        lines.extend(flight_lines(&self.flight));
        lines.extend(sentry_lines(&self.sentry));
        lines.extend(self.serving.lines());
        lines.extend(self.remote_write.lines());
        if self.exporters.value.contains(&super::Exporter::File) {
            lines.extend(file_lines(&self.file));
        }
        if self.exporters.value.contains(&super::Exporter::Zipkin) {
            let super::Zipkin { endpoint, timeout } = &self.zipkin;
            lines.push(("zipkin endpoint", endpoint.value.to_string(), endpoint.source));
            lines.push(("zipkin timeout", Time(timeout.value).to_string(), timeout.source));
        }
        lines
    }
}

fn log_lines(logs: &super::Logs) -> Vec<(&'static str, String, Source)> {
    let lines = match logs.lines.value {
        Lines::In(form) => format!("{form:?}").to_lowercase(),
        Lines::Off => "off".into(),
        Lines::WhereNobodyElseDoes => "pretty where nobody else writes any".into(),
    };
    let exceptions = match logs.exceptions.value {
        Exceptions::Events => "span events",
        Exceptions::Logs => "logs",
        Exceptions::Both => "span events and logs",
    };
    let sampling = if logs.follows_trace.value { "trace" } else { "all" };
    let exporters: Vec<_> = logs.exporters.value.iter().map(ToString::to_string).collect();
    let mut lines = vec![
        ("logs", or_none(exporters.join(",")), logs.exporters.source),
        ("log filter", logs.filter.value.to_string(), logs.filter.source),
        ("log lines", lines, logs.lines.source),
        ("log sampling", sampling.into(), logs.follows_trace.source),
        ("exceptions", exceptions.into(), logs.exceptions.source),
        ("attributes per log record", limit(logs.attributes.value), logs.attributes.source),
        (
            "characters per text of a log record",
            limit(logs.value_chars.value),
            logs.value_chars.source,
        ),
    ];
    if !logs.exporters.value.is_empty() {
        let super::Batch { schedule_delay, export_timeout, max_queue_size, .. } = &logs.batch;
        let items = &logs.batch.max_export_batch_size;
        let waiting = max_queue_size
            .value
            .map_or("as many as memory holds".to_owned(), |most| most.to_string());
        lines.extend([
            (
                "longest wait of a log record",
                Time(Some(schedule_delay.value)).to_string(),
                schedule_delay.source,
            ),
            ("logs timeout", Time(export_timeout.value).to_string(), export_timeout.source),
            ("log records that may wait", waiting, max_queue_size.source),
            ("log records per export", items.value.to_string(), items.source),
        ]);
    }
    if logs.exporters.value.contains(&LogExporter::File) {
        let path = logs.file.value.as_ref().map(|path| path.display().to_string());
        lines.push(("logs file", path.unwrap_or("stdout".to_owned()), logs.file.source));
    }
    if logs.exporters.value.contains(&LogExporter::Otlp) {
        lines.extend(otlp_lines(&logs.otlp, LOGS));
    }
    lines
}

fn flight_lines(flight: &super::Flight) -> Vec<(&'static str, String, Source)> {
    let Some(bytes) = flight.bytes.value else { return Vec::new() };
    let dir = flight.dir.value.display().to_string();
    let dir = if dir.is_empty() { "current folder".to_owned() } else { dir };
    vec![
        ("flight recorder", format!("{bytes} bytes"), flight.bytes.source),
        ("flight dumps go to", dir, flight.dir.source),
        ("flight dump on panic", flight.on_panic.value.to_string(), flight.on_panic.source),
        ("flight dump on signal", flight.signal.value.as_str().to_owned(), flight.signal.source),
        ("flight dumps", flight.most_dumps.value.to_string(), flight.most_dumps.source),
    ]
}

fn metrics_lines(metrics: &super::Metrics) -> Vec<(&'static str, String, Source)> {
    use super::MetricExporter;
    let super::Metrics { exporters, interval, timeout, temporality, buckets, .. } = metrics;
    if exporters.value.is_empty() {
        return vec![("metrics", "none".to_owned(), exporters.source)];
    }
    let names: Vec<_> = exporters.value.iter().map(ToString::to_string).collect();
    let exemplars = &metrics.exemplars;
    let mut lines = vec![
        ("metrics", names.join(","), exporters.source),
        ("metrics every", Time(Some(interval.value)).to_string(), interval.source),
        ("metrics timeout", Time(timeout.value).to_string(), timeout.source),
        ("metrics count since", temporality.value.to_string(), temporality.source),
        ("metrics buckets", buckets.value.to_string(), buckets.source),
        ("metrics exemplars", exemplars.value.to_string(), exemplars.source),
    ];
    if exporters.value.contains(&MetricExporter::File) {
        let path = metrics.file.value.as_ref().map(|path| path.display().to_string());
        lines.push(("metrics file", path.unwrap_or("stdout".to_owned()), metrics.file.source));
    }
    if exporters.value.contains(&MetricExporter::Otlp) {
        lines.extend(otlp_lines(&metrics.otlp, METRICS));
    }
    lines
}

/// What the lines about an exporter over OTLP are called.
type OtlpNames = [&'static str; 8];

const OTLP: OtlpNames = [
    "otlp protocol",
    "otlp endpoint",
    "otlp headers",
    "otlp timeout",
    "otlp compression",
    "otlp certificate",
    "otlp client key",
    "otlp client certificate",
];
const LOGS: OtlpNames = [
    "logs protocol",
    "logs endpoint",
    "logs headers",
    "logs request timeout",
    "logs compression",
    "logs certificate",
    "logs client key",
    "logs client certificate",
];
const METRICS: OtlpNames = [
    "metrics protocol",
    "metrics endpoint",
    "metrics headers",
    "metrics request timeout",
    "metrics compression",
    "metrics certificate",
    "metrics client key",
    "metrics client certificate",
];

fn sentry_lines(sentry: &super::Sentry) -> Vec<(&'static str, String, Source)> {
    let super::Sentry { dsn, environment, release, sample_rate } = sentry;
    if dsn.value.is_none() {
        return Vec::new();
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "of the resource".to_owned());
    vec![
        ("sentry dsn", "…".to_owned(), dsn.source),
        ("sentry environment", text(&environment.value), environment.source),
        ("sentry release", text(&release.value), release.source),
        ("sentry sample rate", sample_rate.value.unwrap_or(1.0).to_string(), sample_rate.source),
    ]
}

fn otlp_lines(
    otlp: &super::Otlp,
    names: OtlpNames,
) -> impl Iterator<Item = (&'static str, String, Source)> {
    let file = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string())
    };
    let compression = format!("{:?}", otlp.compression.value).to_lowercase();
    let values = [
        (otlp.protocol.value.to_string(), otlp.protocol.source),
        (otlp.endpoint.value.to_string(), otlp.endpoint.source),
        (or_none(otlp.headers.value.to_string()), otlp.headers.source),
        (Time(otlp.timeout.value).to_string(), otlp.timeout.source),
        (compression, otlp.compression.source),
        (file(&otlp.certificate.value), otlp.certificate.source),
        (file(&otlp.client_key.value), otlp.client_key.source),
        (file(&otlp.client_certificate.value), otlp.client_certificate.source),
    ];
    names.into_iter().zip(values).map(|(name, (value, source))| (name, value, source))
}

fn spool_lines(spool: &super::Spool) -> [(&'static str, String, Source); 2] {
    let super::Spool { folder, max_bytes } = spool;
    let shown = folder.value.as_ref().map(|folder| folder.display().to_string());
    [
        ("spool", or_none(shown.unwrap_or_default()), folder.source),
        ("spool size", format!("{} bytes", max_bytes.value), max_bytes.source),
    ]
}

fn file_lines(file: &super::File) -> [(&'static str, String, Source); 3] {
    let super::File { path, max_bytes, max_files } = file;
    let shown = path.value.as_ref().map(|path| path.display().to_string());
    [
        ("file", shown.unwrap_or_else(|| "stdout".to_owned()), path.source),
        ("file size", format!("{} bytes", max_bytes.value), max_bytes.source),
        ("files", max_files.value.to_string(), max_files.source),
    ]
}

fn all_but(patterns: &Patterns) -> String {
    let text = patterns.to_string();
    if text.is_empty() { "all".to_owned() } else { text }
}

fn given(is_given: bool) -> String {
    if is_given { "…".to_owned() } else { "random".to_owned() }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

fn limit(limit: u32) -> String {
    if limit == u32::MAX { "no limit".to_owned() } else { limit.to_string() }
}

/// A duration for people; `None` is for ever.
struct Time(Option<Duration>);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => write!(f, "{time:?}"),
            None => f.write_str("no limit"),
        }
    }
}
