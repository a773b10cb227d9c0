//! What was counted since the last time, for receivers that add up themselves.
//!
//! Counting goes on for ever and is not reset by being read. A difference is taken between two
//! readings of the same series, each known by the moment it began: a series that began anew is new
//! as a whole. What was measured last is only replaced once it has arrived ([`Differences::commit`]),
//! so that what could not be delivered is part of the next difference. A series that is missing for a
//! while goes on where it was.
//!
//! A distribution is read while it grows, bucket by bucket. Should one seem to have shrunk, nothing
//! came on top there, and nothing will until it is beyond what it was.

use std::collections::{HashMap, HashSet};

use crate::metrics::data::{
    Buckets, Data, Exemplar, Explicit, Exponential, Label, Labels, Metric, Number, Point, Snapshot,
};

/// So often may a series be missing before it is forgotten, and be new as a whole.
const LONGEST_MISSING: u64 = 100;
/// So many that are missing are remembered.
const MOST_MISSING: usize = 2_000;

/// One reader's memory of what it has read.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    last: HashMap<Vec<u8>, Seen>,
    commits: u64,
}

/// A series, as it was.
#[derive(Clone, Debug)]
struct Seen {
    start_unix_nanos: u64,
    /// When that was, in nanoseconds since the Unix epoch; the commit before which it was last read is counted, too.
    at: u64,
    commit: u64,
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

    /// What is remembered of it, of which so much came on top.
    fn after(self, before: &Self, since: &Self) -> Self;

    fn is_nothing(&self) -> bool;
}

/// The keys of the series of one snapshot. Several with the same labels are told apart by their order.
#[derive(Default)]
struct Keys(HashSet<Vec<u8>>);

impl Differences {
    /// Shows what came on top since the last commit; what did not change is left out.
    ///
    /// Sums that can shrink, and measures, stay as they are.
    pub(crate) fn since_last(&self, snapshot: &Snapshot) -> Snapshot {
        let mut keys = Keys::default();
        let metrics = snapshot.metrics.iter().map(|metric| {
            let data = match &metric.data {
                Data::Sum { monotonic: true, points } => {
                    Data::Sum { monotonic: true, points: self.points(metric, points, &mut keys) }
                }
                Data::Histogram(points) => Data::Histogram(self.points(metric, points, &mut keys)),
                Data::Exponential(points) => {
                    Data::Exponential(self.points(metric, points, &mut keys))
                }
                data @ (Data::Sum { .. } | Data::Gauge(_)) => data.clone(),
            };
            Metric { data, ..metric.clone() }
        });
        Snapshot { unix_nanos: snapshot.unix_nanos, metrics: metrics.collect() }
    }

    /// Takes a snapshot for what has arrived.
    pub(crate) fn commit(&mut self, snapshot: &Snapshot) {
        self.commits += 1;
        let mut keys = Keys::default();
        let at = snapshot.unix_nanos;
        for metric in &snapshot.metrics {
            match &metric.data {
                Data::Sum { monotonic: true, points } => self.keep(at, metric, points, &mut keys),
                Data::Histogram(points) => self.keep(at, metric, points, &mut keys),
                Data::Exponential(points) => self.keep(at, metric, points, &mut keys),
                Data::Sum { .. } | Data::Gauge(_) => {}
            }
        }
        self.forget();
    }

    fn keep<T: Grows>(&mut self, at: u64, metric: &Metric, points: &[Point<T>], keys: &mut Keys) {
        for point in points {
            let key = keys.next(metric, &point.labels);
            let start_unix_nanos = point.start_unix_nanos;
            let value = point.value.clone();
            let before =
                self.last.get(&key).filter(|seen| seen.start_unix_nanos == start_unix_nanos);
            let value = match before.and_then(|seen| T::seen(&seen.value)) {
                Some(before) => match value.since(before) {
                    Some(since) => value.after(before, &since),
                    None => value,
                },
                None => value,
            };
            let commit = self.commits;
            self.last.insert(key, Seen { start_unix_nanos, at, commit, value: value.keep() });
        }
    }

    /// Forgets series that are gone. What is missing may be on its way back: a callback that failed
    /// once observes again, and goes on with what it had counted.
    fn forget(&mut self) {
        let now = self.commits;
        self.last.retain(|_, seen| now - seen.commit <= LONGEST_MISSING);
        let missing = self.last.values().map(|seen| seen.commit).filter(|commit| *commit < now);
        let mut missing: Vec<_> = missing.collect();
        let Some(excess) = missing.len().checked_sub(MOST_MISSING).filter(|excess| *excess > 0)
        else {
            return;
        };
        // Those that are missing for the longest; of equal ones, some.
        missing.sort_unstable();
        let latest = missing[excess - 1];
        let mut equal = excess - missing.partition_point(|commit| *commit < latest);
        self.last.retain(|_, seen| {
            let goes = seen.commit < latest || seen.commit == latest && equal > 0;
            equal -= usize::from(goes && seen.commit == latest);
            !goes
        });
    }

