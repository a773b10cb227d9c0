//! What the attributes of policies name.

pub use crate::resilience::{
    RejectedKinds,
    fallback::{Failure, Falling, FallsAsAny, FallsAsResult, OfAny, OfResult},
    given::Given,
    policy::{Parts, Policy},
    run::{
        Attempt, ByClassify, ByNobody, BySource, ByWrapped, Classified, Ended, Judged, JudgedAsAny,
        JudgedAsResult, Judging, Pause, Run, SyncRun,
    },
};
use crate::resilience::Rejected;

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
pub fn rejectable<R: Rejectable>(ended: Ended<R>) -> R {
    ended.unwrap_or_else(R::rejected)
}

/// The same, by the function's own conversion.
#[inline(always)]
pub fn rejected_by<T, E>(
    ended: Ended<Result<T, E>>,
    map: impl FnOnce(Rejected) -> E,
) -> Result<T, E> {
    ended.unwrap_or_else(|rejected| Err(map(rejected)))
}

/// The same for any type, by the function's own expression.
#[inline(always)]
pub fn rejected_as<R>(ended: Ended<R>, reject: impl FnOnce(Rejected) -> R) -> R {
    ended.unwrap_or_else(reject)
}

/// What the caller gets where no policy refuses anything.
#[inline(always)]
pub fn accepted<R>(ended: Ended<R>) -> R {
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

/// What is served when all has failed; still an [`Ended`], as conditions may leave a failure alone.
///
/// `failure => expr` names the [`Failure`] for an expression of the function's type, which may
/// await; `value = expr` is what a success would have returned.
#[doc(hidden)]
#[macro_export]
macro_rules! __fallback {
    (@conditions $falls:ident, $ended:ident) => {
        $falls.failure($ended, $crate::__private::resilience::RejectedKinds::ALL, |_| true)
    };
    (@conditions $falls:ident, $ended:ident, on = $on:expr) => {
        $falls.failure($ended, $on, |_| false)
    };
    (@conditions $falls:ident, $ended:ident, when = $when:expr) => {
        $falls.failure($ended, $crate::__private::resilience::RejectedKinds::NONE, $when)
    };
    (@conditions $falls:ident, $ended:ident, on = $on:expr, when = $when:expr) => {
        $falls.failure($ended, $on, $when)
    };
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
    (
        @served $ended:expr, $falls:ident, $failure:ident => $answer:expr
        $(, on = $on:expr)? $(, when = $when:expr)?
    ) => {{
        let ended = $ended;
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::resilience::{FallsAsAny as _, FallsAsResult as _};
        let $falls = (&&$crate::__private::resilience::Falling(&ended)).of();
        match $crate::__fallback!(@conditions $falls, ended $(, on = $on)? $(, when = $when)?) {
            ::core::result::Result::Ok(ended) => ended,
            ::core::result::Result::Err($failure) => ::core::result::Result::Ok($answer),
        }
    }};
}

pub use crate::{__fallback as fallback, __judge as judge};
