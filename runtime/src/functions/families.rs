//! The metrics of annotated functions in the making: one of each name and scope.
//!
//! Functions may share a name: a type that is made from two others has two functions `from`. What
//! has the same labels is one series, so it is added up.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher},
    mem,
};

use crate::{
    cell::{CallsReading, Exemplar},
    metrics::data::{
        self, Buckets, Data, Exponential, Label, Labels, Metric, Number, Point, Scope, Threshold,
    },
    time,
};

/// As many as the OpenTelemetry SDKs have.
const MOST_BUCKETS: usize = 160;

/// One metric of each name and scope, with the points of all functions.
#[derive(Default)]
pub(super) struct Families(Vec<Family>);

/// What a metric is called, and what it is.
pub(super) struct About {
    pub(super) name: Cow<'static, str>,
    pub(super) description: &'static str,
    pub(super) unit: &'static str,
}

/// What a function adds to a series.
pub(super) enum Value {
    Ended(u64),
    Running(u64),
    /// Share of calls.
    Target(f64),
    Durations(Box<CallsReading>),
}

struct Family {
    about: About,
    scope: Scope,
    series: Vec<(Labels, Value)>,
    /// Where those of a set of labels stand.
    places: HashMap<u64, usize>,
}

impl Families {
    /// Adds to the series of these labels.
    pub(super) fn add(&mut self, about: About, scope: &Scope, labels: Labels, value: Value) {
        // Functions of one scope stand together, so the last ones are looked at first.
        let is = |known: &Family| known.about.name == about.name && known.scope == *scope;
        let at = self.0.iter().rposition(is).unwrap_or_else(|| {
            let (series, places) = (Vec::new(), HashMap::new());
            self.0.push(Family { about, scope: scope.clone(), series, places });
            self.0.len() - 1
        });
        self.0[at].add(labels, value);
    }

    /// The metrics, by scope and name.
    pub(super) fn into_metrics(mut self) -> impl Iterator<Item = Metric> {
        self.0.sort_by(|a, b| (&a.scope.name, &a.about.name).cmp(&(&b.scope.name, &b.about.name)));
        self.0.into_iter().map(Family::into_metric)
    }
}

impl Family {
    fn add(&mut self, labels: Labels, value: Value) {
        let kind = self.series.first().map(|(_, first)| mem::discriminant(first));
        // Names that a program chooses may be those of two kinds of metrics: the first one is it.
        if kind.is_some_and(|kind| kind != mem::discriminant(&value)) {
            return;
        }
        let hash = hash(self.places.hasher(), &labels);
        let known = self.places.get(&hash).and_then(|at| self.series.get_mut(*at));
        match known {
            Some((known, sum)) if *known == labels => sum.add(value),
            _ => {
                self.places.insert(hash, self.series.len());
                self.series.push((labels, value));
            }
        }
    }

    fn into_metric(self) -> Metric {
        let data = match self.series.first() {
            Some((_, Value::Durations(_))) => Data::Exponential(points(self.series, durations)),
            Some((_, Value::Target(_))) => Data::Gauge(points(self.series, |value| number(&value))),
            first => Data::Sum {
                monotonic: matches!(first, Some((_, Value::Ended(_)))),
                points: points(self.series, |value| number(&value)),
            },
        };
        let About { name, description, unit } = self.about;
        let (description, unit) = (description.into(), unit.into());
        Metric { name, description, unit, scope: self.scope, data }
    }
}

impl Value {
    /// Adds what another function of the same labels has counted.
    fn add(&mut self, other: Self) {
        match (self, other) {
            (Self::Ended(sum), Self::Ended(more)) | (Self::Running(sum), Self::Running(more)) => {
                *sum += more;
            }
            (Self::Durations(sum), Self::Durations(more)) => sum.merge(&more),
            // A target is no number of calls.
            _ => {}
        }
    }
}

fn points<T>(
    series: Vec<(Labels, Value)>,
    value: impl Fn(Value) -> Option<(T, Vec<data::Exemplar>)>,
) -> Vec<Point<T>> {
    let start_unix_nanos = time::started_unix_nanos();
    let point = |(labels, of)| {
        let (value, exemplars) = value(of)?;
        Some(Point { labels, start_unix_nanos, value, exemplars })
    };
    series.into_iter().filter_map(point).collect()
}

fn number(value: &Value) -> Option<(Number, Vec<data::Exemplar>)> {
    let number = match value {
        Value::Ended(count) | Value::Running(count) => Number::U64(*count),
        Value::Target(share) => Number::F64(*share),
        Value::Durations(_) => return None,
    };
    Some((number, Vec::new()))
}

fn durations(value: Value) -> Option<(Exponential, Vec<data::Exemplar>)> {
    let Value::Durations(mut reading) = value else { return None };
    reading.durations.limit(MOST_BUCKETS);
    let exemplars = reading.exemplars.iter().map(exemplar).collect();
    let mut thresholds: Vec<_> = reading.within.iter().collect();
    thresholds.sort_unstable_by_key(|within| within.goal_nanos);
    thresholds.dedup_by_key(|within| within.goal_nanos);
    let value = Exponential {
        scale: reading.durations.scale(),
        zeros: 0,
        count: reading.durations.total(),
        sum: seconds(reading.sum_nanos),
        min_max: reading.min_max.map(|(min, max)| (seconds(min), seconds(max))),
        thresholds: thresholds
            .into_iter()
            .map(|within| Threshold { bound: seconds(within.goal_nanos), at_most: within.all })
            .collect(),
        positive: Buckets {
            offset: reading.durations.offset(),
            counts: reading.durations.into_counts(),
        },
        negative: Buckets::default(),
    };
    Some((value, exemplars))
}

fn exemplar(kept: &Exemplar) -> data::Exemplar {
    data::Exemplar {
        value: kept.value / 1e9,
        unix_nanos: time::unix_nanos_of(kept.tick),
        trace_id: kept.trace_id,
        span_id: kept.span_id,
    }
}

fn hash(state: &impl BuildHasher, labels: &Labels) -> u64 {
    let mut hasher = state.build_hasher();
    for (key, label) in labels {
        key.hash(&mut hasher);
        match label {
            Label::Str(text) => text.hash(&mut hasher),
            Label::I64(number) => number.hash(&mut hasher),
            Label::F64(number) => number.to_bits().hash(&mut hasher),
            Label::Bool(yes) => yes.hash(&mut hasher),
        }
    }
    hasher.finish()
}

pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
