//! When to try again: how long to wait, and whether the whole may afford it.

mod backoff;
mod budget;

pub(crate) use backoff::{Backoff, Jitter};
pub use budget::{BudgetStatistics, RetryBudget};
