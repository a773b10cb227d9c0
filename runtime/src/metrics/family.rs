//! All series of one metric, up to a bound.

use std::{
    borrow::Cow,
    sync::{
        Mutex, OnceLock,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use super::{
    as_kept,
    data::Metric,
    identity::Identity,
    label_set::{self, Known},
    labels::Labels,
    lately::Lately,
    observe::Callbacks,
    registry::Collect,
    series::{Series, State},
    table::Table,
};
use crate::{diag, sync::lock, time};

/// The series of one metric.
///
/// It lives as long as the program: handles are references to its series.
pub(crate) struct Family<S: State> {
    pub(super) identity: Identity,
    pub(super) kind: S::Kind,
    series: Table<Series<S>>,
    /// Those there are, in the order of their coming; held while one is added.
    known: Mutex<Vec<&'static Series<S>>>,
    /// There is no room for another one.
    is_full: AtomicBool,
    /// What stands for all sets of labels for which there is no room.
    overflow: OnceLock<&'static Series<S>>,
    overflowed: AtomicU64,
    pub(crate) callbacks: Callbacks,
    /// By [`Ignored`].
    ignored: [AtomicU64; 2],
    /// A description and a unit that were given later.
    described: OnceLock<(Cow<'static, str>, Cow<'static, str>)>,
}

/// Why something that was given is not part of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ignored {
    Negative = 0,
    NotFinite = 1,
}

impl<S: State> Family<S> {
    pub(super) const fn new(identity: Identity, kind: S::Kind) -> Self {
        Self {
            identity,
            kind,
            series: Table::new(),
            known: Mutex::new(Vec::new()),
            is_full: AtomicBool::new(false),
            overflow: OnceLock::new(),
            overflowed: AtomicU64::new(0),
            callbacks: Callbacks::new(),
            ignored: [const { AtomicU64::new(0) }; 2],
            described: OnceLock::new(),
        }
    }

    /// The series of these labels. Allocates and locks nothing if there is one.
    #[inline(always)]
    pub(crate) fn find(&'static self, labels: &(impl Labels + ?Sized)) -> &'static Series<S> {
        let hash = label_set::hash(labels);
        for series in self.series.of(hash) {
            if label_set::are(labels, &series.labels) {
                return series;
            }
        }
        self.find_as_kept(labels)
    }

    /// The same for labels of which something else is kept, and for those that are too many.
    #[cold]
    #[inline(never)]
    fn find_as_kept(&'static self, labels: &(impl Labels + ?Sized)) -> &'static Series<S> {
        // Asked first: once it is, the table holds all there will ever be.
        let is_full = self.is_full.load(Acquire);
        let hash = as_kept::hash(labels);
        let known = self.series.find(hash, |series| as_kept::are(labels, &series.labels));
        match known {
            Some(series) => series,
            None if is_full => self.overflow(),
            None => self.make(labels),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&'static self, labels: &(impl Labels + ?Sized)) -> &'static Series<S> {
        let labels = label_set::write(labels);
        let hash = label_set::hash(labels.as_slice());
        let mut known = lock(&self.known);
        // Somebody else may have been faster, and what was given may differ from what is kept of it.
        let is = |series: &Series<S>| label_set::are(labels.as_slice(), &series.labels);
        if let Some(series) = self.series.find(hash, is) {
            return series;
        }
        if known.len() + 1 >= self.identity.limit {
            self.is_full.store(true, Release);
            drop(known);
            return self.overflow();
        }
        let series = self.leak(labels);
        self.series.add(hash, series, known.len());
        known.push(series);
        series
    }

    #[cold]
    fn overflow(&'static self) -> &'static Series<S> {
        if self.overflowed.fetch_add(1, Relaxed) == 0 {
            diag::warn(format_args!(
                "`{}` has reached its limit of {} series; what comes with further labels is counted \
                 under `otel.metric.overflow` (said once)",
                self.identity.name, self.identity.limit
            ));
        }
        self.overflow.get_or_init(|| self.leak(label_set::overflow()))
    }

    fn leak(&'static self, labels: Vec<Known>) -> &'static Series<S> {
        let start_unix_nanos = time::unix_nanos();
        let state = S::new(&self.kind);
        let lately = Lately::new();
        Box::leak(Box::new(Series {
            labels: labels.into(),
            start_unix_nanos,
            state,
            family: self,
            lately,
            #[cfg(feature = "metrics-0-24")]
            absolute: Mutex::new(()),
        }))
    }

    /// Something that was given is not counted; says why, once.
    #[cold]
    pub(crate) fn ignore(&self, why: Ignored) {
        if self.ignored[why as usize].fetch_add(1, Relaxed) == 0 {
            let name = &self.identity.name;
            match why {
                Ignored::Negative => diag::warn(format_args!(
                    "`{name}` only grows, and was given a negative number; such ones are ignored \
                     and counted (said once)"
                )),
                Ignored::NotFinite => diag::warn(format_args!(
                    "`{name}` was given what is no finite number; such values are ignored and \
                     counted (said once)"
                )),
            }
        }
    }
}

impl<S: State> Collect for Family<S> {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn collect(&self, into: &mut Vec<Metric>) {
        // No lock is held while callbacks run: they may use this very metric.
        let observed = self.callbacks.observe(&self.identity);
        let mut series = lock(&self.known).clone();
        series.extend(self.overflow.get());
        let Identity { name, mut description, mut unit, scope, .. } = self.identity.clone();
        if let Some(described) = self.described.get().cloned() {
            (description, unit) = described;
        }
        let data = S::read(&self.kind, &series, observed);
        if !data.is_empty() {
            into.push(Metric { name, description, unit, scope, data });
        }
    }

    fn watch(&self, now: u64) {
        let Ok(known) = self.known.try_lock() else { return };
        let series = known.clone();
        drop(known);
        series.iter().for_each(|series| series.lately.watch(&series.state, now));
    }

    #[cfg(feature = "metrics-0-24")]
    fn describe(&self, description: Cow<'static, str>, unit: Cow<'static, str>) {
        let _ = self.described.set((description, unit));
    }

    fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed) + self.callbacks.overflowed()
    }

    fn ignored(&self) -> [(&'static str, u64); 3] {
        let count = |why: Ignored| self.ignored[why as usize].load(Relaxed);
        [
            ("negative", count(Ignored::Negative)),
            ("not_finite", count(Ignored::NotFinite) + self.callbacks.ignored()),
            ("panicked", self.callbacks.panicked()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::{super::state::Total, *};
    use crate::metrics::data::Scope;

    fn family() -> &'static Family<Total<u64, true>> {
        let identity = Identity {
            name: "test.family".into(),
            description: "".into(),
            unit: "".into(),
            scope: Scope::default(),
            limit: 5,
        };
        Box::leak(Box::new(Family::new(identity, ())))
    }

    /// Whether all is done while somebody holds the lock under which series are made.
    fn is_done_while_locked(
        family: &'static Family<Total<u64, true>>,
        run: impl FnOnce() + Send + 'static,
    ) -> bool {
        let known = lock(&family.known);
        let (done, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            run();
            let _ = done.send(());
        });
        let is_done = wait.recv_timeout(Duration::from_secs(30)).is_ok();
        drop(known);
        thread.join().unwrap();
        is_done
    }

    #[test]
    fn a_series_is_found_without_a_lock_whatever_is_kept_of_its_labels() {
        let family = family();
        let find = |family: &'static Family<_>| {
            let long = "x".repeat(2_000);
            let denied = family.find(&[("user.password", "x")]);
            let long = family.find(&[("text", long.as_str())]);
            let repeated = family.find(&[("a", "1"), ("b", "2"), ("a", "3")]);
            let other: [&'static Series<_>; 3] = [denied, long, repeated];
            other.map(|series| std::ptr::from_ref(series).addr())
        };
        let made = find(family);

        assert!(is_done_while_locked(family, move || assert_eq!(find(family), made)));
        assert_eq!(lock(&family.known).len(), 3);
    }

    #[test]
    fn a_metric_that_is_full_overflows_without_a_lock() {
        let family = family();
        let find = |at: i64| std::ptr::from_ref(family.find(&[("at", at)])).addr();
        let made: Vec<_> = (0..5).map(find).collect();

        let found = move || {
            assert_eq!((0..4).map(find).collect::<Vec<_>>(), made[..4]);
            assert!((5..100).all(|at| find(at) == made[4]));
        };
        assert!(is_done_while_locked(family, found));
        assert_eq!(family.overflowed(), 96);
    }
}
