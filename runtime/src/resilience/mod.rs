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

mod breaker;
mod bulkhead;
pub(crate) mod caught;
#[cfg(feature = "chaos")]
mod chaos;
mod class;
mod doors;
pub(crate) mod fallback;
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

pub use breaker::{
    CircuitBreaker, CircuitReason, CircuitState, CircuitStatistics, CircuitTransition, ForcedOpen,
    OnCancel, Verdict, Window,
};
pub use bulkhead::{Adaptive, Bulkhead, BulkheadStatistics};
#[cfg(feature = "chaos")]
pub use chaos::Chaos;
pub use class::{Class, Classify, classify_chain};
pub use doors::ForKey;
pub use fallback::{Failure, Fallback};
pub use hedge::Hedge;
pub use instances::{Instanced, Keyable, Keyed, Policies, PolicyKind, PolicyStatus, policies};
pub use kinds::RejectedKinds;
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
    BulkheadLayer, BulkheadService, CircuitBreakerLayer, CircuitBreakerService, HeldPlace,
    JudgedFuture, RateLimiterLayer, RateLimiterService, RefusableFuture,
};
