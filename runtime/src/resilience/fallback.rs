//! What a call answers when all attempts have failed.

use std::convert::Infallible;

use super::{Rejected, RejectedKinds, run::Ended};

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

/// Whether a value is a `Result`, to find out what its failures are.
#[derive(Debug)]
pub struct Falling<'e, R>(pub &'e Ended<R>);

/// The function returns a `Result`.
#[derive(Clone, Copy, Debug)]
pub struct OfResult;

/// The function returns anything else, and fails only where a policy refuses it.
#[derive(Clone, Copy, Debug)]
pub struct OfAny;

/// The type is a `Result`.
pub trait FallsAsResult {
    /// Says so.
    fn of(&self) -> OfResult;
}

impl<T, E> FallsAsResult for &Falling<'_, Result<T, E>> {
    #[inline(always)]
    fn of(&self) -> OfResult {
        OfResult
    }
}

/// It is anything else.
pub trait FallsAsAny {
    /// Says so.
    fn of(&self) -> OfAny;
}

impl<R> FallsAsAny for Falling<'_, R> {
    #[inline(always)]
    fn of(&self) -> OfAny {
        OfAny
    }
}

impl OfResult {
    /// The failure for which the fallback stands in, or what goes to the caller as it is.
    ///
    /// # Errors
    ///
    /// The failure.
    #[inline(always)]
    pub fn failure<T, E>(
        self,
        ended: Ended<Result<T, E>>,
        on: RejectedKinds,
        when: impl FnOnce(&E) -> bool,
    ) -> Result<Ended<Result<T, E>>, Failure<E>> {
        match ended {
            Ok(Err(error)) if when(&error) => Err(Failure::Error(error)),
            Err(rejected) if on.contains(rejected.kind()) => Err(Failure::Rejected(rejected)),
            ended => Ok(ended),
        }
    }

    /// The value that is served in place of a failure.
    #[inline(always)]
    pub fn value<T, E>(self, value: T) -> Result<T, E> {
        Ok(value)
    }
}

impl OfAny {
    /// The failure for which the fallback stands in, or what goes to the caller as it is.
    ///
    /// # Errors
    ///
    /// The failure.
    #[inline(always)]
    pub fn failure<R>(
        self,
        ended: Ended<R>,
        on: RejectedKinds,
        _when: impl FnOnce(&Infallible) -> bool,
    ) -> Result<Ended<R>, Failure<Infallible>> {
        match ended {
            Err(rejected) if on.contains(rejected.kind()) => Err(Failure::Rejected(rejected)),
            ended => Ok(ended),
        }
    }

    /// The value that is served in place of a failure.
    #[inline(always)]
    pub fn value<R>(self, value: R) -> R {
        value
    }
}
