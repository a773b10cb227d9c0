//! Families: what a snapshot comes to under the names that Prometheus knows.

use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use super::{
    buckets::Bounds,
    labels::{Keys, Labels},
    names::{Name, Names},
};
use crate::metrics::data::{
    Data, Exemplar, Explicit, Exponential, Metric, Number, Point, Snapshot,
};

/// All series of one name.
#[derive(Debug)]
pub(super) struct Family<'s> {
    pub(super) name: Name,
    pub(super) help: &'s str,
    pub(super) kind: Kind,
    pub(super) series: Vec<Series<'s>>,
    /// The classic bounds of its exponential histograms: the same for all.
    pub(super) bounds: Bounds,
    seen: HashSet<u64>,
}

/// What Prometheus calls the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// Says something in its labels; its value is 1.
    Info,
}

/// One series, or the several of a histogram.
#[derive(Debug)]
pub(super) struct Series<'s> {
    pub(super) labels: Labels<'s>,
    pub(super) start_unix_nanos: u64,
    pub(super) exemplars: &'s [Exemplar],
    pub(super) value: Value<'s>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'s> {
    Number(Number),
    Explicit(&'s Explicit),
    Exponential(&'s Exponential),
}

/// Something that could not be shown, because a name was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The metric, as the program calls it.
    pub(super) metric: String,
    /// The name that it would have had.
    pub(super) name: String,
    pub(super) why: &'static str,
}

/// The families of a snapshot, in its order, behind one whose names no metric gets.
pub(super) fn families<'s>(
    snapshot: &'s Snapshot,
    first: Option<Family<'s>>,
    keys: &'s Keys<'s>,
    names: Names,
) -> (Vec<Family<'s>>, Vec<Conflict>) {
    let mut gathering =
        Gathering { families: Vec::new(), owners: HashMap::new(), conflicts: Vec::new(), keys };
    first.into_iter().for_each(|family| _ = gathering.push(family));
    for metric in &snapshot.metrics {
        gathering.add(metric, names);
    }
    (gathering.families, gathering.conflicts)
}

struct Gathering<'s> {
    families: Vec<Family<'s>>,
    /// Whose the names of samples are.
    owners: HashMap<String, usize>,
    conflicts: Vec<Conflict>,
    keys: &'s Keys<'s>,
}

impl<'s> Gathering<'s> {
    fn add(&mut self, metric: &'s Metric, names: Names) {
        let kind = Kind::of(&metric.data);
        let is_measure = matches!(metric.data, Data::Gauge(_));
        let name = names.metric(&metric.name, &metric.unit, kind, is_measure);
        let Some(at) = self.family(name, kind, metric) else { return };
        let before = self.families[at].series.len();
        let (keys, family) = (self.keys, &mut self.families[at]);
        let mut doubles = false;
        match &metric.data {
            Data::Sum { points, .. } | Data::Gauge(points) => {
                doubles |= family.extend(keys, metric, points, |value| Value::Number(*value));
            }
            Data::Histogram(points) => {
                doubles |= family.extend(keys, metric, points, Value::Explicit);
            }
            Data::Exponential(points) => {
                doubles |= family.extend(keys, metric, points, Value::Exponential);
            }
        }
        family.bounds.widen(&metric.unit, family.series[before..].iter().map(|one| one.value));
        if doubles {
            let name = family.name.base.clone();
            self.conflict(metric, name, "it has a series with the same labels already");
        }
    }

    /// The family of that name, if it is free or of the same kind.
    fn family(&mut self, name: Name, kind: Kind, metric: &'s Metric) -> Option<usize> {
        if let Some(at) = self.owners.get(&name.base).copied()
            && self.families[at].kind == kind
            && self.families[at].name.base == name.base
        {
            return Some(at);
        }
        if samples(&name, kind).any(|sample| self.owners.contains_key(&sample)) {
            self.conflict(metric, name.base, "it is taken by a metric of another type");
            return None;
        }
        let help: &str = &metric.description;
        Some(self.push(Family {
            // `promtool` wants some text.
            help: if help.trim().is_empty() { &metric.name } else { help },
            name,
            kind,
            series: Vec::new(),
            bounds: Bounds::default(),
            seen: HashSet::new(),
        }))
    }

    /// Adds a family, which owns its names from now on.
    fn push(&mut self, family: Family<'s>) -> usize {
        let at = self.families.len();
        self.owners.extend(samples(&family.name, family.kind).map(|sample| (sample, at)));
        self.families.push(family);
        at
    }

    fn conflict(&mut self, metric: &Metric, name: String, why: &'static str) {
        self.conflicts.push(Conflict { metric: metric.name.clone().into_owned(), name, why });
    }
}

/// What the samples of a family are called.
fn samples(name: &Name, kind: Kind) -> impl Iterator<Item = String> {
    kind.suffixes().iter().map(move |suffix| format!("{}{suffix}", name.base))
}

impl<'s> Family<'s> {
    /// A family of one series that says something in its labels.
    pub(super) fn info(name: &str, help: &'s str, labels: Labels<'s>) -> Self {
        let series = Series {
            labels,
            start_unix_nanos: 0,
            exemplars: &[],
            value: Value::Number(Number::U64(1)),
        };
        Self {
            name: Name { base: name.to_owned(), unit: "".into() },
            help,
            kind: Kind::Info,
            series: vec![series],
            bounds: Bounds::default(),
            seen: HashSet::new(),
        }
    }

    /// The name of the family outside of OpenMetrics, which leaves out what the type says.
    pub(super) fn full_name(&self) -> String {
        format!("{}{}", self.name.base, self.kind.suffix())
    }

    /// Adds points; says whether one was left out, because another has its labels.
    fn extend<T>(
        &mut self,
        keys: &'s Keys<'s>,
        metric: &'s Metric,
        points: &'s [Point<T>],
        value: impl Fn(&'s T) -> Value<'s>,
    ) -> bool {
        let mut doubles = false;
        self.series.reserve(points.len());
        for point in points {
            let labels = keys.labels(metric, &point.labels, self.kind);
            let mut hasher = DefaultHasher::new();
            labels.hash(&mut hasher);
            if !self.seen.insert(hasher.finish()) {
                doubles = true;
                continue;
            }
            self.series.push(Series {
                labels,
                start_unix_nanos: point.start_unix_nanos,
                exemplars: &point.exemplars,
                value: value(&point.value),
            });
        }
        doubles
    }
}

impl<'s> Series<'s> {
    /// The latest exemplar above one bound and at most as large as the other.
    pub(super) fn exemplar_within(&self, above: f64, at_most: f64) -> Option<&'s Exemplar> {
        let within = |one: &&Exemplar| one.value > above && one.value <= at_most;
        self.exemplars.iter().filter(within).max_by_key(|one| one.unix_nanos)
    }
}

impl Kind {
    fn of(data: &Data) -> Self {
        match data {
            Data::Sum { monotonic: true, .. } => Self::Counter,
            Data::Sum { .. } | Data::Gauge(_) => Self::Gauge,
            Data::Histogram(_) | Data::Exponential(_) => Self::Histogram,
        }
    }

    /// What the name of its one sample ends with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }

    /// What the names of its samples end with, in any of the formats, and its own name.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge => &[""],
            Self::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
            Self::Info => &["", "_info"],
        }
    }
}
