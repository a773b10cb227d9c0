//! What runtimes of tokio do: as much as they tell without `tokio_unstable`.

use std::{
    borrow::Cow,
    sync::{Once, PoisonError, RwLock},
};

use tokio::runtime::{Handle, RuntimeMetrics};

use super::SCOPE;
use crate::{
    metrics::{
        self, Source,
        build::{Named, Value, labels},
        data::{Label, Labels, Metric, Number},
    },
    time,
};

struct Runtimes(RwLock<Vec<(Cow<'static, str>, RuntimeMetrics)>>);

static RUNTIMES: Runtimes = Runtimes(RwLock::new(Vec::new()));
/// The runtime within which telemetry was started.
const MAIN: &str = "main";

/// Measures a runtime of tokio, under this name.
///
/// The one within which [`init!`](crate::init) was called is measured as `main`. A runtime of the
/// same name is measured instead of the one before; one that has ended shows its last numbers.
///
/// Measured are its workers (`tokio.worker.count`), tasks (`tokio.task.alive`), the tasks that wait
/// in its global queue (`tokio.queue.depth`), and for how long (`tokio.worker.busy_time`) and how
/// often (`tokio.worker.parks`) each worker had something, and nothing, to do.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # let handle = runtime.handle();
/// spandrel::process::tokio_runtime("background", handle);
/// ```
pub fn tokio_runtime(name: impl Into<Cow<'static, str>>, runtime: &Handle) {
    let (name, new) = (name.into(), runtime.metrics());
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| metrics::register(&RUNTIMES));
    let mut runtimes = RUNTIMES.0.write().unwrap_or_else(PoisonError::into_inner);
    match runtimes.iter_mut().find(|(known, _)| *known == name) {
        Some((_, metrics)) => *metrics = new,
        None => runtimes.push((name, new)),
    }
}

/// Measures the runtime that the caller is in, if it is in one.
pub(super) fn register_current() {
    if let Ok(runtime) = Handle::try_current() {
        tokio_runtime(MAIN, &runtime);
    }
}

impl Source for Runtimes {
    fn collect(&self, into: &mut Vec<Metric>) {
        let runtimes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let start = time::started_unix_nanos();
        let named = |name, unit, description| Named { name, unit, description, scope: SCOPE };
        let each = |number: fn(&RuntimeMetrics) -> usize| -> Vec<Value> {
            let runtimes = runtimes.iter();
            runtimes.map(|(name, m)| (of(name), Number::U64(number(m) as u64))).collect()
        };
        into.push(
            named("tokio.worker.count", "{thread}", "Workers of a runtime")
                .up_down(start, each(RuntimeMetrics::num_workers)),
        );
        into.push(
            named("tokio.task.alive", "{task}", "Tasks that have not ended")
                .up_down(start, each(RuntimeMetrics::num_alive_tasks)),
        );
        into.push(
            named("tokio.queue.depth", "{task}", "Tasks that wait in the global queue")
                .up_down(start, each(RuntimeMetrics::global_queue_depth)),
        );
        #[cfg(target_has_atomic = "64")]
        {
            let workers = |number: fn(&RuntimeMetrics, usize) -> Number| -> Vec<Value> {
                let all = runtimes.iter().flat_map(|(name, metrics)| {
                    let workers = 0..metrics.num_workers();
                    workers.map(move |worker| (of_worker(name, worker), number(metrics, worker)))
                });
                all.collect()
            };
            let busy = workers(|metrics, worker| {
                Number::F64(metrics.worker_total_busy_duration(worker).as_secs_f64())
            });
            into.push(
                named("tokio.worker.busy_time", "s", "Time in which a worker polled tasks")
                    .counter(start, busy),
            );
            let parks = workers(|metrics, worker| Number::U64(metrics.worker_park_count(worker)));
            into.push(
                named("tokio.worker.parks", "{park}", "How often a worker had nothing to do")
                    .counter(start, parks),
            );
        }
    }
}

fn of(runtime: &str) -> Labels {
    labels([("tokio.runtime.name", runtime)])
}

#[cfg(target_has_atomic = "64")]
fn of_worker(runtime: &str, worker: usize) -> Labels {
    let mut labels = of(runtime);
    labels.push(("tokio.worker.id".into(), Label::I64(i64::try_from(worker).unwrap_or(i64::MAX))));
    labels
}
