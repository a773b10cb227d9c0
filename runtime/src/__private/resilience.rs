//! What the attributes of policies name.

#[cfg(feature = "chaos")]
pub use crate::resilience::Chaos;
pub use crate::resilience::{
    Adaptive, Backoff, Bulkhead, CircuitBreaker, Class, Classify, ForKey, Hedge, Jitter, Keyed,
    OnCancel, Policy, Rate, RateLimiter, Rejected, RejectedKinds, Retry, RetryBudget, Timeout,
    Window,
    caught::{Catching, Caught, Panicked, caught, caught_here},
    fallback::{
        Answering, AnswersAtOnce, AnswersInTime, AtOnce, Failure, Falling, FallsAsAny,
        FallsAsResult, InTime, OfAny, OfResult, falling, falling_caught,
    },
    given::Given,
    instances::OfKeys,
    policy::Parts,
    run::{
        Attempt, ByClassify, ByNobody, BySource, ByWrapped, Classified, Ended, Hedged, Judged,
        JudgedAsAny, JudgedAsResult, Judging, Pause, Refusal, Run, Settled, SyncRun,
    },
    stale::Stale,
};

/// Pins the result type of a synchronous body that may run again.
#[inline(always)]
pub fn call_mut<R, F: FnMut() -> R>(mut body: F) -> R {
    body()
}

/// A returned type that can say that a policy refused the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that a policy refused the call",
    label = "returned by a function with a policy that may refuse or cut off its calls",
    note = "let its error type take a rejection in: `impl From<spandrel::Rejected> for …`, or \
            `#[from]` with thiserror",
    note = "or convert it here: `map_err = path`",
    note = "or answer in its place: `#[fallback(…)]`"
)]
pub trait Rejectable: Sized {
    /// The value that says so.
    fn rejected(rejected: Rejected) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Rejected>> Rejectable for Result<T, E> {
    #[inline]
    fn rejected(rejected: Rejected) -> Self {
        Err(E::from(rejected))
    }
}

/// What the caller gets, a rejection as an error of the function's own type.
#[inline(always)]
pub fn rejectable<R: Rejectable>(ended: Settled<R>) -> R {
    ended.unwrap_or_else(R::rejected)
}

/// The same, by the function's own conversion.
#[inline(always)]
pub fn rejected_by<T, E>(
    ended: Settled<Result<T, E>>,
    map: impl FnOnce(Rejected) -> E,
) -> Result<T, E> {
    ended.unwrap_or_else(|rejected| Err(map(rejected)))
}

/// The same for any type, by the function's own expression.
#[inline(always)]
pub fn rejected_as<R>(ended: Settled<R>, reject: impl FnOnce(Rejected) -> R) -> R {
    ended.unwrap_or_else(reject)
}

/// What the caller gets where no policy refuses anything.
#[inline(always)]
pub fn accepted<R>(ended: Settled<R>) -> R {
    ended.unwrap_or_else(|_| unreachable!("no policy of this function refuses anything"))
}

/// What an attempt means: by its type, and by what the function's attributes ask, in this order.
///
/// `classify = true` where `failure_if` stands beside it, and so has decided about failures.
#[doc(hidden)]
#[macro_export]
macro_rules! __judge {
    (@classify $judged:ident, $returned:ident, $is_asked:literal) => {{
        #[allow(unused_imports, reason = "the type of the error decides which is used")]
        use $crate::__private::resilience::{
            ByClassify as _, ByNobody as _, BySource as _, ByWrapped as _,
        };
        let class = (&&&&$crate::__private::resilience::Classified($returned)).class();
        $judged.classify(class, $is_asked);
    }};
    ($run:expr, $ended:expr
        $(, ignore_if = $ignore:expr)?
        $(, failure_if = $failure:expr)?
        $(, classify = $is_asked:literal)?
        $(, retry_if = $retry:expr)?
        $(, retry_after = $after:expr)?
        $(,)?
    ) => {
        match &$ended {
            ::core::result::Result::Ok(returned) => {
                #[allow(unused_imports, reason = "the type of the value decides which is used")]
                use $crate::__private::resilience::{JudgedAsAny as _, JudgedAsResult as _};
                #[allow(unused_mut, reason = "changed where the function has predicates")]
                let mut judged = (&&$crate::__private::resilience::Judging(returned)).judge();
                $(judged.ignore_if(returned, $ignore);)?
                $(judged.failure_if(returned, $failure);)?
                $($crate::__judge!(@classify judged, returned, $is_asked);)?
                $(judged.retry_if(returned, $retry);)?
                $(judged.retry_after(returned, $after);)?
                judged
            }
            ::core::result::Result::Err(rejected) => {
                $crate::__private::resilience::Judged::of_rejected(rejected)
            }
        }
    };
}

/// Judges an attempt, and leaves the loop or waits for the next one.
#[doc(hidden)]
#[macro_export]
macro_rules! __settle {
    (awaits, $run:ident, $ended:ident $($judge:tt)*) => {{
        let seen = $crate::__judge!($run, $ended $($judge)*);
        match $run.settle($ended, seen) {
            ::core::ops::ControlFlow::Break(value) => break value,
            ::core::ops::ControlFlow::Continue(pause) => pause.await,
        }
    }};
    (blocks, $run:ident, $ended:ident $($judge:tt)*) => {{
        let seen = $crate::__judge!($run, $ended $($judge)*);
        match $run.settle($ended, seen) {
            ::core::ops::ControlFlow::Break(value) => break value,
            ::core::ops::ControlFlow::Continue(pause) => pause.block(),
        }
    }};
}

/// Judges the one attempt of a call.
#[doc(hidden)]
#[macro_export]
macro_rules! __finish {
    ($run:ident, $ended:ident $($judge:tt)*) => {{
        let seen = $crate::__judge!($run, $ended $($judge)*);
        $run.finish($ended, seen)
    }};
}

/// What is served when all has failed; still a [`Settled`], as conditions may leave a failure alone.
///
/// `failure => expr` names the [`Failure`] for an expression of the function's type, which may
/// await; `value = expr` is what a success would have returned. `on = …` are the rejections, `when
/// = …` the errors for which it is served: all of both, if neither stands there.
#[doc(hidden)]
#[macro_export]
macro_rules! __fallback {
    ($ended:expr, value = $value:expr $(, on = $on:expr)? $(, when = $when:expr)? $(,)?) => {
        $crate::__fallback!(
            @served $ended, falls, _failure => falls.value($value) $(, on = $on)? $(, when = $when)?
        )
    };
    (
        $ended:expr, $failure:ident => $answer:expr
        $(, on = $on:expr)? $(, when = $when:expr)? $(,)?
    ) => {
        $crate::__fallback!(
            @served $ended, falls, $failure => $answer $(, on = $on)? $(, when = $when)?
        )
    };
    (@served $ended:expr, $falls:ident, $failure:ident => $answer:expr $(, $($when:tt)*)?) => {{
        let ended = $ended;
        let $falls = $crate::__falls!(falling, ended);
        match $crate::__when!($falls.failure(ended) $(, $($when)*)?) {
            ::core::result::Result::Ok(ended) => ended,
            ::core::result::Result::Err($failure) => ::core::result::Result::Ok($answer),
        }
    }};
}

/// Keeps the last good answer for the key, and serves it in place of a failure.
#[doc(hidden)]
#[macro_export]
macro_rules! __stale {
    ($stale:expr, $ended:expr, $key:expr $(, $($when:tt)*)?) => {{
        let ended = $ended;
        let falls = $crate::__falls!(falling, ended);
        $crate::__when!(falls.stale(ended, $stale, $key) $(, $($when)*)?)
    }};
}

/// What is served in place of a panic.
#[doc(hidden)]
#[macro_export]
macro_rules! __on_panic {
    ($caught:expr, value = $value:expr) => {{
        let caught = $caught;
        let falls = $crate::__falls!(falling_caught, caught);
        match caught {
            ::core::result::Result::Ok(ended) => ended,
            ::core::result::Result::Err(_) => ::core::result::Result::Ok(falls.value($value)),
        }
    }};
    ($caught:expr, $failure:ident => $answer:expr) => {
        match $caught {
            ::core::result::Result::Ok(ended) => ended,
            ::core::result::Result::Err(_) => {
                let $failure = $crate::__private::resilience::Failure::Panicked;
                ::core::result::Result::Ok($answer)
            }
        }
    };
}

/// What a fallback gave, as something to await.
#[doc(hidden)]
#[macro_export]
macro_rules! __answer {
    ($answer:expr) => {
        match $answer {
            answer => {
                #[allow(
                    unused_imports,
                    reason = "the type of the value decides which is used"
                )]
                use $crate::__private::resilience::{AnswersAtOnce as _, AnswersInTime as _};
                let how = (&&$crate::__private::resilience::Answering(&answer)).how();
                how.answer(answer)
            }
        }
    };
}

