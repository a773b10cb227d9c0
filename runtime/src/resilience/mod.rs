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
mod class;
mod instances;
mod limit;
mod mode;
mod nanos;
mod rejected;
#[allow(dead_code, unused_imports)]
mod retry;
mod timer;
#[cfg(feature = "tower")]
mod tower;

pub use breaker::{
    CircuitBreaker, CircuitReason, CircuitState, CircuitStatistics, CircuitTransition, ForcedOpen,
    OnCancel, Verdict, Window,
};
pub use bulkhead::{Adaptive, Bulkhead, BulkheadStatistics};
pub use class::{Class, Classify, classify_chain};
pub use instances::{
    Instanced, Keyable, Keyed, Policies, PolicyKind, PolicyStatus, policies,
};
pub use limit::{Rate, RateLimiter, RateStatistics};
pub use mode::Mode;
pub use rejected::{Deadline, Rejected, RejectedKind};
pub use retry::{BudgetStatistics, RetryBudget};
#[cfg(feature = "tower")]
pub use tower::{
    BulkheadLayer, BulkheadService, CircuitBreakerLayer, CircuitBreakerService, HeldPlace,
    JudgedFuture, RateLimiterLayer, RateLimiterService, RefusableFuture,
};
pub(crate) use breaker::Permit;
