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
mod class;
#[allow(dead_code, unused_imports)]
mod limit;
mod rejected;
#[allow(dead_code, unused_imports)]
mod retry;

pub use class::{Class, Classify, classify_chain};
pub use rejected::{Deadline, Rejected, RejectedKind};
#[cfg(feature = "macros")]
pub use spandrel_macros::Classify;