/// By which type a call fails.
#[doc(hidden)]
#[macro_export]
macro_rules! __falls {
    ($falling:ident, $ended:ident) => {{
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::resilience::{FallsAsAny as _, FallsAsResult as _};
        (&&$crate::__private::resilience::$falling(&$ended)).of()
    }};
}

/// Calls a method with the conditions of a fallback behind its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __when {
    ($falls:ident.$method:ident($($argument:expr),*)) => {
        $falls.$method($($argument,)* $crate::__private::resilience::RejectedKinds::ALL, |_| true)
    };
    ($falls:ident.$method:ident($($argument:expr),*), on = $on:expr) => {
        $falls.$method($($argument,)* $on, |_| false)
    };
    ($falls:ident.$method:ident($($argument:expr),*), when = $when:expr) => {
        $falls.$method($($argument,)* $crate::__private::resilience::RejectedKinds::NONE, $when)
    };
    ($falls:ident.$method:ident($($argument:expr),*), on = $on:expr, when = $when:expr) => {
        $falls.$method($($argument,)* $on, $when)
    };
}

/// Faults on purpose.
#[cfg(feature = "chaos")]
#[doc(hidden)]
#[macro_export]
macro_rules! __chaos {
    ($policy:expr, $chaos:expr) => {
        $policy.chaos($chaos)
    };
}

/// Says what is missing.
#[cfg(not(feature = "chaos"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __chaos {
    ($policy:expr, $chaos:expr) => {
        ::core::compile_error!(
            "`#[chaos]` needs the feature `chaos` of `spandrel`; write `features = [\"chaos\"]` at \
             `spandrel` in Cargo.toml"
        )
    };
}

pub use crate::{
    __answer as answer, __chaos as chaos, __fallback as fallback, __finish as finish,
    __judge as judge, __on_panic as on_panic, __settle as settle, __stale as stale,
};
