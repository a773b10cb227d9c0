//! What keeps a service up when another one fails: retries, circuit breakers, timeouts, limits.
//!
//! Each mechanism is a folder: a state machine that is a pure function of what happened and when,
//! and around it the type that programs use. [`Policy`] puts them together in one fixed order,
//! outermost first:
//!
//! ```text
//! fallback > total timeout > retry > hedge > [attempt] > circuit breaker > rate limit > bulkhead
//!          > attempt timeout > chaos > call
//! ```
//!
//! [`policies`] lists what has state, with its controls; [`explain`](crate::explain) tells what
//! protects a function.
//!
//! # Metrics
//!
//! They are exported with all others, in the scope `spandrel::resilience`, each with the label
//! `policy`, the name of the policy. All instances of one name are added up, also those of keys, unless a
//! program asks for the label `key` (`label_key`); what was counted stays when its instance goes.
//! A call that succeeds counts nothing that is not kept anyway.
//!
//! | metric | kind | unit | further labels |
//! |---|---|---|---|
//! | `resilience.retry.attempts` | counter: attempts after the first | `{attempt}` | |
//! | `resilience.retry.delay` | histogram: waits before them | `s` | |
//! | `resilience.retry.calls` | counter: calls whose first attempt failed | `{call}` | `reason` why no further one followed: `success`, `attempts`, `budget`, `deadline`, `permanent`, `rejected` |
//! | `resilience.retry.budget.retries` | counter | `{retry}` | `kind`: `afforded`, `refused` |
//! | `resilience.retry.budget.available` | up-down counter: retries that are left now | `{retry}` | |
//! | `resilience.hedge.attempts` | counter: attempts beside one that took long | `{attempt}` | |
//! | `resilience.circuit_breaker.calls` | counter | `{call}` | `kind`: `success`, `failure`, `ignored`, `stale`, `rejected` |
//! | `resilience.circuit_breaker.slow_calls` | counter: those of them that were slow | `{call}` | |
//! | `resilience.circuit_breaker.state` | up-down counter: 1 for the state, 0 for all others | `{circuit_breaker}` | `state`: `closed`, `half_open`, `open`, `disabled`, `forced_open` |
//! | `resilience.circuit_breaker.transitions` | counter | `{transition}` | `to` which state, `reason` |
//! | `resilience.circuit_breaker.time_in_state` | counter | `s` | `state` |
//! | `resilience.rate_limiter.calls` | counter | `{call}` | `kind`: `admitted`, `rejected` |
//! | `resilience.rate_limiter.wait.duration` | histogram: of those that waited | `s` | |
//! | `resilience.bulkhead.calls` | counter | `{call}` | `kind`: `entered`, `rejected` |
//! | `resilience.bulkhead.in_flight` | up-down counter | `{call}` | |
//! | `resilience.bulkhead.queued` | up-down counter | `{call}` | |
//! | `resilience.bulkhead.max_concurrent` | up-down counter: its places | `{call}` | |
//! | `resilience.bulkhead.wait.duration` | histogram: of those that waited, also in vain | `s` | |
//! | `resilience.timeout.expired` | counter | `{timeout}` | `kind`: `attempt`, `total` |
//! | `resilience.fallback.calls` | counter: calls that it answered | `{call}` | `kind` of what it stood in for: `error`, `panicked`, or a [`RejectedKind`] |
//!
//! How long calls take with all their attempts, and how they ended, is what `#[timed]` measures
//! (`function.duration`, `function.calls`) as the outermost of the attributes; a call that was refused
//! or cut off has the outcome `rejected` there.
//!
//! # On the span of the call
//!
//! - It ends as `rejected` where a policy refused the call or cut it off, whatever the rejection
//!   became, and no fallback stood in.
//! - Events: `rejected` (`policy`, `kind`, `retry_after` in seconds), `retry` (`policy`,
//!   `retry.attempt`, `retry.delay`), `hedge`, `fallback` (`policy`, `kind`), and
//!   `circuit_breaker.transition` (`policy`, `from`, `to`, `reason`), on the span of whichever call
//!   changed the state.
//! - Attributes: `retry.stopped`, `retry.attempts`, `retry.amplification` (how many functions around
//!   it retry, too), `hedge.won`, and `circuit_breaker.state` where that was not closed.
//! - Each attempt after the first is a span `attempt` with its number.

mod breaker;
mod bulkhead;
pub(crate) mod caught;
#[cfg(feature = "chaos")]
mod chaos;
mod class;
mod doors;
mod explain;
pub(crate) mod fallback;
pub(crate) mod faults;
pub(crate) mod given;
mod hedge;
pub(crate) mod instances;
mod kinds;
mod libraries;
mod limit;
mod mode;
mod nanos;
pub(crate) mod overrides;
mod plain;
pub(crate) mod policy;
mod rejected;
mod retry;
pub(crate) mod run;
mod scope;
pub(crate) mod stale;
mod telemetry;
mod timeout;
pub(crate) mod timer;
#[cfg(feature = "tower")]
mod tower;
pub(crate) mod unhedged;

pub use breaker::{
    CircuitBreaker, CircuitReason, CircuitState, CircuitStatistics, CircuitTransition, ForcedOpen,
    OnCancel, Verdict, Window,
};
pub use bulkhead::{Adaptive, Bulkhead, BulkheadStatistics};
#[cfg(feature = "chaos")]
pub use chaos::{Chaos, WithChaos, with_chaos, with_chaos_here};
pub use class::{Class, Classify, classify_chain};
pub use doors::ForKey;
pub use fallback::{Failure, Fallback};
pub use hedge::Hedge;
#[cfg(feature = "test-util")]
pub(crate) use instances::isolation;
pub use instances::{Instanced, Keyable, Keyed, Policies, PolicyKind, PolicyStatus, policies};
pub use kinds::RejectedKinds;
#[cfg(feature = "redis-1")]
pub(crate) use limit::shared::SharedLimit;
pub use limit::{Rate, RateLimiter, RateStatistics};
pub use mode::Mode;
pub use overrides::{OverrideStatus, Overrides, is_enabled, overrides, reload, set_enabled};
pub use policy::Policy;
pub use rejected::{Deadline, Rejected, RejectedKind};
pub use retry::{Backoff, BudgetStatistics, Jitter, Retry, RetryBudget};
pub use scope::{attempt, time_left};
#[cfg(feature = "macros")]
pub use spandrel_macros::Classify;
pub use timeout::Timeout;
#[cfg(feature = "tower")]
pub use tower::{
    BulkheadLayer, BulkheadService, ByAnswer, ByClass, CircuitBreakerLayer, CircuitBreakerService,
    EveryError, FallbackFuture, FallbackLayer, FallbackService, HedgeLayer, HeldPlace,
    JudgedFuture, Judges, Once, PolicyFuture, PolicyLayer, PolicyService, RateLimiterLayer,
    RateLimiterService, RefusableFuture, RetryLayer, TimeoutLayer, TimeoutService,
};
