//! What is known under one set of labels.

use super::{
    data::{self, Data, Point},
    family::Family,
    label_set::Known,
    lately::{Lately, Reading},
};
use crate::cell;

/// One series of a metric; never freed, so a handle to it is a reference.
pub(crate) struct Series<S: State> {
    /// In the order in which they were first given.
    pub(super) labels: Box<[Known]>,
    pub(super) start_unix_nanos: u64,
    pub(crate) state: S,
    pub(super) family: &'static Family<S>,
    pub(super) lately: Lately,
    /// Of those who say how much there is in all, one at a time finds out what to add.
    #[cfg(feature = "metrics-0-24")]
    pub(crate) absolute: std::sync::Mutex<()>,
}

/// What a kind of instrument keeps for each series.
pub(crate) trait State: Sized + Send + Sync + 'static {
    /// What all series of a metric agree on, beyond the type.
    type Kind: Clone + PartialEq + Send + Sync + 'static;

    /// Nothing is known yet.
    fn new(kind: &Self::Kind) -> Self;

    /// What windows are made of, given what the last reading was.
    fn reading(&self, last: Option<&Reading>) -> Reading;

    /// All series as points, and what callbacks have just observed.
    fn read(kind: &Self::Kind, series: &[&Series<Self>], observed: Vec<Observation>) -> Data;
}

/// What a callback says about one set of labels.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(super) labels: Vec<Known>,
    pub(super) start_unix_nanos: u64,
    pub(super) value: data::Number,
}

impl<S: State> Series<S> {
    /// The point with this value.
    pub(super) fn point<T>(&self, value: T, exemplars: Vec<cell::Exemplar>) -> Point<T> {
        Point {
            labels: sorted(self.labels.to_vec()),
            start_unix_nanos: self.start_unix_nanos,
            value,
            exemplars: exemplars.into_iter().map(shown).collect(),
        }
    }
}

impl Observation {
    pub(super) fn into_point(self) -> Point<data::Number> {
        Point {
            labels: sorted(self.labels),
            start_unix_nanos: self.start_unix_nanos,
            value: self.value,
            exemplars: Vec::new(),
        }
    }
}

fn sorted(mut labels: Vec<Known>) -> Vec<Known> {
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    labels
}

fn shown(exemplar: cell::Exemplar) -> data::Exemplar {
    data::Exemplar {
        value: exemplar.value,
        // Those of instruments carry the time itself: one is rare, and taken out of line.
        unix_nanos: exemplar.tick,
        trace_id: exemplar.trace_id,
        span_id: exemplar.span_id,
    }
}
