//! What people assemble today: `backon` around `failsafe`, and a histogram of `prometheus`; the span
//! is that of who calls this.

use std::{sync::LazyLock, time::Instant};

use backon::Retryable;
use failsafe::{
    Config, Error, StateMachine,
    backoff::EqualJittered,
    failure_policy::{ConsecutiveFailures, OrElse, SuccessRateOverTimeWindow},
    futures::CircuitBreaker,
};
use prometheus::{Histogram, HistogramOpts};

use super::retries::BACKOFF;
use crate::{floor::fallible_async, workload::Failed};

/// A call that is timed, tried again where it fails, and not made where all of them fail.
#[inline(always)]
pub(in crate::peers) async fn guarded(id: u64, name: &str) -> Result<u64, Failed> {
    let start = Instant::now();
    let ended = (|| BREAKER.call(fallible_async(id, name))).retry(BACKOFF).await;
    DURATION.observe(start.elapsed().as_secs_f64());
    ended.map_err(|error| match error {
        Error::Inner(failed) => failed,
        Error::Rejected => Failed::Refused,
    })
}

type Breaker = StateMachine<
    OrElse<SuccessRateOverTimeWindow<EqualJittered>, ConsecutiveFailures<EqualJittered>>,
    (),
>;

static BREAKER: LazyLock<Breaker> = LazyLock::new(|| Config::new().build());
static DURATION: LazyLock<Histogram> = LazyLock::new(|| {
    Histogram::with_opts(HistogramOpts::new("guarded", "Duration")).expect("a name")
});
