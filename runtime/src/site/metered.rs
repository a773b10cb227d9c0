//! What `#[timed]` and `#[counted]` said about a function, and what they have counted.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use super::labels::{Label, LabelSet, LabelSets};
use crate::{
    cell::{Calls, Goals},
    redact,
};

/// How many sets of labels are told apart, unless a function says otherwise.
const LABEL_SETS: usize = 64;

/// How many series of Prometheus a set of labels may cost.
const MOST_SERIES: usize = 30;
/// Twelve buckets and the one of all, count, sum, calls that run, those that ended in four ways
/// other than by an error, and errors of further types.
const PLAIN_SERIES: usize = 12 + 1 + 2 + 1 + 4 + 1;
/// Objectives are what the program asked for. Errors stay told apart, however many there are.
const LEAST_ERROR_TYPES: usize = 3;

/// The calls of one function, and what is expected of them.
#[derive(Debug)]
pub struct Metered {
    cell: Cell,
    goals: Goals,
    /// The name of the metric of its durations, or that others are derived from.
    name: Option<&'static str>,
    /// Shares of calls that shall meet the first goals, in their order.
    latency_targets: &'static [f64],
    error_target: Option<f64>,
    keys: &'static [&'static str],
    most_sets: usize,
    sets: LabelSets,
    /// The program itself denies one of the keys.
    conceals: AtomicBool,
}

/// Where the calls of one set of labels are counted.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) calls: Calls,
    /// Calls that take longer are slow.
    pub(crate) slow_nanos: u64,
}

impl Cell {
    pub(super) const fn new(goals: Goals, slow_nanos: u64) -> Self {
        Self { calls: Calls::new(goals), slow_nanos }
    }

    const fn telling_apart(mut self, error_types: usize) -> Self {
        self.calls.limit_error_types(error_types);
        self
    }
}

impl Metered {
    /// With these durations that matter, in nanoseconds; at most four of them are counted.
    #[must_use]
    pub const fn new(goals: &'static [u64]) -> Self {
        assert!(goals.len() <= 4, "at most four durations matter of a function");
        Self {
            cell: Cell::new(goals, u64::MAX),
            goals,
            name: None,
            latency_targets: &[],
            error_target: None,
            keys: &[],
            most_sets: LABEL_SETS,
            sets: LabelSets::new(),
            conceals: AtomicBool::new(false),
        }
    }

    /// Under this name.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// With these shares of calls that shall meet the first goals without failing.
    #[must_use]
    pub const fn latency(mut self, targets: &'static [f64]) -> Self {
        self.latency_targets = targets;
        self.make_room()
    }

    /// With this share of calls that shall not fail.
    #[must_use]
    pub const fn errors(mut self, target: f64) -> Self {
        self.error_target = Some(target);
        self.make_room()
    }

    /// With slow calls: those that miss the last goal.
    #[must_use]
    pub const fn slow(mut self) -> Self {
        assert!(!self.goals.is_empty(), "what is slow is the last goal");
        self.cell.slow_nanos = self.goals[self.goals.len() - 1];
        self
    }

    /// Counted by these labels.
    ///
    /// # Panics
    ///
    /// In the constant, if a key is on the deny-list: a label is seen by everybody.
    #[must_use]
    pub const fn labels(mut self, keys: &'static [&'static str]) -> Self {
        let mut at = 0;
        while at < keys.len() {
            assert!(!redact::is_denied(keys[at]), "a label's key is on the deny-list of secrets");
            at += 1;
        }
        self.keys = keys;
        self
    }

    /// With so many sets of labels told apart.
    #[must_use]
    pub const fn most_sets(mut self, most: usize) -> Self {
        self.most_sets = most;
        self
    }

    const fn make_room(mut self) -> Self {
        self.cell.calls.limit_error_types(self.error_types());
        self
    }

    /// How many types of errors are told apart: as many as there is room for beside the buckets of
    /// the goals, and what objectives have beside that.
    const fn error_types(&self) -> usize {
        let objectives = self.latency_targets.len() + self.error_target.is_some() as usize;
        let room = MOST_SERIES - PLAIN_SERIES;
        let left = room.saturating_sub(self.goals.len() + 2 * objectives);
        if left > LEAST_ERROR_TYPES { left } else { LEAST_ERROR_TYPES }
    }

    /// The cell of the calls that have no labels.
    #[inline(always)]
    pub(crate) fn cell(&'static self) -> Option<&'static Cell> {
        if self.keys.is_empty() { Some(&self.cell) } else { None }
    }

    /// The cell of the calls with these labels; what the program denies of them is struck out.
    pub(crate) fn cell_of(&'static self, labels: &mut [Label<'_>]) -> &'static Cell {
        if self.conceals.load(Relaxed) {
            let labels = self.keys.iter().zip(labels.iter_mut());
            labels
                .filter(|(key, _)| redact::is_denied_here(key))
                .for_each(|(_, label)| *label = Label::Str("[redacted]"));
        }
        let error_types = self.error_types();
        let make = || Cell::new(self.goals, self.cell.slow_nanos).telling_apart(error_types);
        self.sets.find(labels, self.most_sets, make)
    }

    /// Looks whether the program itself denies one of the keys.
    pub(super) fn look_for_denied_keys(&self) {
        if self.keys.iter().any(|key| redact::is_denied_here(key)) {
            self.conceals.store(true, Relaxed);
        }
    }

    /// All cells there are, each with its labels.
    pub(crate) fn each(
        &'static self,
        mut read: impl FnMut(Option<&'static LabelSet>, &'static Cell),
    ) {
        if self.keys.is_empty() {
            read(None, &self.cell);
        }
        self.sets.each(|set| read(Some(set), set.cell()));
    }

    /// Whether calls of this function are counted there.
    pub(crate) fn has(&'static self, cell: &'static Cell) -> bool {
        let mut is_own = false;
        self.each(|_, own| is_own |= std::ptr::eq(own, cell));
        is_own
    }

    /// The name of the metric, where it has one of its own.
    pub(crate) fn metric_name(&self) -> Option<&'static str> {
        self.name
    }

    /// The keys of the labels, in the order of their values.
    pub(crate) fn keys(&self) -> &'static [&'static str] {
        self.keys
    }

    /// The durations that calls shall not exceed, each with the share that shall not.
    pub(crate) fn latency_goals(&self) -> impl Iterator<Item = (u64, f64)> + use<> {
        self.goals.iter().copied().zip(self.latency_targets.iter().copied())
    }

    /// The share of calls that shall not fail.
    pub(crate) fn error_target(&self) -> Option<f64> {
        self.error_target
    }

    /// What takes longer is slow.
    pub(crate) fn slow_threshold(&self) -> Option<Duration> {
        (self.cell.slow_nanos != u64::MAX).then(|| Duration::from_nanos(self.cell.slow_nanos))
    }
}

/// A duration of a constant, in nanoseconds.
///
/// # Panics
///
/// In the constant, if it is nothing, or longer than five centuries.
#[must_use]
pub const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    assert!(nanos > 0 && nanos < u64::MAX as u128, "a call cannot take so long");
    nanos as u64
}
