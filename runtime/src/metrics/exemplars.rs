//! Which measurements are remembered as examples, for all who count.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use super::data::{Data, Metric, Point};

/// Which measurements may become exemplars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExemplarFilter {
    /// Those made within a sampled span.
    #[default]
    TraceBased,
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
}

static FILTER: AtomicU8 = AtomicU8::new(ExemplarFilter::TraceBased as u8);

impl ExemplarFilter {
    /// As the program is configured; one relaxed load.
    #[inline]
    pub(crate) fn current() -> Self {
        match FILTER.load(Relaxed) {
            value if value == Self::AlwaysOn as u8 => Self::AlwaysOn,
            value if value == Self::AlwaysOff as u8 => Self::AlwaysOff,
            _ => Self::TraceBased,
        }
    }

    /// Whether it is all of them: what who counts asks each time.
    #[inline(always)]
    pub(super) fn takes_all() -> bool {
        FILTER.load(Relaxed) == Self::AlwaysOn as u8
    }

    /// Configures the program.
    pub(crate) fn set(self) {
        FILTER.store(self as u8, Relaxed);
    }

    /// Takes away what is not to be shown, whoever remembered it.
    pub(super) fn apply(self, metrics: &mut [Metric]) {
        match self {
            Self::AlwaysOn => {}
            Self::TraceBased => keep(metrics, |trace_id| trace_id != 0),
            Self::AlwaysOff => keep(metrics, |_| false),
        }
    }
}

impl fmt::Display for ExemplarFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlwaysOff => "always_off",
            Self::AlwaysOn => "always_on",
            Self::TraceBased => "trace_based",
        })
    }
}

fn keep(metrics: &mut [Metric], wanted: impl Fn(u128) -> bool) {
    fn of<T>(points: &mut [Point<T>], wanted: impl Fn(u128) -> bool) {
        for point in points {
            point.exemplars.retain(|exemplar| wanted(exemplar.trace_id));
        }
    }
    for metric in metrics {
        match &mut metric.data {
            Data::Sum { points, .. } | Data::Gauge(points) => of(points, &wanted),
            Data::Histogram(points) => of(points, &wanted),
            Data::Exponential(points) => of(points, &wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::data::{Exemplar, Number, Scope};

    #[test]
    fn only_what_is_wanted_is_shown() {
        let exemplar = |trace_id| Exemplar { value: 1.0, unix_nanos: 1, trace_id, span_id: 1 };
        let metric = Metric {
            name: "calls".into(),
            description: "".into(),
            unit: "".into(),
            scope: Scope::default(),
            data: Data::Gauge(vec![Point {
                labels: vec![],
                start_unix_nanos: 1,
                value: Number::U64(1),
                exemplars: vec![exemplar(0), exemplar(7)],
            }]),
        };
        for (filter, left) in [
            (ExemplarFilter::AlwaysOn, 2),
            (ExemplarFilter::TraceBased, 1),
            (ExemplarFilter::AlwaysOff, 0),
        ] {
            let mut metrics = [metric.clone()];

            filter.apply(&mut metrics);

            let Data::Gauge(points) = &metrics[0].data else { panic!("no gauge") };
            assert_eq!(points[0].exemplars.len(), left, "{filter:?}");
        }
    }
}
