//! What stands in for a failure in generated code: found by the type of what the function returns.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
};

use super::Failure;
use crate::{
    call::refused,
    resilience::{RejectedKinds, caught::Caught, run::Settled, stale::Stale, telemetry},
    site::Site,
};

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
pub struct OfResult(At);

/// The function returns anything else, and fails only where a policy refuses it.
#[derive(Clone, Copy, Debug)]
pub struct OfAny(At);

/// The function whose fallback it is.
#[derive(Clone, Copy, Debug)]
struct At(Option<&'static Site>);

/// The type is a `Result`.
pub trait FallsAsResult {
    /// Says so.
    fn of(&self) -> OfResult;
}

impl<T, E> FallsAsResult for &Falling<Result<T, E>> {
    #[inline(always)]
    fn of(&self) -> OfResult {
        OfResult(At(None))
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
        OfAny(At(None))
    }
}

impl At {
    /// Tells that a failure of this kind does not reach the caller.
    #[cold]
    fn served<A>(self, instead_of: &str, answered: A) -> A {
        refused::forget();
        telemetry::fell_back(self.0.map_or("", Site::name), instead_of);
        answered
    }
}

/// Tells that a panic does not reach the caller of this function.
#[cold]
#[doc(hidden)]
pub fn stands_in(site: &'static Site) {
    At(Some(site)).served("panicked", ());
}

/// Why a fallback is asked, in one word.
const ERROR: &str = "error";

impl OfResult {
    /// The same, of this function.
    #[inline(always)]
    #[must_use]
    pub fn at(self, site: &'static Site) -> Self {
        Self(At(Some(site)))
    }

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
            Ok(Err(error)) if when(&error) => Err(self.0.served(ERROR, Failure::Error(error))),
            Err(rejected) if on.contains(rejected.kind()) => {
                Err(self.0.served(rejected.kind().as_str(), Failure::Rejected(rejected)))
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
        let instead_of = match &ended {
            Ok(Ok(value)) => {
                stale.keep(key, value);
                None
            }
            Ok(Err(error)) => when(error).then_some(ERROR),
            Err(rejected) => on.contains(rejected.kind()).then(|| rejected.kind().as_str()),
        };
        match instead_of.and_then(|instead_of| Some((instead_of, stale.serve(key)?))) {
            Some((instead_of, value)) => Ok(Ok(self.0.served(instead_of, value))),
            None => ended,
        }
    }
}

impl OfAny {
    /// The same, of this function.
    #[inline(always)]
    #[must_use]
    pub fn at(self, site: &'static Site) -> Self {
        Self(At(Some(site)))
    }

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
                Err(self.0.served(rejected.kind().as_str(), Failure::Rejected(rejected)))
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
        let instead_of = match &ended {
            Ok(value) => {
                stale.keep(key, value);
                None
            }
            Err(rejected) => on.contains(rejected.kind()).then(|| rejected.kind().as_str()),
        };
        match instead_of.and_then(|instead_of| Some((instead_of, stale.serve(key)?))) {
            Some((instead_of, value)) => Ok(self.0.served(instead_of, value)),
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
