//! What was counted since the last time, for receivers that add up themselves.
//!
//! Counting goes on for ever and is not reset by being read. A difference is taken between two
//! readings of the same series, each known by the moment it began: a series that began anew is new
//! as a whole. What was measured last is only replaced once it has arrived ([`Differences::commit`]),
//! so that what could not be delivered is part of the next difference.

use std::collections::HashMap;

use crate::metrics::data::{
    Buckets, Data, Exemplar, Explicit, Exponential, Label, Labels, Metric, Number, Point, Snapshot,
};

/// One reader's memory of what it has read.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    /// When that was, in nanoseconds since the Unix epoch.
    at: u64,
    last: HashMap<Vec<u8>, Seen>,
}

/// A series, as it was.
#[derive(Clone, Debug)]
struct Seen {
    start_unix_nanos: u64,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Number(Number),
    Explicit(Explicit),
    Exponential(Exponential),
}

/// A value that only grows.
trait Grows: Clone {
    fn seen(value: &Value) -> Option<&Self>;

    fn keep(self) -> Value;

    /// What came on top; `None`: it is not what it was then, but something new.
    fn since(&self, before: &Self) -> Option<Self>;

    fn is_nothing(&self) -> bool;
}

impl Differences {
    /// Shows what came on top since the last commit; what did not change is left out.
    ///
    /// Sums that can shrink, and measures, stay as they are.
    pub(crate) fn since_last(&self, snapshot: &Snapshot) -> Snapshot {
        let metrics = snapshot.metrics.iter().map(|metric| {
            let data = match &metric.data {
                Data::Sum { monotonic: true, points } => {
                    Data::Sum { monotonic: true, points: self.points(metric, points) }
                }
                Data::Histogram(points) => Data::Histogram(self.points(metric, points)),
                Data::Exponential(points) => Data::Exponential(self.points(metric, points)),
                data @ (Data::Sum { .. } | Data::Gauge(_)) => data.clone(),
            };
            Metric { data, ..metric.clone() }
        });
        Snapshot { unix_nanos: snapshot.unix_nanos, metrics: metrics.collect() }
    }

    /// Takes a snapshot for what has arrived.
    pub(crate) fn commit(&mut self, snapshot: &Snapshot) {
        self.at = snapshot.unix_nanos;
        // Series that are gone are forgotten.
        self.last.clear();
        for metric in &snapshot.metrics {
            match &metric.data {
                Data::Sum { monotonic: true, points } => self.keep(metric, points),
                Data::Histogram(points) => self.keep(metric, points),
                Data::Exponential(points) => self.keep(metric, points),
                Data::Sum { .. } | Data::Gauge(_) => {}
            }
        }
    }

    fn keep<T: Grows>(&mut self, metric: &Metric, points: &[Point<T>]) {
        self.last.extend(points.iter().map(|point| {
            let value = point.value.clone().keep();
            (key(metric, &point.labels), Seen { start_unix_nanos: point.start_unix_nanos, value })
        }));
    }

    fn points<T: Grows>(&self, metric: &Metric, points: &[Point<T>]) -> Vec<Point<T>> {
        points.iter().filter_map(|point| self.point(metric, point)).collect()
    }

    fn point<T: Grows>(&self, metric: &Metric, point: &Point<T>) -> Option<Point<T>> {
        let before = self.last.get(&key(metric, &point.labels));
        let same = before.filter(|before| before.start_unix_nanos == point.start_unix_nanos);
        let since = same.and_then(|seen| point.value.since(T::seen(&seen.value)?));
        let (start_unix_nanos, value) = match since {
            Some(value) => (self.at, value),
            // Counted anew without saying so: whatever there is was counted since the last time.
            None if same.is_some() => (self.at, point.value.clone()),
            None => (point.start_unix_nanos, point.value.clone()),
        };
        if value.is_nothing() {
            return None;
        }
        let is_new = |exemplar: &&Exemplar| exemplar.unix_nanos >= start_unix_nanos;
        let exemplars = point.exemplars.iter().filter(is_new).cloned().collect();
        Some(Point { labels: point.labels.clone(), start_unix_nanos, value, exemplars })
    }
}

impl Grows for Number {
    fn seen(value: &Value) -> Option<&Self> {
        if let Value::Number(number) = value { Some(number) } else { None }
    }

    fn keep(self) -> Value {
        Value::Number(self)
    }

