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

#[allow(dead_code, unused_imports)]
mod breaker;
#[allow(dead_code, unused_imports)]
mod bulkhead;
#[cfg(feature = "chaos")]
mod chaos;
mod class;
pub(crate) mod fallback;
pub(crate) mod given;
mod hedge;
mod kinds;
#[allow(dead_code, unused_imports)]
mod limit;
pub(crate) mod policy;
mod plain;
mod rejected;
#[allow(dead_code, unused_imports)]
mod retry;
pub(crate) mod run;
mod scope;
mod stand_in;
mod telemetry;
mod timeout;
mod timer;

#[cfg(feature = "chaos")]
pub use chaos::Chaos;
pub use class::{Class, Classify, classify_chain};
pub use fallback::Failure;
pub use hedge::Hedge;
pub use kinds::RejectedKinds;
pub use policy::Policy;
pub use rejected::{Deadline, Rejected, RejectedKind};
pub use retry::{Backoff, Jitter, Retry};
pub use scope::{attempt, time_left};
pub use stand_in::{Bulkhead, CircuitBreaker, RateLimiter, RetryBudget};
pub(crate) use stand_in::{Permit, Verdict};
pub use timeout::Timeout;
