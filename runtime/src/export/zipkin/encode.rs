//! One span as Zipkin v2 JSON, in one pass over its view.
//!
//! The mapping is that of the OpenTelemetry specification. Each tag stands once: what the span says
//! about itself beats what the resource says, and our own tags beat attributes of their names.

use std::mem;

use super::remote::Remote;
use crate::{
    export::{
        OwnCrate,
        json_text::{Text as _, decimal, hex, list, string, value},
    },
    resource::Resource,
    site::SpanKind,
    trace::{EventView, SpanView, Status},
    value::Value,
};

/// Encodes the spans of one process.
pub(super) struct Encoder {
    /// The member `localEndpoint`.
    local: Vec<u8>,
    /// Attributes of the resource that become tags: key, and the tag with a comma before it.
    resource: Vec<(&'static str, Vec<u8>)>,
    own_crate: Option<OwnCrate>,
    /// JSON that stands within a string of JSON.
    inner: String,
}

/// What tells the instances of a service apart.
const RESOURCE_TAGS: [&str; 5] = [
    "deployment.environment.name",
    "host.name",
    "service.instance.id",
    "service.namespace",
    "service.version",
];

const STATUS_CODE: &str = "otel.status_code";
/// A span with this tag has failed, whatever its value.
const ERROR: &str = "error";
/// Tags that we write; an attribute of the name would make it stand there twice.
const OURS: [&str; 8] = [
    STATUS_CODE,
    "otel.scope.name",
    "otel.scope.version",
    "otel.library.name",
    "otel.library.version",
    DROPPED_ATTRIBUTES,
    DROPPED_EVENTS,
    DROPPED_LINKS,
];
const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";
const DROPPED_EVENTS: &str = "otel.dropped_events_count";
const DROPPED_LINKS: &str = "otel.dropped_links_count";

impl Encoder {
    pub(super) fn new(resource: &Resource, own_crate: Option<OwnCrate>) -> Self {
        let mut inner = String::new();
        let mut local = b",\"localEndpoint\":{\"serviceName\":".to_vec();
        let service = resource.get("service.name").map(|name| name.to_string());
        string(&mut local, &service.unwrap_or_else(|| "unknown_service".to_owned()));
        local.put("}");
        let tags = RESOURCE_TAGS.into_iter().filter_map(|key| {
            let mut written = Vec::new();
            tag(&mut written, &mut inner, key, resource.get(key)?);
            Some((key, written))
        });
        let resource = tags.collect();
        Self { local, resource, own_crate, inner }
    }

    /// Appends a span.
    pub(super) fn span(&mut self, out: &mut Vec<u8>, span: &SpanView<'_>) {
        let (start, end) = span.unix_nanos();
        out.put("{\"traceId\":\"");
        hex(out, &span.trace_id().to_bytes());
        out.put("\",\"id\":\"");
        hex(out, &span.span_id().to_bytes());
        if let Some(parent) = span.parent_span_id() {
            out.put("\",\"parentId\":\"");
            hex(out, &parent.to_bytes());
        }
        out.put("\",\"name\":");
        string(out, span.name());
        if let Some(kind) = kind(span.kind()) {
            out.put(",\"kind\":\"");
            out.put(kind);
            out.put("\"");
        }
        out.put(",\"timestamp\":");
        decimal(out, start / 1_000);
        out.put(",\"duration\":");
        // 0 means that nobody knows.
        decimal(out, ((end - start) / 1_000).max(1));
        out.extend_from_slice(&self.local);
        let mut inner = mem::take(&mut self.inner);
        let remote = self.tags(out, &mut inner, span);
        remote.write(out);
        annotations(out, &mut inner, span);
        self.inner = inner;
        out.put("}");
    }

