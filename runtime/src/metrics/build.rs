//! Metrics of our own: numbers that are there already, put into their form.

use super::data::{Data, Label, Labels, Metric, Number, Point, Scope};

/// What a metric is called, and who counts it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) description: &'static str,
    pub(crate) scope: &'static str,
}

/// Labels and a number.
pub(crate) type Value = (Labels, Number);

impl Named {
    /// What only grows, since `start`.
    pub(crate) fn counter(self, start: u64, values: impl IntoIterator<Item = Value>) -> Metric {
        self.of(Data::Sum { monotonic: true, points: points(start, values) })
    }

    /// What grows and shrinks, and adds up over all who count it.
    pub(crate) fn up_down(self, start: u64, values: impl IntoIterator<Item = Value>) -> Metric {
        self.of(Data::Sum { monotonic: false, points: points(start, values) })
    }

    /// What is as it is, and adds up to nothing.
    #[cfg(feature = "process")]
    pub(crate) fn gauge(self, start: u64, values: impl IntoIterator<Item = Value>) -> Metric {
        self.of(Data::Gauge(points(start, values)))
    }

    pub(crate) fn of(self, data: Data) -> Metric {
        let Self { name, unit, description, scope } = self;
        Metric {
            name: name.into(),
            description: description.into(),
            unit: unit.into(),
            scope: Scope { name: scope.into(), version: None },
            data,
        }
    }
}

/// Labels of texts, put into their order.
pub(crate) fn labels<const N: usize>(labels: [(&'static str, &str); N]) -> Labels {
    let mut labels: Labels = labels
        .into_iter()
        .map(|(key, value)| (key.into(), Label::Str(value.to_owned().into())))
        .collect();
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    labels
}

fn points(start: u64, values: impl IntoIterator<Item = Value>) -> Vec<Point<Number>> {
    let point =
        |(labels, value)| Point { labels, start_unix_nanos: start, value, exemplars: Vec::new() };
    values.into_iter().map(point).collect()
}
