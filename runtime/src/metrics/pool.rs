//! Pools of connections, as the program's own pools tell.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Once, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{
    build::{Named, labels},
    data::{Metric, Number},
    source::{Source, register},
};
use crate::{diag, time};

/// How a pool of connections stands.
///
/// ```
/// use spandrel::metrics::PoolState;
///
/// let state = PoolState::new(3, 7).with_max(10).with_pending(2);
/// # let _ = state;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct PoolState {
    idle: u64,
    used: u64,
    max: Option<u64>,
    pending: Option<u64>,
}

/// The pools, in the order in which they were named.
struct Pools(RwLock<Vec<Pool>>);

#[derive(Clone)]
struct Pool {
    name: Cow<'static, str>,
    ask: Arc<dyn Fn() -> PoolState + Send + Sync>,
    /// It has, and that was said.
    has_panicked: Arc<AtomicBool>,
}

static POOLS: Pools = Pools(RwLock::new(Vec::new()));
const SCOPE: &str = "spandrel::pool";

impl PoolState {
    /// So many connections wait to be used, and so many are used.
    pub const fn new(idle: u64, used: u64) -> Self {
        Self { idle, used, max: None, pending: None }
    }

    /// The most connections that there may be.
    pub const fn with_max(mut self, max: u64) -> Self {
        self.max = Some(max);
        self
    }

    /// How many wait for a connection.
    pub const fn with_pending(mut self, pending: u64) -> Self {
        self.pending = Some(pending);
        self
    }
}

/// Measures a pool of connections, by asking for its state whenever metrics are read.
///
/// The metrics are `db.client.connection.count` (by state), `.max` and `.pending_requests`, as the
/// semantic conventions have them. A pool of the same name is measured instead of the one before.
///
/// The closure is asked on the thread that reads metrics. It keeps what it holds: give it a weak
/// reference to a pool that is to be closed before the program ends. While it panics, nothing is told
/// of its pool; others are none the wiser.
///
/// ```
/// use std::sync::{
///     Arc,
///     atomic::{AtomicU64, Ordering::Relaxed},
/// };
///
/// use spandrel::metrics::{self, PoolState};
///
/// let used = Arc::new(AtomicU64::new(3));
/// let of_pool = Arc::clone(&used);
/// metrics::pool("orders", move || {
///     let used = of_pool.load(Relaxed);
///     PoolState::new(10 - used, used).with_max(10)
/// });
/// ```
pub fn pool(
    name: impl Into<Cow<'static, str>>,
    ask: impl Fn() -> PoolState + Send + Sync + 'static,
) {
    add(Pool { name: name.into(), ask: Arc::new(ask), has_panicked: Arc::default() });
}

fn add(new: Pool) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| register(&POOLS));
    // What is replaced is the program's own, and is not dropped under the lock.
    let before = {
        let mut pools = POOLS.0.write().unwrap_or_else(PoisonError::into_inner);
        match pools.iter_mut().find(|pool| pool.name == new.name) {
            Some(pool) => Some(std::mem::replace(pool, new)),
            None => {
                pools.push(new);
                None
            }
        }
    };
    drop(before);
}

impl Pool {
    fn state(&self) -> Option<PoolState> {
        let state = catch_unwind(AssertUnwindSafe(|| (self.ask)())).ok();
        if state.is_none() && !self.has_panicked.swap(true, Relaxed) {
            diag::warn(format_args!(
                "the closure that tells how the pool `{}` stands panicked; its metrics are missing \
                 then (said once)",
                self.name
            ));
        }
        state
    }
}

