//! Stands in for the budget's public type.
use super::{Budget, Limits};
/// How many retries there may be beside the calls.
#[derive(Debug)]
pub struct RetryBudget(Budget);
impl RetryBudget {
    /// A fifth of the calls, and ten a second.
    pub const fn new(_name: &'static str) -> Self {
        Self(Budget::new(Limits { share: 0.2, reserve: 100, window: 10_000_000_000 }))
    }
    pub(crate) fn call(&self) { self.0.call() }
    pub(crate) fn retry(&self, now: u64) -> bool { self.0.retry(now) }
    pub(crate) fn bind(&self, _name: &'static str) {}
}
