//! What is asked for only when somebody reads.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    data::Number as Value,
    identity::Identity,
    label_set::{self, Known},
    labels::Labels,
    number::{self, Number},
    series::Observation,
};
use crate::{diag, sync::lock, time};

/// A callback of a metric; made by `observe` and `observe_each`.
///
/// It is asked as long as the program runs, also after this was dropped.
///
/// ```
/// use spandrel::metrics::Gauge;
///
/// static DEPTH: Gauge = Gauge::new("queue.depth", "Jobs that wait");
///
/// let observed = DEPTH.observe(|| 3.0);
/// // The queue is gone:
/// observed.stop();
/// ```
#[derive(Clone, Debug)]
pub struct Observed(Arc<AtomicBool>);

impl Observed {
    /// Asks no more.
    pub fn stop(self) {
        self.0.store(true, Relaxed);
    }
}

/// Takes what a callback observes.
///
/// ```
/// use spandrel::metrics::Gauge;
///
/// static DEPTH: Gauge = Gauge::new("queue.depth", "Jobs that wait");
///
/// DEPTH.observe_each(|observer| {
///     observer.observe(3.0, &[("queue", "mail")]);
///     observer.observe(0.0, &[("queue", "print")]);
/// });
/// ```
#[derive(Debug)]
pub struct Observer<'o, T> {
    seen: &'o mut Seen,
    number: std::marker::PhantomData<T>,
}

impl<T: Number> Observer<'_, T> {
    /// Notes a value; of several under the same labels the last one counts.
    ///
    /// Labels that are not observed any more are not shown any more.
    pub fn observe(&mut self, value: T, labels: &(impl Labels + ?Sized)) {
        let value = value.is_finite().then(|| number::value(value));
        self.seen.note(value, label_set::write(labels));
    }
}

/// What the callbacks of a metric have observed in one collection.
#[derive(Debug)]
struct Seen {
    start_unix_nanos: u64,
    limit: usize,
    observations: Vec<Observation>,
    /// Where those of a set of labels stand.
    places: HashMap<u64, usize>,
    overflowed: u64,
    ignored: u64,
}

impl Seen {
    fn note(&mut self, value: Option<Value>, labels: Vec<Known>) {
        let Some(value) = value else {
            self.ignored += 1;
            return;
        };
        let hash = label_set::hash(labels.as_slice());
        let known = self.places.get(&hash).and_then(|at| self.observations.get_mut(*at));
        if let Some(known) = known {
            known.value = value;
            return;
        }
        if self.observations.len() + 1 >= self.limit {
            // What is beyond cannot be added up, for nobody knows what it is; it is counted.
            self.overflowed += 1;
            return;
        }
        self.places.insert(hash, self.observations.len());
        let start_unix_nanos = self.start_unix_nanos;
        self.observations.push(Observation { labels, start_unix_nanos, value });
    }
}

type Callback = dyn Fn(&mut Seen) + Send + Sync;

/// The callbacks of a metric.
pub(crate) struct Callbacks {
    all: Mutex<Vec<(Arc<AtomicBool>, Arc<Callback>)>>,
    start_unix_nanos: AtomicU64,
    overflowed: AtomicU64,
    ignored: AtomicU64,
    panicked: AtomicU64,
}

impl Callbacks {
    pub(super) const fn new() -> Self {
        Self {
            all: Mutex::new(Vec::new()),
            start_unix_nanos: AtomicU64::new(0),
            overflowed: AtomicU64::new(0),
            ignored: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }
    }

    pub(crate) fn add<T: Number>(
        &self,
        ask: impl Fn(&mut Observer<'_, T>) + Send + Sync + 'static,
    ) -> Observed {
        let stopped = Arc::new(AtomicBool::new(false));
        let callback =
            move |seen: &mut Seen| ask(&mut Observer { seen, number: std::marker::PhantomData });
        // Whatever is observed is observed since then, also by further callbacks.
        let _ = self.start_unix_nanos.compare_exchange(0, time::unix_nanos(), Relaxed, Relaxed);
        lock(&self.all).push((Arc::clone(&stopped), Arc::new(callback)));
        Observed(stopped)
    }

    /// Asks all of them.
    pub(super) fn observe(&self, identity: &Identity) -> Vec<Observation> {
        let callbacks = {
            let mut all = lock(&self.all);
            all.retain(|(stopped, _)| !stopped.load(Relaxed));
            if all.is_empty() {
                return Vec::new();
            }
            all.clone()
        };
        let mut seen = Seen {
            start_unix_nanos: self.start_unix_nanos.load(Relaxed),
            limit: identity.limit,
            observations: Vec::new(),
            places: HashMap::new(),
            overflowed: 0,
            ignored: 0,
        };
        for (_, callback) in callbacks {
            let asked = catch_unwind(AssertUnwindSafe(|| callback(&mut seen)));
            if asked.is_err() && self.panicked.fetch_add(1, Relaxed) == 0 {
                diag::warn(format_args!(
                    "a callback that observes `{}` panicked; what it had not yet observed is \
                     missing (said once)",
                    identity.name
                ));
            }
        }
        if seen.overflowed > 0 && self.overflowed.fetch_add(seen.overflowed, Relaxed) == 0 {
            diag::warn(format_args!(
                "callbacks of `{}` observe more than {} sets of labels; further ones are left out \
                 and counted (said once)",
                identity.name, identity.limit
            ));
        }
        self.ignored.fetch_add(seen.ignored, Relaxed);
        seen.observations
    }

    pub(super) fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed)
    }

    pub(super) fn ignored(&self) -> u64 {
        self.ignored.load(Relaxed)
    }

    pub(super) fn panicked(&self) -> u64 {
        self.panicked.load(Relaxed)
    }
}