impl Source for Pools {
    fn collect(&self, into: &mut Vec<Metric>) {
        // No lock is held while the program's own closures run: they may name a pool themselves.
        let pools = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let states = pools.iter().filter_map(|pool| Some((&*pool.name, pool.state()?)));
        let states: Vec<_> = states.collect();
        if states.is_empty() {
            return;
        }
        let start = time::started_unix_nanos();
        let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
        let by_state = states.iter().flat_map(|(pool, state)| {
            [("idle", state.idle), ("used", state.used)].map(|(state, count)| {
                let labels = labels([
                    ("db.client.connection.pool.name", pool),
                    ("db.client.connection.state", state),
                ]);
                (labels, Number::U64(count))
            })
        });
        into.push(
            named("db.client.connection.count", "{connection}", "Connections of a pool, by state")
                .up_down(start, by_state),
        );
        for (number, name, unit, description) in [
            (
                (|state| state.max) as fn(&PoolState) -> Option<u64>,
                "db.client.connection.max",
                "{connection}",
                "The most connections that a pool may have",
            ),
            (
                |state| state.pending,
                "db.client.connection.pending_requests",
                "{request}",
                "Requests that wait for a connection",
            ),
        ] {
            let values: Vec<_> = states
                .iter()
                .filter_map(|(pool, state)| {
                    let labels = labels([("db.client.connection.pool.name", pool)]);
                    Some((labels, Number::U64(number(state)?)))
                })
                .collect();
            if !values.is_empty() {
                into.push(named(name, unit, description).up_down(start, values));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::data::{Data, Label};

    /// What is said about the pools of a test: metric, state, number.
    fn of(name: &str) -> Vec<(String, String, u64)> {
        let mut metrics = Vec::new();
        POOLS.collect(&mut metrics);
        let mut found = Vec::new();
        for metric in metrics {
            let Data::Sum { points, .. } = metric.data else { panic!("no sum") };
            for point in points {
                let label = |key: &str| {
                    let label = point.labels.iter().find(|(own, _)| own == key);
                    label.map(|(_, label)| match label {
                        Label::Str(text) => text.to_string(),
                        other => panic!("{other:?}"),
                    })
                };
                let Number::U64(number) = point.value else { panic!("no count") };
                if label("db.client.connection.pool.name").as_deref() == Some(name) {
                    let state = label("db.client.connection.state").unwrap_or_default();
                    found.push((metric.name.to_string(), state, number));
                }
            }
        }
        found
    }

    #[test]
    fn a_pool_is_asked_whenever_metrics_are_read() {
        pool("full", || PoolState::new(1, 9).with_max(10).with_pending(4));
        pool("simple", || PoolState::new(2, 0));

        let metric = |name: &str, state: &str, number| {
            (format!("db.client.connection.{name}"), state.to_owned(), number)
        };
        let expected = [
            metric("count", "idle", 1),
            metric("count", "used", 9),
            metric("max", "", 10),
            metric("pending_requests", "", 4),
        ];
        assert_eq!(of("full"), expected);
        assert_eq!(of("simple"), [metric("count", "idle", 2), metric("count", "used", 0)]);
    }

    #[test]
    fn a_pool_that_is_asked_may_name_another_one() {
        pool("outer", || {
            pool("inner", || PoolState::new(1, 2));
            PoolState::new(3, 4)
        });

        let (done, wait) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || done.send(of("outer")));
        let outer = wait.recv_timeout(Duration::from_secs(30)).expect("nobody waits for a lock");
        reader.join().unwrap().unwrap();

        let numbers = |of: &[(_, _, u64)]| of.iter().map(|(_, _, number)| *number).sum::<u64>();
        assert_eq!((numbers(&outer), numbers(&of("inner"))), (7, 3));
    }

    #[test]
    fn a_pool_that_panics_is_missing_and_no_other_one() {
        pool("broken", || panic!("the pool is closed"));
        pool("sound", || PoolState::new(1, 2));

        assert_eq!(of("sound").len(), 2);
        assert_eq!(of("broken"), []);
    }

    #[test]
    fn the_later_of_two_pools_with_one_name_is_measured() {
        pool("same", || PoolState::new(1, 0));
        pool("same", || PoolState::new(5, 0));

        assert_eq!(of("same").iter().map(|(_, _, number)| *number).collect::<Vec<_>>(), [5, 0]);
    }
}
