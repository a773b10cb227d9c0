//! `backon` and `tokio-retry`.

use backon::{BlockingRetryable, ExponentialBuilder, Retryable};
use tokio_retry::{Retry, strategy::ExponentialBackoff};

use super::Library;
use crate::{
    floor::fallible_async,
    subject::{Case, Kind},
    workload::{Failed, fallible_body, ready, succeeding},
};

pub(super) const ALL: &[&Library] = &[
    &Library {
        name: "backon",
        cases: &[
            Case::silent(Kind::RetryUnbudgeted, |batches| succeeding(batches, by_backon)),
            Case::silent(Kind::RetryAsync, |batches| {
                succeeding(batches, |id, name| ready(by_backon_async(id, name)));
            }),
        ],
    },
    &Library {
        name: "tokio-retry",
        cases: &[Case::silent(Kind::RetryAsync, |batches| {
            succeeding(batches, |id, name| ready(by_tokio_retry(id, name)));
        })],
    },
];

#[inline(never)]
fn by_backon(id: u64, name: &str) -> Result<u64, Failed> {
    BlockingRetryable::retry(|| fallible_body(id, name), BACKOFF).call()
}

#[inline(never)]
async fn by_backon_async(id: u64, name: &str) -> Result<u64, Failed> {
    Retryable::retry(|| fallible_async(id, name), BACKOFF).await
}

#[inline(never)]
async fn by_tokio_retry(id: u64, name: &str) -> Result<u64, Failed> {
    let waits = ExponentialBackoff::from_millis(2).factor(50).take(2);
    Retry::start(waits, || fallible_async(id, name)).await
}

/// As ours by default, but for its shape of jitter.
pub(super) const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_jitter().with_max_times(2);
