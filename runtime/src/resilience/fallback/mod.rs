//! What a call answers when all attempts have failed.

mod falling;

pub use falling::{
    Answering, AnswersAtOnce, AnswersInTime, AtOnce, Falling, FallsAsAny, FallsAsResult, InTime,
    OfAny, OfResult, falling, falling_caught, stands_in,
};

use super::{Rejected, telemetry};

/// Why a fallback is asked for an answer.
///
/// ```
/// use spandrel::resilience::Failure;
///
/// fn degraded(failure: &Failure<std::io::Error>) -> &'static str {
///     match failure {
///         Failure::Error(_) => "try later",
///         Failure::Rejected(_) => "try much later",
///         _ => "sorry",
///     }
/// }
/// # let _ = degraded;
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure<E> {
    /// The function returned this error.
    Error(E),
    /// A policy refused the call, or cut it off.
    Rejected(Rejected),
    /// The function panicked, and the fallback stands in for that too.
    Panicked,
}

/// Answers in place of a call that has failed: with what is known, or with less.
///
/// ```
/// use spandrel::resilience::Fallback;
///
/// let prices = Fallback::new("prices", |_error: std::io::Error| Ok(vec![42]));
///
/// let found = prices.call(|| Err(std::io::ErrorKind::TimedOut.into()));
/// assert_eq!(found.unwrap(), [42]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fallback<F> {
    name: &'static str,
    answer: F,
}

impl<F> Fallback<F> {
    /// Answers with what this function makes of the error, which may be another error.
    #[must_use]
    pub const fn new(name: &'static str, answer: F) -> Self {
        Self { name, answer }
    }

    /// Makes a call, and answers in its place if it fails.
    ///
    /// # Errors
    ///
    /// What the function made of the call's error.
    pub fn call<T, E>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        F: Fn(E) -> Result<T, E>,
    {
        call().or_else(|error| self.answer(error))
    }

    /// Awaits a future, and answers in its place if it fails.
    ///
    /// # Errors
    ///
    /// What the function made of the future's error.
    ///
    /// # Cancel safety
    ///
    /// Dropped at any point, it drops the future.
    pub async fn call_async<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E>
    where
        F: Fn(E) -> Result<T, E>,
    {
        call.await.or_else(|error| self.answer(error))
    }

    #[cold]
    fn answer<T, E>(&self, error: E) -> Result<T, E>
    where
        F: Fn(E) -> Result<T, E>,
    {
        telemetry::fell_back(self.name, "error");
        (self.answer)(error)
    }
}
