//! `failsafe` and `recloser`.

use std::{sync::LazyLock, time::Duration};

use failsafe::{
    CircuitBreaker, Config, Error, StateMachine,
    backoff::{self, Constant, EqualJittered},
    failure_policy::{self, ConsecutiveFailures, OrElse, SuccessRateOverTimeWindow},
};
use recloser::Recloser;

use super::Library;
use crate::{
    subject::{Case, Kind},
    workload::{Failed, POISON, fallible_body, refused, succeeding},
};

pub(super) const ALL: &[&Library] = &[
    &Library {
        name: "failsafe",
        cases: &[
            Case::silent(Kind::BreakerObject, |batches| {
                let breaker = &*DEFAULT;
                succeeding(batches, |id, name| by_failsafe(breaker, id, name));
            }),
            Case::silent(Kind::BreakerOpen, |batches| {
                let breaker = &*OPEN;
                refused(batches, |id, name| by_failsafe(breaker, id, name));
            }),
        ],
    },
    &Library {
        name: "failsafe, consecutive",
        cases: &[Case::silent(Kind::BreakerObject, |batches| {
            let breaker = &*CONSECUTIVE;
            succeeding(batches, |id, name| by_failsafe(breaker, id, name));
        })],
    },
    &Library {
        name: "recloser",
        cases: &[
            Case::silent(Kind::BreakerObject, |batches| {
                let breaker = &*RECLOSER;
                succeeding(batches, |id, name| by_recloser(breaker, id, name));
            }),
            Case::silent(Kind::BreakerOpen, |batches| {
                let breaker = &*OPEN_RECLOSER;
                refused(batches, |id, name| by_recloser(breaker, id, name));
            }),
        ],
    },
];

/// For longer than anybody measures.
const DAY: Duration = Duration::from_secs(86_400);

type Consecutive<B> = StateMachine<ConsecutiveFailures<B>, ()>;
type Default = StateMachine<
    OrElse<SuccessRateOverTimeWindow<EqualJittered>, ConsecutiveFailures<EqualJittered>>,
    (),
>;

static DEFAULT: LazyLock<Default> = LazyLock::new(|| Config::new().build());
static CONSECUTIVE: LazyLock<Consecutive<EqualJittered>> =
    LazyLock::new(|| Config::new().failure_policy(ConsecutiveFailures::default()).build());
static OPEN: LazyLock<Consecutive<Constant>> = LazyLock::new(|| {
    let policy = failure_policy::consecutive_failures(1, backoff::constant(DAY));
    let breaker = Config::new().failure_policy(policy).build();
    let _ = by_failsafe(&breaker, POISON, "");
    breaker
});
static RECLOSER: LazyLock<Recloser> = LazyLock::new(Recloser::default);
static OPEN_RECLOSER: LazyLock<Recloser> = LazyLock::new(|| {
    let breaker = Recloser::custom().closed_len(1).open_wait(DAY).build();
    // The first one fills the ring.
    for _ in 0..2 {
        let _ = by_recloser(&breaker, POISON, "");
    }
    breaker
});

#[inline(always)]
fn by_failsafe(breaker: &impl CircuitBreaker, id: u64, name: &str) -> Result<u64, Failed> {
    breaker.call(|| fallible_body(id, name)).map_err(|error| match error {
        Error::Inner(failed) => failed,
        Error::Rejected => Failed::Refused,
    })
}

#[inline(always)]
fn by_recloser(breaker: &Recloser, id: u64, name: &str) -> Result<u64, Failed> {
    breaker.call(|| fallible_body(id, name)).map_err(|error| match error {
        recloser::Error::Inner(failed) => failed,
        recloser::Error::Rejected => Failed::Refused,
    })
}
