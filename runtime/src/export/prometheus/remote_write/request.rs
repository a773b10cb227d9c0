//! Requests: `prometheus.WriteRequest` of version 1, `io.prometheus.write.v2.Request` of version 2.

use std::{borrow::Cow, collections::HashMap};

use super::{
    config::Version,
    series::{Sample, SampleValue},
};
use crate::{
    export::{
        prometheus::{
            family::{Family, Kind},
            native::{Native, ZERO_THRESHOLD},
            protobuf::write_spans,
        },
        wire,
    },
    metrics::data::Exemplar,
};

/// The most samples of one request, as Prometheus itself sends them.
const MOST_SAMPLES: u32 = 2_000;

/// A request, packed.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) body: Vec<u8>,
    pub(super) samples: u32,
}

/// Puts samples of one moment into requests.
pub(super) struct Requests {
    version: Version,
    unix_millis: u64,
    done: Vec<Request>,
    body: Vec<u8>,
    samples: u32,
    /// The numbers of texts, in version 2.
    symbols: HashMap<String, u64>,
    /// The symbols, in the order of their numbers.
    table: Vec<u8>,
    /// The family whose meaning was told last, in version 1.
    told: Option<String>,
}

impl Requests {
    pub(super) fn new(version: Version, unix_nanos: u64) -> Self {
        let mut requests = Self {
            version,
            unix_millis: unix_nanos / 1_000_000,
            done: Vec::new(),
            body: Vec::new(),
            samples: 0,
            symbols: HashMap::new(),
            table: Vec::new(),
            told: None,
        };
        requests.begin();
        requests
    }

    pub(super) fn push(&mut self, sample: &Sample<'_>) {
        match self.version {
            Version::One => self.push_1(sample),
            Version::Two => self.push_2(sample),
        }
        self.samples += 1;
        if self.samples >= MOST_SAMPLES {
            self.end();
        }
    }

    pub(super) fn finish(mut self) -> Vec<Request> {
        self.end();
        self.done
    }

    fn begin(&mut self) {
        self.body.clear();
        self.table.clear();
        self.symbols.clear();
        self.samples = 0;
        self.told = None;
        if self.version == Version::Two {
            // The first symbol is the empty one.
            self.symbol("");
        }
    }

    fn end(&mut self) {
        if self.samples > 0 {
            let mut raw = std::mem::take(&mut self.table);
            raw.extend_from_slice(&self.body);
            let packed = snap::raw::Encoder::new().compress_vec(&raw);
            // Only what is larger than 4 GiB cannot be packed.
            self.done.extend(packed.ok().map(|body| Request { body, samples: self.samples }));
        }
        self.begin();
    }

    fn symbol(&mut self, text: &str) -> u64 {
        if let Some(number) = self.symbols.get(text) {
            return *number;
        }
        let number = self.symbols.len() as u64;
        wire::bytes(&mut self.table, 4, text.as_bytes());
        self.symbols.insert(text.to_owned(), number);
        number
    }

    fn push_1(&mut self, sample: &Sample<'_>) {
        let family = sample.family;
        let name = family.full_name();
        if self.told.as_ref() != Some(&name) {
            wire::message(&mut self.body, 3, |out| {
                wire::varint_field(out, 1, kind(family));
                wire::text(out, 2, &name);
                wire::text(out, 4, family.help);
                wire::text(out, 5, &family.name.unit);
            });
            self.told = Some(name);
        }
        let millis = self.unix_millis;
        wire::message(&mut self.body, 1, |out| {
            for (name, value) in sample.labels {
                write_label(out, name, value);
            }
            match sample.value {
                SampleValue::Float(value) => wire::message(out, 2, |out| {
                    wire::double(out, 1, value);
                    wire::varint_field(out, 2, millis);
                }),
                SampleValue::Native(native) => {
                    wire::message(out, 4, |out| write_native(out, native, millis));
                }
            }
            if let Some(exemplar) = sample.exemplar {
                wire::message(out, 3, |out| {
                    for (name, value) in labels_of(exemplar) {
                        write_label(out, name, &value);
                    }
                    wire::double(out, 2, exemplar.value);
                    wire::varint_field(out, 3, exemplar.unix_nanos / 1_000_000);
                });
            }
        });
    }

    fn push_2(&mut self, sample: &Sample<'_>) {
        let labels = sample.labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        let labels: Vec<u64> =
            labels.flat_map(|(name, value)| [self.symbol(name), self.symbol(value)]).collect();
        let exemplar = sample.exemplar.map(|exemplar| {
            let ids = labels_of(exemplar);
            let ids = ids.iter().flat_map(|(name, value)| [self.symbol(name), self.symbol(value)]);
            (exemplar, ids.collect::<Vec<_>>())
        });
        let family = sample.family;
        let (help, unit) = (self.symbol(family.help), self.symbol(&family.name.unit));
        let millis = self.unix_millis;
        wire::message(&mut self.body, 5, |out| {
            write_packed(out, 1, &labels);
            match sample.value {
                SampleValue::Float(value) => wire::message(out, 2, |out| {
                    wire::double(out, 1, value);
                    wire::varint_field(out, 2, millis);
                }),
                SampleValue::Native(native) => {
                    wire::message(out, 3, |out| write_native(out, native, millis));
                }
            }
            if let Some((exemplar, ids)) = exemplar {
                wire::message(out, 4, |out| {
                    write_packed(out, 1, &ids);
                    wire::double(out, 2, exemplar.value);
                    wire::varint_field(out, 3, exemplar.unix_nanos / 1_000_000);
                });
            }
            wire::message(out, 5, |out| {
                wire::varint_field(out, 1, kind(family));
                wire::varint_field(out, 3, help);
                wire::varint_field(out, 4, unit);
            });
        });
    }
}

/// Both versions have the same numbers.
fn kind(family: &Family<'_>) -> u64 {
    match family.kind {
        Kind::Counter => 1,
        // In version 2 the one of its own is for OpenMetrics; a scraper of text stores a gauge.
        Kind::Gauge | Kind::Info => 2,
        Kind::Histogram => 3,
    }
}

fn labels_of(exemplar: &Exemplar) -> [(&'static str, Cow<'static, str>); 2] {
    [
        ("span_id", format!("{:016x}", exemplar.span_id).into()),
        ("trace_id", format!("{:032x}", exemplar.trace_id).into()),
    ]
}

fn write_label(out: &mut Vec<u8>, name: &str, value: &str) {
    wire::message(out, 1, |out| {
        wire::text(out, 1, name);
        wire::text(out, 2, value);
    });
}

fn write_packed(out: &mut Vec<u8>, field: u8, numbers: &[u64]) {
    wire::message(out, field, |out| {
        numbers.iter().for_each(|number| wire::varint(out, *number));
    });
}

/// Both versions have the same message.
fn write_native(out: &mut Vec<u8>, native: &Native, unix_millis: u64) {
    wire::varint_field(out, 1, native.count);
    wire::double(out, 3, native.sum);
    wire::zigzag(out, 4, native.schema.into());
    wire::double(out, 5, ZERO_THRESHOLD);
    wire::varint_field(out, 6, native.zeros);
    write_spans(&native.negative, (8, 9), out);
    write_spans(&native.positive, (11, 12), out);
    wire::varint_field(out, 15, unix_millis);
}
