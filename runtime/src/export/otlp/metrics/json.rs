//! Metrics as JSON, by the mapping of the OTLP specification.

use super::{MetricPoints, Resource, ScopeMetrics, Temporality, as_protocol_has_it, value};
use crate::{
    export::{
        json_text::{Text as _, decimal, hex, list, string},
        otlp::{
            json::{attribute, double, members, scope, text},
            signal::Signal,
        },
    },
    metrics::data::{Buckets, Data, Exemplar, Explicit, Exponential, Labels, Number, Point},
};

/// Writes a request, on one line.
pub(super) fn request(
    out: &mut Vec<u8>,
    resource: &Resource,
    scopes: &[ScopeMetrics<'_>],
    temporality: Temporality,
) {
    out.extend_from_slice(&resource.head);
    for (index, ScopeMetrics { name, version, metrics }) in scopes.iter().enumerate() {
        out.put(if index == 0 { "" } else { "," });
        out.extend_from_slice(&scope(Signal::Metrics, name, version));
        for (index, points) in metrics.iter().enumerate() {
            out.put(if index == 0 { "" } else { "," });
            metric(out, points, temporality);
        }
        out.put("]}");
    }
    out.extend_from_slice(&resource.tail);
}

fn metric(
    out: &mut Vec<u8>,
    MetricPoints { metric, points }: &MetricPoints<'_>,
    asked: Temporality,
) {
    out.put("{\"name\":");
    string(out, &metric.name);
    text(out, ",\"description\":", &metric.description);
    text(out, ",\"unit\":", &metric.unit);
    out.put(match metric.data {
        Data::Gauge(_) => ",\"gauge\":{",
        Data::Sum { .. } => ",\"sum\":{",
        Data::Histogram(_) => ",\"histogram\":{",
        Data::Exponential(_) => ",\"exponentialHistogram\":{",
    });
    out.put("\"dataPoints\":");
    list(out, points.iter(), |out, point| out.extend_from_slice(point));
    if !matches!(metric.data, Data::Gauge(_)) {
        out.put(",\"aggregationTemporality\":");
        decimal(out, asked.of(&metric.data).number().into());
    }
    if let Data::Sum { monotonic: true, .. } = metric.data {
        out.put(",\"isMonotonic\":true");
    }
    out.put("}}");
}

/// Writes a `NumberDataPoint`.
pub(super) fn number(out: &mut Vec<u8>, point: &Point<Number>, now: u64) {
    begin(out, &point.labels, point.start_unix_nanos, now);
    match as_protocol_has_it(point.value) {
        Ok(integer) => {
            out.put(if integer < 0 { ",\"asInt\":\"-" } else { ",\"asInt\":\"" });
            decimal(out, integer.unsigned_abs());
            out.put("\"");
        }
        Err(number) => {
            out.put(",\"asDouble\":");
            double(out, number);
        }
    }
    end(out, &point.exemplars);
}

/// Writes a `HistogramDataPoint`.
pub(super) fn histogram(out: &mut Vec<u8>, point: &Point<Explicit>, now: u64) {
    let Explicit { bounds, counts, count, sum, min_max } = &point.value;
    begin(out, &point.labels, point.start_unix_nanos, now);
    total(out, *count, *sum, *min_max);
    members(out, ",\"bucketCounts\":[", counts.iter(), |out, count| quoted(out, *count));
    members(out, ",\"explicitBounds\":[", bounds.iter(), |out, bound| double(out, *bound));
    end(out, &point.exemplars);
}

/// Writes an `ExponentialHistogramDataPoint`.
pub(super) fn exponential(out: &mut Vec<u8>, point: &Point<Exponential>, now: u64) {
    // What is exact at a threshold has no place here.
    let Exponential { scale, zeros, positive, negative, count, sum, min_max, thresholds: _ } =
        &point.value;
    begin(out, &point.labels, point.start_unix_nanos, now);
    total(out, *count, *sum, *min_max);
    write!(out, ",\"scale\":{scale}");
    if *zeros != 0 {
        out.put(",\"zeroCount\":");
        quoted(out, *zeros);
    }
    buckets(out, ",\"positive\":", positive);
    buckets(out, ",\"negative\":", negative);
    end(out, &point.exemplars);
}

fn buckets(out: &mut Vec<u8>, name: &str, Buckets { offset, counts }: &Buckets) {
    if counts.is_empty() {
        return;
    }
    write!(out, "{name}{{\"offset\":{offset}");
    members(out, ",\"bucketCounts\":[", counts.iter(), |out, count| quoted(out, *count));
    out.put("}");
}

/// The start of a point of any kind.
fn begin(out: &mut Vec<u8>, labels: &Labels, start: u64, now: u64) {
    out.put("{\"startTimeUnixNano\":");
    quoted(out, start);
    out.put(",\"timeUnixNano\":");
    quoted(out, now);
    let labels = labels.iter().map(|(key, label)| (key.as_ref(), value(label)));
    members(out, ",\"attributes\":[", labels, attribute);
}

fn total(out: &mut Vec<u8>, count: u64, sum: f64, min_max: Option<(f64, f64)>) {
    out.put(",\"count\":");
    quoted(out, count);
    out.put(",\"sum\":");
    double(out, sum);
    if let Some((min, max)) = min_max {
        out.put(",\"min\":");
        double(out, min);
        out.put(",\"max\":");
        double(out, max);
    }
}

fn end(out: &mut Vec<u8>, exemplars: &[Exemplar]) {
    members(out, ",\"exemplars\":[", exemplars.iter(), |out, exemplar| {
        let Exemplar { value, unix_nanos, trace_id, span_id } = exemplar;
        out.put("{\"timeUnixNano\":");
        quoted(out, *unix_nanos);
        out.put(",\"asDouble\":");
        double(out, *value);
        if *trace_id != 0 {
            out.put(",\"spanId\":\"");
            hex(out, &span_id.to_be_bytes());
            out.put("\",\"traceId\":\"");
            hex(out, &trace_id.to_be_bytes());
            out.put("\"");
        }
        out.put("}");
    });
    out.put("}");
}

/// An integer of 64 bits.
fn quoted(out: &mut Vec<u8>, number: u64) {
    out.put("\"");
    decimal(out, number);
    out.put("\"");
}
