//! `governor`, and tokio's timeout and semaphore.

use std::{num::NonZeroU32, sync::LazyLock, time::Duration};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
    time,
};

use super::Library;
use crate::{
    floor::fallible_async,
    subject::{Case, Kind},
    workload::{Failed, fallible_body, key, ready, succeeding},
};

pub(super) const ALL: &[&Library] = &[
    &Library {
        name: "governor",
        cases: &[
            Case::silent(Kind::Limit, |batches| {
                let limiter = &*DIRECT;
                succeeding(batches, |id, name| {
                    limiter.check().map_err(|_| Failed::Refused)?;
                    fallible_body(id, name)
                });
            }),
            Case::silent(Kind::LimitKeyed, |batches| {
                let limiter = &*KEYED;
                succeeding(batches, |id, name| {
                    limiter.check_key(&key(id)).map_err(|_| Failed::Refused)?;
                    fallible_body(id, name)
                });
            }),
        ],
    },
    &Library {
        name: "tokio",
        cases: &[
            Case::silent(Kind::Timeout, |batches| {
                let _entered = RUNTIME.enter();
                succeeding(batches, |id, name| ready(by_tokio(id, name)));
            }),
            Case::silent(Kind::Bulkhead, |batches| {
                succeeding(batches, |id, name| {
                    let _place = PLACES.try_acquire().map_err(|_| Failed::Refused)?;
                    fallible_body(id, name)
                });
            }),
            Case::silent(Kind::BulkheadAsync, |batches| {
                succeeding(batches, |id, name| ready(with_place(id, name)));
            }),
        ],
    },
];

/// What tokio's clock and timers need.
pub(super) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

static DIRECT: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| RateLimiter::direct(quota()));
static KEYED: LazyLock<DefaultKeyedRateLimiter<&'static str>> =
    LazyLock::new(|| RateLimiter::keyed(quota()));
static PLACES: Semaphore = Semaphore::const_new(100);

/// As many as ours lets through.
fn quota() -> Quota {
    Quota::per_second(NonZeroU32::new(1_000_000_000).expect("it is"))
}

#[inline(never)]
async fn by_tokio(id: u64, name: &str) -> Result<u64, Failed> {
    let ended = time::timeout(Duration::from_secs(10), fallible_async(id, name)).await;
    ended.map_err(|_| Failed::Refused)?
}

#[inline(never)]
async fn with_place(id: u64, name: &str) -> Result<u64, Failed> {
    let _place = PLACES.acquire().await.map_err(|_| Failed::Refused)?;
    fallible_body(id, name)
}
