//! What stands in for a failure in generated code: found by the type of what the function returns.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
};

use super::Failure;
use crate::resilience::{RejectedKinds, caught::Caught, run::Settled, stale::Stale, telemetry};

/// A call that may have failed, to find out by its type what its failures are.
#[derive(Debug)]
pub struct Falling<R>(PhantomData<fn() -> R>);

/// What a call returned.
#[doc(hidden)]
#[must_use]
pub fn falling<R>(_ended: &Settled<R>) -> Falling<R> {
    Falling(PhantomData)
}

/// What a call returned, unless it panicked.
#[doc(hidden)]
#[must_use]
pub fn falling_caught<R>(_caught: &Caught<R>) -> Falling<R> {
    Falling(PhantomData)
}

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

impl<T, E> FallsAsResult for &Falling<Result<T, E>> {
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

impl<R> FallsAsAny for Falling<R> {
    #[inline(always)]
    fn of(&self) -> OfAny {
        OfAny
    }
}

/// Tells that a failure does not reach the caller.
#[cold]
fn served<E>(failure: Failure<E>) -> Failure<E> {
    telemetry::fell_back("");
    failure
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
        ended: Settled<Result<T, E>>,
        on: RejectedKinds,
        when: impl FnOnce(&E) -> bool,
    ) -> Result<Settled<Result<T, E>>, Failure<E>> {
        match ended {
            Ok(Err(error)) if when(&error) => Err(served(Failure::Error(error))),
            Err(rejected) if on.contains(rejected.kind()) => {
                Err(served(Failure::Rejected(rejected)))
            }
            ended => Ok(ended),
        }
    }

    /// The value that is served in place of a failure.
    #[inline(always)]
    pub fn value<T, E>(self, value: T) -> Result<T, E> {
        Ok(value)
    }

    /// Keeps what was good, and serves it in place of a failure.
    pub fn stale<T: Clone + Send + Sync + 'static, E>(
        self,
        ended: Settled<Result<T, E>>,
        stale: &Stale,
        key: &(impl fmt::Display + ?Sized),
        on: RejectedKinds,
        when: impl FnOnce(&E) -> bool,
    ) -> Settled<Result<T, E>> {
        let serves = match &ended {
            Ok(Ok(value)) => {
                stale.keep(key, value);
                false
            }
            Ok(Err(error)) => when(error),
            Err(rejected) => on.contains(rejected.kind()),
        };
        match if serves { stale.serve(key) } else { None } {
            Some(value) => Ok(Ok(value)),
            None => ended,
        }
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
        ended: Settled<R>,
        on: RejectedKinds,
        _when: impl FnOnce(&Infallible) -> bool,
    ) -> Result<Settled<R>, Failure<Infallible>> {
        match ended {
            Err(rejected) if on.contains(rejected.kind()) => {
                Err(served(Failure::Rejected(rejected)))
            }
            ended => Ok(ended),
        }
    }

    /// The value that is served in place of a failure.
    #[inline(always)]
    pub fn value<R>(self, value: R) -> R {
        value
    }

    /// Keeps what was returned, and serves it in place of a rejection.
    pub fn stale<R: Clone + Send + Sync + 'static>(
        self,
        ended: Settled<R>,
        stale: &Stale,
        key: &(impl fmt::Display + ?Sized),
        on: RejectedKinds,
        _when: impl FnOnce(&Infallible) -> bool,
    ) -> Settled<R> {
        let serves = match &ended {
            Ok(value) => {
                stale.keep(key, value);
                false
            }
            Err(rejected) => on.contains(rejected.kind()),
        };
        match if serves { stale.serve(key) } else { None } {
            Some(value) => Ok(value),
            None => ended,
        }
    }
}

/// What a fallback gave, which may be a future of the answer.
#[derive(Debug)]
pub struct Answering<'a, A>(pub &'a A);

/// A future of the answer.
#[derive(Clone, Copy, Debug)]
pub struct InTime;

/// The answer itself.
#[derive(Clone, Copy, Debug)]
pub struct AtOnce;

/// It is a future.
pub trait AnswersInTime {
    /// Says so.
    fn how(&self) -> InTime;
}

impl<A: Future> AnswersInTime for &Answering<'_, A> {
    #[inline(always)]
    fn how(&self) -> InTime {
        InTime
    }
}

/// It is the answer.
pub trait AnswersAtOnce {
    /// Says so.
    fn how(&self) -> AtOnce;
}

impl<A> AnswersAtOnce for Answering<'_, A> {
    #[inline(always)]
    fn how(&self) -> AtOnce {
        AtOnce
    }
}

impl InTime {
    /// What to await.
    #[inline(always)]
    pub fn answer<A: Future>(self, answer: A) -> A {
        answer
    }
}

impl AtOnce {
    /// What to await.
    #[inline(always)]
    pub fn answer<A>(self, answer: A) -> Ready<A> {
        ready(answer)
    }
}
