//! The text formats: the old one, version 0.0.4, and OpenMetrics 1.0.
//!
//! When a series began is said in protobuf alone. In OpenMetrics it would be a sample, `_created`,
//! which Prometheus keeps as one more series of each counter.

use std::{collections::BTreeMap, io::Write as _, mem};

use super::{
    buckets::{self, Bucket},
    family::{Family, Kind, Series, Value},
    names, number,
};
use crate::metrics::data::Exemplar;

/// Writes all families.
pub(super) fn write(families: &[Family<'_>], is_open_metrics: bool, out: &mut Vec<u8>) {
    let mut writer = Writer {
        out,
        is_open_metrics,
        labels: Vec::new(),
        buckets: Vec::new(),
        bounds: BTreeMap::new(),
    };
    for family in families {
        writer.family(family);
    }
    if is_open_metrics {
        writer.put("# EOF\n");
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_open_metrics: bool,
    /// The labels of the series that is written: they come again in each line.
    labels: Vec<u8>,
    buckets: Vec<Bucket>,
    /// Bounds that were written, by their bits.
    bounds: BTreeMap<u64, String>,
}

impl Writer<'_> {
    fn family(&mut self, family: &Family<'_>) {
        self.head(family);
        for series in &family.series {
            self.render_labels(series);
            match series.value {
                Value::Number(value) => {
                    self.begin(family, family.kind.suffix(), None);
                    number::number(self.out, value);
                    if family.kind == Kind::Counter {
                        self.exemplar(series.exemplars.last());
                    }
                    self.put("\n");
                }
                Value::Explicit(value) => {
                    let count = buckets::explicit(value, &mut self.buckets);
                    self.histogram(family, series, count, value.sum);
                }
                Value::Exponential(value) => {
                    let count = family.bounds.exponential(value, &mut self.buckets);
                    self.histogram(family, series, count, value.sum);
                }
            }
        }
    }

    fn head(&mut self, family: &Family<'_>) {
        let (kind, suffix) = match family.kind {
            Kind::Counter => ("counter", family.kind.suffix()),
            Kind::Gauge => ("gauge", ""),
            Kind::Histogram => ("histogram", ""),
            Kind::Info if self.is_open_metrics => ("info", ""),
            Kind::Info => ("gauge", family.kind.suffix()),
        };
        // There the suffix belongs to the sample, not to the family.
        let suffix = if self.is_open_metrics { "" } else { suffix };
        let mut name = Vec::new();
        push_name(&mut name, &family.name.base, suffix);
        for (word, text) in [("HELP", family.help), ("TYPE", kind), ("UNIT", &family.name.unit)] {
            if word == "UNIT" && (!self.is_open_metrics || text.is_empty()) {
                continue;
            }
            self.put("# ");
            self.put(word);
            self.put(" ");
            self.out.extend_from_slice(&name);
            self.put(" ");
            push_escaped(self.out, text, self.is_open_metrics);
            self.put("\n");
        }
    }

    fn histogram(&mut self, family: &Family<'_>, series: &Series<'_>, count: u64, sum: f64) {
        let buckets = mem::take(&mut self.buckets);
        let last = Bucket { bound: f64::INFINITY, at_most: count };
        let mut above = f64::NEG_INFINITY;
        for bucket in buckets.iter().chain([&last]) {
            self.begin(family, "_bucket", Some(bucket.bound));
            let _ = write!(self.out, "{}", bucket.at_most);
            self.exemplar(series.exemplar_within(above, bucket.bound));
            self.put("\n");
            above = bucket.bound;
        }
        self.buckets = buckets;
        self.begin(family, "_sum", None);
        number::float(self.out, sum);
        self.put("\n");
        self.begin(family, "_count", None);
        let _ = writeln!(self.out, "{count}");
    }

    /// A line up to its value.
    fn begin(&mut self, family: &Family<'_>, suffix: &str, bound: Option<f64>) {
        let (name, has_labels) = (&family.name.base, !self.labels.is_empty());
        if names::is_plain(name) {
            self.put(name);
            self.put(suffix);
            if !has_labels && bound.is_none() {
                return self.put(" ");
            }
            self.put("{");
        } else {
            self.put("{");
            push_name(self.out, name, suffix);
            if has_labels || bound.is_some() {
                self.put(",");
            }
        }
        self.out.extend_from_slice(&self.labels);
        if let Some(bound) = bound {
            self.put(if has_labels { ",le=\"" } else { "le=\"" });
            let text = self.bounds.entry(bound.to_bits()).or_insert_with(|| number::bound(bound));
            self.out.extend_from_slice(text.as_bytes());
            self.put("\"");
        }
        self.put("} ");
    }

    fn render_labels(&mut self, series: &Series<'_>) {
        self.labels.clear();
        for (index, (name, value)) in series.labels.iter().enumerate() {
            if index > 0 {
                self.labels.push(b',');
            }
            push_name(&mut self.labels, name, "");
            self.labels.extend_from_slice(b"=\"");
            push_escaped(&mut self.labels, value, true);
            self.labels.push(b'"');
        }
    }

    /// Where a value was measured: the old format has no place for it.
    fn exemplar(&mut self, exemplar: Option<&Exemplar>) {
        let Some(exemplar) = exemplar.filter(|_| self.is_open_metrics) else { return };
        let Exemplar { trace_id, span_id, value, unix_nanos } = exemplar;
        let ids = format_args!(" # {{trace_id=\"{trace_id:032x}\",span_id=\"{span_id:016x}\"}} ");
        let _ = self.out.write_fmt(ids);
        number::float(self.out, *value);
        if *unix_nanos > 0 {
            self.put(" ");
            self.seconds(*unix_nanos);
        }
    }

    fn seconds(&mut self, unix_nanos: u64) {
        let (seconds, nanos) = (unix_nanos / 1_000_000_000, unix_nanos % 1_000_000_000);
        let _ = write!(self.out, "{seconds}.{:06}", nanos / 1_000);
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// A name, between quotes where it needs them.
fn push_name(out: &mut Vec<u8>, name: &str, suffix: &str) {
    let quote: &[u8] = if names::is_plain(name) { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    if quote.is_empty() {
        out.extend_from_slice(name.as_bytes());
    } else {
        push_escaped(out, name, true);
    }
    out.extend_from_slice(suffix.as_bytes());
    out.extend_from_slice(quote);
}

/// What means something to a parser is escaped; quotes are only where text stands between some.
fn push_escaped(out: &mut Vec<u8>, text: &str, escapes_quotes: bool) {
    let mut rest = text.as_bytes();
    let special = |byte: &u8| matches!(byte, b'\\' | b'\n') || *byte == b'"' && escapes_quotes;
    while let Some(at) = rest.iter().position(special) {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\\');
        out.push(if rest[at] == b'\n' { b'n' } else { rest[at] });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
