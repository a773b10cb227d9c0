//! Metrics as requests of OTLP: which points go together, and in what order.
//!
//! Points are encoded one behind the other ([`protobuf`], [`json`]); a request is then put together
//! from as many as fit it, by scope and metric, each of which stands in it once. So a program with a
//! hundred thousand series sends requests that every receiver takes.

mod json;
#[cfg(feature = "otlp")]
mod protobuf;

#[cfg(feature = "otlp")]
use super::wire;
use super::{
    batch::{Encoding, Resource},
    signal::Signal,
};
use crate::{
    export::{OwnCrate, Temporality},
    metrics::data::{Data, Label, Metric, Number, Scope, Snapshot},
    value::Value,
};

/// What requests are made with.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    encoding: Encoding,
    resource: Resource,
    own_crate: Option<OwnCrate>,
    temporality: Temporality,
    max_bytes: usize,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) body: Vec<u8>,
    pub(crate) points: u32,
}

/// The metrics of one scope, in a request that is complete.
struct ScopeMetrics<'a> {
    name: &'a str,
    version: &'a str,
    metrics: Vec<MetricPoints<'a>>,
}

/// A metric, and those of its points that are in the request.
struct MetricPoints<'a> {
    metric: &'a Metric,
    points: Vec<&'a [u8]>,
}

/// The points of a snapshot, encoded.
struct Points<'a> {
    snapshot: &'a Snapshot,
    encoded: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where a point stands.
#[derive(Clone, Copy)]
struct Entry {
    metric: usize,
    start: usize,
    len: usize,
}

/// What stands around a point, a metric or a scope, at most: two tags and lengths of messages below
/// 256 MiB, or brackets, commas and the names of members.
const WIDEST: usize = 96;

impl Requests {
    pub(crate) fn new(
        encoding: Encoding,
        resource: Resource,
        own_crate: Option<OwnCrate>,
        temporality: Temporality,
        max_bytes: usize,
    ) -> Self {
        Self { encoding, resource, own_crate, temporality, max_bytes }
    }

    /// Writes a snapshot; a point that fits no request is left out, and how many is returned, too.
    pub(crate) fn write(&self, snapshot: &Snapshot) -> (Vec<Request>, u32) {
        let points = self.points(snapshot);
        let (mut requests, mut too_large) = (Vec::new(), 0);
        let around = self.resource.bytes() + WIDEST;
        let (mut taken, mut bytes) = (Vec::new(), around);
        for entry in &points.entries {
            let mut more = self.cost(&points, taken.last(), entry);
            if bytes + more > self.max_bytes && !taken.is_empty() {
                requests.push(self.request(&points, &taken));
                taken.clear();
                bytes = around;
                more = self.cost(&points, None, entry);
            }
            if bytes + more > self.max_bytes {
                too_large += 1;
                continue;
            }
            bytes += more;
            taken.push(*entry);
        }
        if !taken.is_empty() {
            requests.push(self.request(&points, &taken));
        }
        (requests, too_large)
    }

    /// Encodes all points, scope by scope.
    fn points<'a>(&self, snapshot: &'a Snapshot) -> Points<'a> {
        let mut points = Points { snapshot, encoded: Vec::new(), entries: Vec::new() };
        for metric in in_order_of_scopes(&snapshot.metrics) {
            let Some(data) = snapshot.metrics.get(metric).map(|metric| &metric.data) else {
                continue;
            };
            let now = snapshot.unix_nanos;
            match data {
                Data::Sum { points: all, .. } | Data::Gauge(all) => {
                    all.iter().for_each(|point| {
                        points.add(metric, |out| match self.encoding {
                            Encoding::Json => json::number(out, point, now),
                            #[cfg(feature = "otlp")]
                            Encoding::Protobuf => protobuf::number(out, point, now),
                        });
                    });
                }
                Data::Histogram(all) => {
                    all.iter().for_each(|point| {
                        points.add(metric, |out| match self.encoding {
                            Encoding::Json => json::histogram(out, point, now),
                            #[cfg(feature = "otlp")]
                            Encoding::Protobuf => protobuf::histogram(out, point, now),
                        });
                    });
                }
                Data::Exponential(all) => {
                    all.iter().for_each(|point| {
                        points.add(metric, |out| match self.encoding {
                            Encoding::Json => json::exponential(out, point, now),
                            #[cfg(feature = "otlp")]
                            Encoding::Protobuf => protobuf::exponential(out, point, now),
                        });
                    });
                }
            }
        }
        points
    }

    /// Bytes that a point adds to a request that ends with another one.
    fn cost(&self, points: &Points<'_>, before: Option<&Entry>, entry: &Entry) -> usize {
        let head = points.head(before.map(|before| before.metric), entry.metric);
        head + entry.len + self.encoding.framing()
    }

    fn request(&self, points: &Points<'_>, taken: &[Entry]) -> Request {
        let mut scopes: Vec<ScopeMetrics<'_>> = Vec::new();
        let (mut last_scope, mut last_metric) = (None, None);
        for entry in taken {
            let Some(metric) = points.snapshot.metrics.get(entry.metric) else { continue };
            if last_scope != Some(&metric.scope) {
                last_scope = Some(&metric.scope);
                scopes.push(self.scope(&metric.scope));
            }
            let Some(scope) = scopes.last_mut() else { continue };
            if last_metric != Some(entry.metric) {
                last_metric = Some(entry.metric);
                scope.metrics.push(MetricPoints { metric, points: Vec::new() });
            }
            if let (Some(metric), Some(point)) =
                (scope.metrics.last_mut(), points.encoded.get(entry.start..entry.start + entry.len))
            {
                metric.points.push(point);
            }
        }
        let mut body = Vec::new();
        match self.encoding {
            Encoding::Json => json::request(&mut body, &self.resource, &scopes, self.temporality),
            #[cfg(feature = "otlp")]
            Encoding::Protobuf => {
                protobuf::request(&mut body, &self.resource, &scopes, self.temporality);
            }
        }
        Request { body, points: u32::try_from(taken.len()).unwrap_or(u32::MAX) }
    }

    fn scope<'a>(&'a self, scope: &'a Scope) -> ScopeMetrics<'a> {
        let own = || self.own_crate.as_ref().and_then(|own| own.version_of(&scope.name));
        let version = scope.version.as_deref().or_else(own).unwrap_or_default();
        ScopeMetrics { name: &scope.name, version, metrics: Vec::new() }
    }
}