    fn since(&self, before: &Self) -> Option<Self> {
        match (*self, *before) {
            (Self::U64(now), Self::U64(before)) => now.checked_sub(before).map(Self::U64),
            (Self::I64(now), Self::I64(before)) if now >= before => {
                Some(Self::I64(now.saturating_sub(before)))
            }
            (Self::F64(now), Self::F64(before)) if now >= before => Some(Self::F64(now - before)),
            _ => None,
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::U64(0) | Self::I64(0)) || *self == Self::F64(0.0)
    }
}

impl Grows for Explicit {
    fn seen(value: &Value) -> Option<&Self> {
        if let Value::Explicit(explicit) = value { Some(explicit) } else { None }
    }

    fn keep(self) -> Value {
        Value::Explicit(self)
    }

    fn since(&self, before: &Self) -> Option<Self> {
        if self.bounds != before.bounds || self.counts.len() != before.counts.len() {
            return None;
        }
        let counts = self.counts.iter().zip(&before.counts);
        Some(Self {
            bounds: self.bounds.clone(),
            counts: counts.map(|(now, before)| now.checked_sub(*before)).collect::<Option<_>>()?,
            count: self.count.checked_sub(before.count)?,
            sum: self.sum - before.sum,
            // Of the time since then nobody knows them.
            min_max: None,
        })
    }

    fn is_nothing(&self) -> bool {
        self.count == 0
    }
}

impl Grows for Exponential {
    fn seen(value: &Value) -> Option<&Self> {
        if let Value::Exponential(exponential) = value { Some(exponential) } else { None }
    }

    fn keep(self) -> Value {
        Value::Exponential(self)
    }

    fn since(&self, before: &Self) -> Option<Self> {
        // Its range has grown since then, never shrunk.
        let coarser = u32::try_from(before.scale.checked_sub(self.scale)?).ok()?;
        let buckets = |now: &Buckets, before: &Buckets| now.without(&before.coarser(coarser));
        Some(Self {
            scale: self.scale,
            zeros: self.zeros.checked_sub(before.zeros)?,
            positive: buckets(&self.positive, &before.positive)?,
            negative: buckets(&self.negative, &before.negative)?,
            count: self.count.checked_sub(before.count)?,
            sum: self.sum - before.sum,
            min_max: None,
            thresholds: Vec::new(),
        })
    }

    fn is_nothing(&self) -> bool {
        self.count == 0
    }
}

impl Buckets {
    /// The same values in buckets that are wider by so many powers of two.
    fn coarser(&self, by: u32) -> Self {
        // An index has 32 bits: beyond that there are two buckets left.
        let by = by.min(31);
        let mut wider = Self { offset: self.offset >> by, counts: Vec::new() };
        for (index, count) in (self.offset..).zip(&self.counts) {
            let at = ((index >> by) - wider.offset) as usize;
            if wider.counts.len() <= at {
                wider.counts.resize(at + 1, 0);
            }
            if let Some(bucket) = wider.counts.get_mut(at) {
                *bucket += count;
            }
        }
        wider
    }

    /// What is in here beyond what was; `None`: something was that is not any more.
    fn without(&self, before: &Self) -> Option<Self> {
        let mut rest = self.clone();
        for (index, count) in (before.offset..).zip(&before.counts).filter(|(_, count)| **count > 0)
        {
            let at = usize::try_from(index.checked_sub(self.offset)?).ok()?;
            let bucket = rest.counts.get_mut(at)?;
            *bucket = bucket.checked_sub(*count)?;
        }
        Some(rest.trimmed())
    }

    fn trimmed(mut self) -> Self {
        let filled = self.counts.iter().rposition(|count| *count != 0).map_or(0, |last| last + 1);
        self.counts.truncate(filled);
        let empty = self.counts.iter().take_while(|count| **count == 0).count();
        self.counts.drain(..empty);
        self.offset = if filled == 0 { 0 } else { self.offset + empty as i32 };
        self
    }
}

/// What tells a series from all others: texts with their lengths, in order.
fn key(metric: &Metric, labels: &Labels) -> Vec<u8> {
    let mut key = Vec::new();
    let mut part = |kind: u8, bytes: &[u8]| {
        key.push(kind);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    };
    part(0, metric.scope.name.as_bytes());
    part(0, metric.scope.version.as_deref().unwrap_or_default().as_bytes());
    part(0, metric.name.as_bytes());
    for (name, label) in labels {
        part(0, name.as_bytes());
        match label {
            Label::Str(text) => part(1, text.as_bytes()),
            Label::I64(number) => part(2, &number.to_le_bytes()),
            Label::F64(number) => part(3, &number.to_bits().to_le_bytes()),
            Label::Bool(yes) => part(4, &[(*yes).into()]),
        }
    }
    key
}

#[cfg(test)]
mod tests;
