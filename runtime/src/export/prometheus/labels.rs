//! The labels of a series.

use std::{borrow::Cow, collections::HashMap};

use super::{family::Kind, names::Names};
use crate::metrics::data::{Data, Label, Metric, Snapshot};

/// Labels by name, each name once.
pub(super) type Labels<'s> = Vec<(&'s str, Cow<'s, str>)>;

/// The names that the keys of a snapshot's labels get.
pub(super) struct Keys<'s> {
    names: HashMap<&'s str, Cow<'s, str>>,
    /// Two keys have the same name.
    is_ambiguous: bool,
}

impl<'s> Keys<'s> {
    /// Reads all keys once: there are few, and they come again with each point.
    pub(super) fn of(snapshot: &'s Snapshot, names: Names) -> Self {
        let mut known = HashMap::new();
        let mut see = |keys: &'s [(Cow<'static, str>, Label)]| {
            for (key, _) in keys {
                known.entry(key.as_ref()).or_insert_with(|| names.label(key));
            }
        };
        for metric in &snapshot.metrics {
            match &metric.data {
                Data::Sum { points, .. } | Data::Gauge(points) => {
                    points.iter().for_each(|point| see(&point.labels));
                }
                Data::Histogram(points) => points.iter().for_each(|point| see(&point.labels)),
                Data::Exponential(points) => points.iter().for_each(|point| see(&point.labels)),
            }
        }
        let mut all: Vec<&str> = known.values().map(AsRef::as_ref).collect();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        Self { is_ambiguous: all.len() != before, names: known }
    }

    /// The labels of one point, sorted.
    pub(super) fn labels<'k>(
        &'k self,
        metric: &'s Metric,
        point: &'s [(Cow<'static, str>, Label)],
        kind: Kind,
    ) -> Labels<'k>
    where
        's: 'k,
    {
        let mut labels: Labels<'k> = Vec::with_capacity(point.len() + 3);
        for (key, value) in point {
            let name = self.names.get(key.as_ref()).map_or("key", AsRef::as_ref);
            labels.push((not_ours(name, kind), text(value)));
        }
        if self.is_ambiguous {
            merge(&mut labels);
        }
        if !metric.scope.name.is_empty() {
            labels.push((SCOPE_NAME, Cow::Borrowed(&metric.scope.name)));
        }
        if let Some(version) = &metric.scope.version {
            labels.push((SCOPE_VERSION, Cow::Borrowed(version)));
        }
        labels.retain(|(_, value)| !value.is_empty());
        labels.sort_by_key(|(name, _)| *name);
        labels
    }
}

const SCOPE_NAME: &str = "otel_scope_name";
const SCOPE_VERSION: &str = "otel_scope_version";

/// A name that has a meaning of its own gets the prefix that Prometheus gives it in this case.
fn not_ours(name: &str, kind: Kind) -> &str {
    match name {
        "le" if kind == Kind::Histogram => "exported_le",
        SCOPE_NAME => "exported_otel_scope_name",
        SCOPE_VERSION => "exported_otel_scope_version",
        other => other,
    }
}

/// The values of one name become one, as the specification has it.
fn merge(labels: &mut Labels<'_>) {
    labels.sort_by_key(|(name, _)| *name);
    labels.dedup_by(|(later, value), (name, first)| {
        let is_same = later == name;
        if is_same {
            first.to_mut().push(';');
            first.to_mut().push_str(value);
        }
        is_same
    });
}

fn text(value: &Label) -> Cow<'_, str> {
    match value {
        Label::Str(text) => Cow::Borrowed(text),
        Label::I64(value) => value.to_string().into(),
        Label::F64(value) => value.to_string().into(),
        Label::Bool(true) => Cow::Borrowed("true"),
        Label::Bool(false) => Cow::Borrowed("false"),
    }
}

/// The labels of `target_info`.
pub(super) fn of_target(known: &[(String, String)]) -> Labels<'_> {
    let mut labels: Labels<'_> =
        known.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str()))).collect();
    merge(&mut labels);
    labels
}
