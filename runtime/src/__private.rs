//! What generated code may name. No part of the public API: it changes without notice.

pub use crate::{
    call::{
        AsyncCall, Begun, Call, Ending, Fields, Guard, Instrumented, Origin,
        look::{self, judge},
    },
    site::{Field, Site, SpanKind},
    trace::{SpanHandle, Writer},
};

/// Pins the result type of a synchronous body that runs once.
#[inline(always)]
pub fn call_once<R, F: FnOnce() -> R>(body: F) -> R {
    body()
}

/// Names the type of a value that is never made.
#[cold]
pub fn output<R>() -> R {
    unreachable!("stands behind `if false`")
}

/// Notes what a returned value means, as far as somebody wants to know.
#[doc(hidden)]
#[macro_export]
macro_rules! __look {
    ($call:expr, $result:expr) => {
        $crate::__look!(@ Look, $call, $result)
    };
    ($call:expr, $result:expr, debug) => {
        $crate::__look!(@ LookDebug, $call, $result)
    };
    ($call:expr, $result:expr, none) => {
        $crate::__look!(@ LookType, $call, $result)
    };
    (@ $look:ident, $call:expr, $result:expr) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            #[allow(unused_imports)]
            use $crate::__private::look::{
                ByAsOutcome as _, ByAsRef as _, ByDebug as _, ByDisplay as _, ByError as _,
                ByErrorInfo as _, ByNothing as _, ByResult as _,
            };
            (&&&&&&&&$crate::__private::look::$look(&$result)).look(ending);
        }
    };
}

/// Records a returned value, if a span is recorded.
#[doc(hidden)]
#[macro_export]
macro_rules! __ret {
    ($call:expr, $result:expr, auto) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            #[allow(unused_imports)]
            use $crate::__private::look::{
                ReturnAttribute as _, ReturnDebug as _, ReturnDisplay as _,
            };
            (&&&&$crate::__private::look::Returned(&$result)).record(ending);
        }
    };
    ($call:expr, $result:expr, debug) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            $crate::__private::look::ReturnDebug::record(
                &&$crate::__private::look::Returned(&$result),
                ending,
            );
        }
    };
    ($call:expr, $result:expr, display) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            $crate::__private::look::ReturnDisplay::record(
                &&&$crate::__private::look::Returned(&$result),
                ending,
            );
        }
    };
}

pub use crate::{__look as look, __ret as ret};
