//! What `#[spandrel::test]` expands to.

use super::{FixedChance, Setup, Test};

/// Fixes for this thread what chance makes of the waits between attempts, 0 to 1.
///
/// ```
/// use std::time::Duration;
/// use spandrel::{Rejected, resilience::{Backoff, Retry}, testing};
///
/// testing::run(|t| {
///     let clock = t.clock();
///     let _chance = testing::chance(0.5);
///     let waits = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(9));
///     let retry = Retry::new("lookup").max_attempts(2).backoff(waits);
///
///     let before = clock.unix_nanos();
///     let refused = Rejected::new(spandrel::resilience::RejectedKind::Chaos, "lookup");
///     let _: Result<(), _> = retry.call(|| Err(refused.clone()));
///     assert_eq!(clock.unix_nanos() - before, 500_000_000);
/// });
/// ```
pub fn chance(chance: f64) -> FixedChance {
    FixedChance::new(chance)
}

/// Runs a test within a capture of its own, as [`Setup::run`] does.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let spans = testing::run(|t| {
///     Span::start("work").end();
///     t.spans().len()
/// });
/// assert_eq!(spans, 1);
/// ```
pub fn run<R>(test: impl FnOnce(Test) -> R) -> R {
    Setup::new().run(test)
}

/// Runs an asynchronous test within a capture of its own, as [`Setup::run_async`] does.
///
/// ```
/// use spandrel::{Span, testing};
///
/// let spans = testing::run_async(|t| async move {
///     Span::start("work").end();
///     t.spans().len()
/// });
/// assert_eq!(spans, 1);
/// ```
///
/// # Panics
///
/// If the operating system refuses what the runtime needs.
pub fn run_async<F: Future>(test: impl FnOnce(Test) -> F) -> F::Output {
    Setup::new().run_async(test)
}