impl Points<'_> {
    fn add(&mut self, metric: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.encoded.len();
        write(&mut self.encoded);
        self.entries.push(Entry { metric, start, len: self.encoded.len() - start });
    }

    /// Bytes of what stands before a point of a metric, if one of another stands before that.
    fn head(&self, before: Option<usize>, metric: usize) -> usize {
        if before == Some(metric) {
            return 0;
        }
        let find = |at: usize| self.snapshot.metrics.get(at);
        let Some(new) = find(metric) else { return 0 };
        // A text can take six bytes for one in JSON.
        let text = new.name.len() + new.description.len() + new.unit.len();
        let scope = &new.scope;
        let is_new = before.and_then(find).is_none_or(|before| before.scope != *scope);
        let version = scope.version.as_ref().map_or(64, |version| version.len());
        let around = if is_new { WIDEST + 6 * (scope.name.len() + version) } else { 0 };
        WIDEST + 6 * text + around
    }
}

impl Encoding {
    /// Bytes around one of many.
    fn framing(self) -> usize {
        match self {
            Self::Json => 1,
            #[cfg(feature = "otlp")]
            Self::Protobuf => wire::field_len(1 << 20) - (1 << 20),
        }
    }
}

impl Resource {
    fn bytes(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// As requests with metrics have it.
    pub(crate) fn of_metrics<'a>(
        encoding: Encoding,
        attributes: impl IntoIterator<Item = (&'a str, Value<'a>)>,
        schema_url: &str,
    ) -> Self {
        Self::of(Signal::Metrics, encoding, attributes, schema_url)
    }
}

impl Temporality {
    /// As the protocol numbers it.
    fn number(self) -> u8 {
        match self {
            Self::Delta => 1,
            Self::Cumulative => 2,
        }
    }

    /// That of a metric: a sum that can shrink is one since its start, whatever was asked for.
    fn of(self, data: &Data) -> Self {
        match data {
            Data::Sum { monotonic: false, .. } => Self::Cumulative,
            _ => self,
        }
    }
}

/// The metrics of each scope one behind the other, the scopes in the order of their first.
fn in_order_of_scopes(metrics: &[Metric]) -> Vec<usize> {
    let mut scopes = std::collections::HashMap::new();
    let mut order: Vec<_> = metrics
        .iter()
        .enumerate()
        .map(|(at, metric)| {
            let next = scopes.len();
            (*scopes.entry(&metric.scope).or_insert(next), at)
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

/// The protocol's integers are signed; what is beyond them is a measure.
fn as_protocol_has_it(number: Number) -> Result<i64, f64> {
    match number {
        Number::U64(number) => i64::try_from(number).map_err(|_| number as f64),
        Number::I64(number) => Ok(number),
        Number::F64(number) => Err(number),
    }
}

fn value(label: &Label) -> Value<'_> {
    match label {
        Label::Str(text) => Value::Str(text),
        Label::I64(number) => Value::I64(*number),
        Label::F64(number) => Value::F64(*number),
        Label::Bool(yes) => Value::Bool(*yes),
    }
}

#[cfg(test)]
#[cfg(feature = "otlp")]
mod tests;