    fn tags<'a>(&self, out: &mut Vec<u8>, inner: &mut String, span: &SpanView<'a>) -> Remote<'a> {
        let scope = span.target();
        out.put(",\"tags\":{\"otel.scope.name\":");
        string(out, scope);
        out.put(",\"otel.library.name\":");
        string(out, scope);
        let own = || self.own_crate.as_ref().and_then(|own| own.version_of(scope));
        if let Some(version) = span.scope_version().or_else(own) {
            text_tag(out, "otel.scope.version", version);
            text_tag(out, "otel.library.version", version);
        }
        let status = span.status();
        let has_failed = matches!(status, Status::Error { .. });
        let has_remote = matches!(span.kind(), SpanKind::Client | SpanKind::Producer);
        let (mut remote, mut said) = (Remote::default(), 0_u8);
        let dropped = span.each_attribute(|key, value| {
            if has_remote {
                remote.see(key, value);
            }
            if let Some(at) = self.resource.iter().position(|(known, _)| *known == key) {
                said |= 1 << at;
            }
            let is_ours = OURS.contains(&key) || key == ERROR && (has_failed || is_false(value));
            if !is_ours {
                tag(out, inner, key, value);
            }
        });
        for (at, (_, written)) in self.resource.iter().enumerate() {
            if said & 1 << at == 0 {
                out.extend_from_slice(written);
            }
        }
        match status {
            Status::Unset => {}
            Status::Ok => text_tag(out, STATUS_CODE, "OK"),
            Status::Error { description } => {
                text_tag(out, STATUS_CODE, "ERROR");
                text_tag(out, ERROR, description);
            }
        }
        count_tag(out, DROPPED_ATTRIBUTES, dropped);
        if !span.is_plain() {
            count_tag(out, DROPPED_EVENTS, span.dropped_events());
            count_tag(out, DROPPED_LINKS, span.dropped_links());
        }
        out.put("}");
        remote
    }
}

fn kind(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Internal => None,
        SpanKind::Server => Some("SERVER"),
        SpanKind::Client => Some("CLIENT"),
        SpanKind::Producer => Some("PRODUCER"),
        SpanKind::Consumer => Some("CONSUMER"),
    }
}

fn is_false(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(false) | Value::Str("false"))
}

/// Writes a tag, whose value is always text.
fn tag(out: &mut Vec<u8>, inner: &mut String, key: &str, value: Value<'_>) {
    out.put(",");
    string(out, key);
    out.put(":");
    match value {
        Value::Str(text) => string(out, text),
        Value::Array(_) => json_string(out, inner, |inner| self::value(inner, value)),
        Value::F64(number) if !number.is_finite() => self::value(out, value),
        _ => {
            out.put("\"");
            self::value(out, value);
            out.put("\"");
        }
    }
}

fn text_tag(out: &mut Vec<u8>, key: &'static str, text: &str) {
    write!(out, ",\"{key}\":");
    string(out, text);
}

fn count_tag(out: &mut Vec<u8>, key: &'static str, count: u32) {
    if count != 0 {
        write!(out, ",\"{key}\":\"{count}\"");
    }
}

fn annotations(out: &mut Vec<u8>, inner: &mut String, span: &SpanView<'_>) {
    if span.is_plain() {
        return;
    }
    let mut events = span.events().peekable();
    if events.peek().is_some() {
        out.put(",\"annotations\":");
        list(out, events, |out, event| annotation(out, inner, &event));
    }
}

/// `name`, or `"name":{"key":"value"}` where the event has attributes.
fn annotation(out: &mut Vec<u8>, inner: &mut String, event: &EventView<'_>) {
    out.put("{\"timestamp\":");
    decimal(out, event.unix_nanos() / 1_000);
    out.put(",\"value\":");
    let mut attributes = event.attributes().peekable();
    if attributes.peek().is_none() {
        string(out, event.name());
    } else {
        json_string(out, inner, |inner| {
            string(inner, event.name());
            inner.put(":{");
            for (index, (key, attribute)) in attributes.enumerate() {
                inner.put(if index == 0 { "" } else { "," });
                string(inner, key);
                inner.put(":");
                value(inner, attribute);
            }
            inner.put("}");
        });
    }
    out.put("}");
}

/// Writes JSON as a string of JSON.
fn json_string(out: &mut Vec<u8>, inner: &mut String, write: impl FnOnce(&mut String)) {
    inner.clear();
    write(inner);
    string(out, inner);
}
