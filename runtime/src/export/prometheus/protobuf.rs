//! The binary format: `io.prometheus.client.MetricFamily`, each behind its length.

use super::{
    buckets::{self, Bucket},
    family::{Family, Kind, Series, Value},
    native::{Native, Spans, ZERO_THRESHOLD},
    number::as_f64,
};
use crate::{export::wire, metrics::data::Exemplar};

/// Field 16, the first whose tag takes two bytes: exemplars of native histograms.
const EXEMPLARS_TAG: [u8; 2] = [0x82, 0x01];

/// Writes all families.
pub(super) fn write(families: &[Family<'_>], out: &mut Vec<u8>) {
    let mut message = Vec::new();
    let mut buckets = Vec::new();
    for family in families {
        message.clear();
        write_family(family, &mut buckets, &mut message);
        wire::varint(out, message.len() as u64);
        out.extend_from_slice(&message);
    }
}

fn write_family(family: &Family<'_>, buckets: &mut Vec<Bucket>, out: &mut Vec<u8>) {
    wire::text(out, 1, &family.full_name());
    wire::text(out, 2, family.help);
    wire::varint_field(
        out,
        3,
        match family.kind {
            Kind::Counter => 0,
            Kind::Gauge | Kind::Info => 1,
            Kind::Histogram => 4,
        },
    );
    for series in &family.series {
        wire::message(out, 4, |out| write_series(family, series, buckets, out));
    }
    wire::text(out, 5, &family.name.unit);
}

fn write_series(
    family: &Family<'_>,
    series: &Series<'_>,
    buckets: &mut Vec<Bucket>,
    out: &mut Vec<u8>,
) {
    for (name, value) in &series.labels {
        wire::message(out, 1, |out| {
            wire::text(out, 1, name);
            wire::text(out, 2, value);
        });
    }
    match series.value {
        Value::Number(number) if family.kind == Kind::Counter => wire::message(out, 3, |out| {
            wire::double(out, 1, as_f64(number));
            if let Some(exemplar) = series.exemplars.last() {
                wire::message(out, 2, |out| write_exemplar(out, exemplar));
            }
            write_time(out, 3, series.start_unix_nanos);
        }),
        Value::Number(number) => {
            wire::message(out, 2, |out| wire::double(out, 1, as_f64(number)));
        }
        Value::Explicit(value) => {
            let count = buckets::explicit(value, buckets);
            wire::message(out, 7, |out| {
                write_classic(series, (count, value.sum), buckets, out);
                write_time(out, 15, series.start_unix_nanos);
            });
        }
        Value::Exponential(value) => {
            let count = family.bounds.exponential(value, buckets);
            let native = Native::new(value);
            wire::message(out, 7, |out| {
                let count = native.as_ref().map_or(count, |native| native.count);
                buckets.iter_mut().for_each(|bucket| bucket.at_most = bucket.at_most.min(count));
                write_classic(series, (count, value.sum), buckets, out);
                if let Some(native) = &native {
                    write_native(native, out);
                }
                write_time(out, 15, series.start_unix_nanos);
                if native.is_some() {
                    for exemplar in series.exemplars {
                        out.extend_from_slice(&EXEMPLARS_TAG);
                        wire::framed(out, |out| write_exemplar(out, exemplar));
                    }
                }
            });
        }
    }
}

fn write_classic(
    series: &Series<'_>,
    (count, sum): (u64, f64),
    buckets: &[Bucket],
    out: &mut Vec<u8>,
) {
    wire::varint_field(out, 1, count);
    wire::double(out, 2, sum);
    let last = Bucket { bound: f64::INFINITY, at_most: count };
    let mut above = f64::NEG_INFINITY;
    for bucket in buckets.iter().chain([&last]) {
        wire::message(out, 3, |out| {
            wire::varint_field(out, 1, bucket.at_most);
            wire::double(out, 2, bucket.bound);
            if let Some(exemplar) = series.exemplar_within(above, bucket.bound) {
                wire::message(out, 3, |out| write_exemplar(out, exemplar));
            }
        });
        above = bucket.bound;
    }
}

fn write_native(native: &Native, out: &mut Vec<u8>) {
    wire::zigzag(out, 5, native.schema.into());
    wire::double(out, 6, ZERO_THRESHOLD);
    wire::varint_field(out, 7, native.zeros);
    for (spans, deltas, side) in [(9, 10, &native.negative), (12, 13, &native.positive)] {
        write_spans(side, (spans, deltas), out);
    }
}

/// Writes stretches and differences, as remote write has them, too.
pub(super) fn write_spans(side: &Spans, (spans, deltas): (u8, u8), out: &mut Vec<u8>) {
    for (offset, length) in &side.spans {
        wire::message(out, spans, |out| {
            wire::zigzag(out, 1, (*offset).into());
            wire::varint_field(out, 2, (*length).into());
        });
    }
    if !side.deltas.is_empty() {
        wire::message(out, deltas, |out| {
            side.deltas.iter().for_each(|delta| wire::zigzag_varint(out, *delta));
        });
    }
}

fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let trace_id = format!("{:032x}", exemplar.trace_id);
    let span_id = format!("{:016x}", exemplar.span_id);
    for (name, value) in [("trace_id", &trace_id), ("span_id", &span_id)] {
        wire::message(out, 1, |out| {
            wire::text(out, 1, name);
            wire::text(out, 2, value);
        });
    }
    wire::double(out, 2, exemplar.value);
    write_time(out, 3, exemplar.unix_nanos);
}

/// Writes a time, unless nobody knows it.
fn write_time(out: &mut Vec<u8>, field: u8, unix_nanos: u64) {
    if unix_nanos > 0 {
        wire::message(out, field, |out| {
            wire::varint_field(out, 1, unix_nanos / 1_000_000_000);
            wire::varint_field(out, 2, unix_nanos % 1_000_000_000);
        });
    }
}
