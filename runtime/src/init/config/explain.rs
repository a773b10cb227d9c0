//! What is configured, and from where: for people.

use std::{fmt, time::Duration};

use super::{Lines, Settings, Source};
use crate::logs::Exceptions;

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
        let Self { limits, batch, otlp, console, .. } = self;
        let list = |values: Vec<String>| {
            if values.is_empty() { "none".to_owned() } else { values.join(",") }
        };
        let exporters = self.exporters.value.iter().map(ToString::to_string).collect();
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
            ("redacted keys", list(self.redact_keys.value.clone()), self.redact_keys.source),
            ("mirror", self.mirror.value.to_string(), self.mirror.source),
            ("memory", format!("{} bytes", self.memory.value.bytes()), self.memory.source),
            ("clock", format!("{:?}", self.clock.value).to_lowercase(), self.clock.source),
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
            lines.extend(otlp_lines(otlp));
            lines.extend(spool_lines(&otlp.spool));
        }
        lines.extend(flight_lines(&self.flight));
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

fn log_lines(logs: &super::Logs) -> [(&'static str, String, Source); 6] {
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
    [
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
    ]
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

fn otlp_lines(otlp: &super::Otlp) -> [(&'static str, String, Source); 8] {
    let file = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string())
    };
    let compression = format!("{:?}", otlp.compression.value).to_lowercase();
    [
        ("otlp protocol", otlp.protocol.value.to_string(), otlp.protocol.source),
        ("otlp endpoint", otlp.endpoint.value.to_string(), otlp.endpoint.source),
        ("otlp headers", or_none(otlp.headers.value.to_string()), otlp.headers.source),
        ("otlp timeout", Time(otlp.timeout.value).to_string(), otlp.timeout.source),
        ("otlp compression", compression, otlp.compression.source),
        ("otlp certificate", file(&otlp.certificate.value), otlp.certificate.source),
        ("otlp client key", file(&otlp.client_key.value), otlp.client_key.source),
        (
            "otlp client certificate",
            file(&otlp.client_certificate.value),
            otlp.client_certificate.source,
        ),
    ]
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
