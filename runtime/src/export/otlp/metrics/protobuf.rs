//! Metrics as protobuf.

use super::{MetricPoints, Resource, ScopeMetrics, Temporality, as_protocol_has_it, value};
use crate::{
    export::otlp::{
        encode,
        wire::{self, bytes_tag, fixed64_tag, varint_tag},
    },
    metrics::data::{Buckets, Data, Exemplar, Explicit, Exponential, Labels, Number, Point},
};

// opentelemetry.proto.metrics.v1: a request, and its parts down to the points
const RESOURCE_METRICS: u8 = 1;
const SCOPE_METRICS: u8 = 2;
const METRICS: u8 = 2;
const GAUGE: u8 = 5;
const SUM: u8 = 7;
const HISTOGRAM: u8 = 9;
const EXPONENTIAL_HISTOGRAM: u8 = 10;
const DATA_POINTS: u8 = 1;
const TEMPORALITY: u8 = 2;
const IS_MONOTONIC: u8 = 3;

/// In points of all kinds.
const START_TIME: u8 = 2;
const TIME: u8 = 3;
/// In distributions of both kinds.
const COUNT: u8 = 4;
const TOTAL: u8 = 5;

/// Writes a request.
pub(super) fn request(
    out: &mut Vec<u8>,
    resource: &Resource,
    scopes: &[ScopeMetrics<'_>],
    temporality: Temporality,
) {
    wire::message(out, RESOURCE_METRICS, |out| {
        out.extend_from_slice(&resource.head);
        for scope in scopes {
            wire::message(out, SCOPE_METRICS, |out| {
                out.extend_from_slice(&encode::scope(scope.name, scope.version));
                scope.metrics.iter().for_each(|metric| self::metric(out, metric, temporality));
            });
        }
        out.extend_from_slice(&resource.tail);
    });
}

fn metric(
    out: &mut Vec<u8>,
    MetricPoints { metric, points }: &MetricPoints<'_>,
    asked: Temporality,
) {
    let field = match metric.data {
        Data::Gauge(_) => GAUGE,
        Data::Sum { .. } => SUM,
        Data::Histogram(_) => HISTOGRAM,
        Data::Exponential(_) => EXPONENTIAL_HISTOGRAM,
    };
    wire::message(out, METRICS, |out| {
        wire::text(out, 1, &metric.name);
        wire::text(out, 2, &metric.description);
        wire::text(out, 3, &metric.unit);
        wire::message(out, field, |out| {
            points.iter().for_each(|point| wire::bytes(out, DATA_POINTS, point));
            if field != GAUGE {
                let temporality = asked.of(&metric.data).number();
                out.extend_from_slice(&[varint_tag(TEMPORALITY), temporality]);
            }
            if let Data::Sum { monotonic: true, .. } = metric.data {
                out.extend_from_slice(&[varint_tag(IS_MONOTONIC), 1]);
            }
        });
    });
}

/// Writes the fields of a `NumberDataPoint`.
pub(super) fn number(out: &mut Vec<u8>, point: &Point<Number>, now: u64) {
    times(out, point.start_unix_nanos, now);
    match as_protocol_has_it(point.value) {
        Ok(integer) => fixed64(out, 6, integer.cast_unsigned()),
        Err(number) => double(out, 4, number),
    }
    exemplars(out, 5, &point.exemplars);
    labels(out, 7, &point.labels);
}

/// Writes the fields of a `HistogramDataPoint`.
pub(super) fn histogram(out: &mut Vec<u8>, point: &Point<Explicit>, now: u64) {
    let Explicit { bounds, counts, count, sum, min_max } = &point.value;
    times(out, point.start_unix_nanos, now);
    fixed64(out, COUNT, *count);
    double(out, TOTAL, *sum);
    packed(out, 6, counts.iter().map(|count| count.to_le_bytes()));
    packed(out, 7, bounds.iter().map(|bound| bound.to_le_bytes()));
    exemplars(out, 8, &point.exemplars);
    labels(out, 9, &point.labels);
    if let Some((min, max)) = min_max {
        double(out, 11, *min);
        double(out, 12, *max);
    }
}

/// Writes the fields of an `ExponentialHistogramDataPoint`.
pub(super) fn exponential(out: &mut Vec<u8>, point: &Point<Exponential>, now: u64) {
    // What is exact at a threshold has no place here.
    let Exponential { scale, zeros, positive, negative, count, sum, min_max, thresholds: _ } =
        &point.value;
    labels(out, 1, &point.labels);
    times(out, point.start_unix_nanos, now);
    fixed64(out, COUNT, *count);
    double(out, TOTAL, *sum);
    signed(out, 6, *scale);
    if *zeros != 0 {
        fixed64(out, 7, *zeros);
    }
    buckets(out, 8, positive);
    buckets(out, 9, negative);
    exemplars(out, 11, &point.exemplars);
    if let Some((min, max)) = min_max {
        double(out, 12, *min);
        double(out, 13, *max);
    }
}

fn buckets(out: &mut Vec<u8>, field: u8, Buckets { offset, counts }: &Buckets) {
    if counts.is_empty() {
        return;
    }
    wire::message(out, field, |out| {
        signed(out, 1, *offset);
        wire::message(out, 2, |out| counts.iter().for_each(|count| wire::varint(out, *count)));
    });
}

fn exemplars(out: &mut Vec<u8>, field: u8, exemplars: &[Exemplar]) {
    for Exemplar { value, unix_nanos, trace_id, span_id } in exemplars {
        wire::message(out, field, |out| {
            fixed64(out, 2, *unix_nanos);
            double(out, 3, *value);
            if *trace_id != 0 {
                wire::bytes(out, 4, &span_id.to_be_bytes());
                wire::bytes(out, 5, &trace_id.to_be_bytes());
            }
        });
    }
}

fn labels(out: &mut Vec<u8>, field: u8, labels: &Labels) {
    labels.iter().for_each(|(key, label)| encode::attribute(out, field, key, value(label)));
}

fn times(out: &mut Vec<u8>, start: u64, now: u64) {
    fixed64(out, START_TIME, start);
    fixed64(out, TIME, now);
}

fn fixed64(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(fixed64_tag(field));
    out.extend_from_slice(&value.to_le_bytes());
}

fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    fixed64(out, field, value.to_bits());
}

/// Writes an `sint32`, unless it is 0: that is its default.
fn signed(out: &mut Vec<u8>, field: u8, value: i32) {
    let zigzag = (value << 1) ^ (value >> 31);
    wire::count(out, field, zigzag.cast_unsigned());
}

/// Writes a list of numbers of eight bytes each, unless it is empty.
fn packed(out: &mut Vec<u8>, field: u8, values: impl ExactSizeIterator<Item = [u8; 8]>) {
    if values.len() == 0 {
        return;
    }
    out.push(bytes_tag(field));
    wire::varint(out, values.len() as u64 * 8);
    values.for_each(|value| out.extend_from_slice(&value));
}
