//! The mechanisms as layers of `tower`.
//!
//! A layer holds the state of its policy, so a policy can be used as a layer and called directly at
//! the same time. The error of the service within has to take in a rejection: `From<Rejected>`,
//! which `Box<dyn Error + Send + Sync>` has.
//!
//! Whoever refuses does so in `call`: an error of `poll_ready` would mean that the service is
//! broken for good. What `poll_ready` has taken belongs to the service, and is given back when the
//! service is dropped before it is called; a clone has nothing of it.

mod breaker;
mod bulkhead;
mod fallback;
mod held;
mod judge;
mod limit;
mod policy;
mod refusable;
#[cfg(test)]
mod tests;
mod timeout;

pub use breaker::{CircuitBreakerLayer, CircuitBreakerService, JudgedFuture};
pub use bulkhead::{BulkheadLayer, BulkheadService, HeldPlace};
pub use fallback::{FallbackFuture, FallbackLayer, FallbackService};
pub use held::Once;
pub use judge::{ByAnswer, ByClass, EveryError, Judges};
pub use limit::{RateLimiterLayer, RateLimiterService};
pub use policy::{HedgeLayer, PolicyFuture, PolicyLayer, PolicyService, RetryLayer};
pub use refusable::RefusableFuture;
pub use timeout::{TimeoutLayer, TimeoutService};