    fn points<T: Grows>(
        &self,
        metric: &Metric,
        points: &[Point<T>],
        keys: &mut Keys,
    ) -> Vec<Point<T>> {
        let series = points.iter().map(|point| (keys.next(metric, &point.labels), point));
        series.filter_map(|(key, point)| self.point(&key, point)).collect()
    }

    fn point<T: Grows>(&self, key: &[u8], point: &Point<T>) -> Option<Point<T>> {
        let before = self.last.get(key);
        let same = before.filter(|before| before.start_unix_nanos == point.start_unix_nanos);
        let since = same.and_then(|seen| point.value.since(T::seen(&seen.value)?));
        let (start_unix_nanos, value) = match (since, same) {
            (Some(value), Some(seen)) => (seen.at, value),
            // Counted anew without saying so: whatever there is was counted since the last time.
            (_, Some(seen)) => (seen.at, point.value.clone()),
            (_, None) => (point.start_unix_nanos, point.value.clone()),
        };
        if value.is_nothing() {
            return None;
        }
        let is_new = |exemplar: &&Exemplar| exemplar.unix_nanos >= start_unix_nanos;
        let exemplars = point.exemplars.iter().filter(is_new).cloned().collect();
        Some(Point { labels: point.labels.clone(), start_unix_nanos, value, exemplars })
    }
}

impl Keys {
    fn next(&mut self, metric: &Metric, labels: &Labels) -> Vec<u8> {
        let mut key = key(metric, labels);
        while !self.0.insert(key.clone()) {
            key.push(u8::MAX);
        }
        key
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

    fn after(self, _: &Self, _: &Self) -> Self {
        self
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
        let before_counts = before.between(&self.bounds)?;
        let counts = self.counts.iter().zip(before_counts);
        let counts: Vec<_> = counts.map(|(now, then)| now.saturating_sub(then)).collect();
        Some(Self {
            bounds: self.bounds.clone(),
            count: counts.iter().sum(),
            counts,
            sum: self.sum - before.sum,
            // Of the time since then nobody knows them.
            min_max: None,
        })
    }

    fn after(mut self, before: &Self, since: &Self) -> Self {
        if let Some(before_counts) = before.between(&self.bounds) {
            for (now, then) in self.counts.iter_mut().zip(before_counts) {
                *now = then.max(*now);
            }
        }
        if since.is_nothing() {
            self.sum = before.sum;
        }
        self
    }

    fn is_nothing(&self) -> bool {
        self.count == 0
    }
}

impl Explicit {
    /// The counts with no other bounds than these; `None`: it has not all of them.
    fn between(&self, bounds: &[f64]) -> Option<Vec<u64>> {
        let mut own = self.bounds.iter().zip(&self.counts);
        let mut counts = Vec::with_capacity(bounds.len() + 1);
        for bound in bounds {
            let mut sum = 0;
            loop {
                let (here, count) = own.next()?;
                sum += count;
                if here >= bound {
                    counts.push(sum);
                    break;
                }
            }
        }
        let is_known = |bound: &f64| self.bounds.contains(bound);
        let rest = self.counts.iter().sum::<u64>() - counts.iter().sum::<u64>();
        counts.push(rest);
        bounds.iter().all(is_known).then_some(counts)
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
        let zeros = self.zeros.saturating_sub(before.zeros);
        let positive = buckets(&self.positive, &before.positive);
        let negative = buckets(&self.negative, &before.negative);
        Some(Self {
            scale: self.scale,
            zeros,
            count: zeros + positive.total() + negative.total(),
            positive,
            negative,
            sum: self.sum - before.sum,
            min_max: None,
            thresholds: Vec::new(),
        })
    }

    fn after(mut self, before: &Self, since: &Self) -> Self {
        let coarser = u32::try_from(before.scale - self.scale).unwrap_or(0);
        self.zeros = self.zeros.max(before.zeros);
        self.positive.rise_to(&before.positive.coarser(coarser));
        self.negative.rise_to(&before.negative.coarser(coarser));
        if since.is_nothing() {
            self.sum = before.sum;
        }
        self
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

    /// What is in here beyond what was.
    fn without(&self, before: &Self) -> Self {
        let mut rest = self.clone();
        rest.for_those_of(before, u64::saturating_sub);
        rest.trimmed()
    }

    /// Makes each bucket at least as large as it was.
    fn rise_to(&mut self, before: &Self) {
        self.for_those_of(before, u64::max);
    }

    fn for_those_of(&mut self, before: &Self, change: impl Fn(u64, u64) -> u64) {
        for (index, count) in (i64::from(before.offset)..).zip(&before.counts) {
            let at = usize::try_from(index - i64::from(self.offset)).ok();
            if let Some(bucket) = at.and_then(|at| self.counts.get_mut(at)) {
                *bucket = change(*bucket, *count);
            }
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
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
