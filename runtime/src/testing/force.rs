//! Circuit breakers that are open because a test wants it.

use super::Test;
use crate::resilience::isolation::{self, Forcing};

/// Keeps circuit breakers open; made by [`Test::force_open`].
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub struct ForcedOpen(#[expect(dead_code, reason = "held to be dropped")] Option<Forcing>);

impl Test {
    /// Has the circuit breakers of this name refuse every call until what is returned is dropped.
    ///
    /// A function's own breaker has the name of the function. One that is yet to be used, or of a key
    /// that is yet to come, is open from its first call on. After the last of several, in whichever
    /// order they go, a breaker is as it was before the first.
    ///
    /// ```
    /// use spandrel::{circuit_breaker, resilience::Rejected, testing};
    ///
    /// #[circuit_breaker]
    /// fn charge() -> Result<(), Rejected> {
    ///     Ok(())
    /// }
    ///
    /// testing::run(|t| {
    ///     let open = t.force_open("charge");
    ///     assert!(charge().is_err());
    ///     drop(open);
    ///     assert!(charge().is_ok());
    /// });
    /// ```
    pub fn force_open(&self, name: &str) -> ForcedOpen {
        ForcedOpen(isolation::of(self.scope.id()).map(|test| test.force_open(name)))
    }
}
