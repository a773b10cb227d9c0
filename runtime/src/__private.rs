//! What generated code may name. No part of the public API: it changes without notice.

pub mod instrument;
pub mod labels;
pub mod resilience;
pub mod testing;

pub use crate::{
    call::{
        AsyncCall, Begun, Call, Ending, Fields, Guard, Instrumented, Labels, Measured, Origin,
        group::{Name, Summary, statement},
        look::{self, judge},
    },
    capture::{Capture, CaptureAny, CaptureAttribute, CaptureDebug},
    conceal::{Hashed, Length, Masked},
    operation::{Finder, Operation, Series, label, summary_of, text_of},
    site::{
        Beside, Convention, Described, Explained, Field, Follows, Level, Meta, Metered, Protection,
        Site, SpanKind, Traced, float, integer, nanos, text, truth,
    },
    trace::{SpanHandle, Writer},
};
pub use std::boxed::Box;

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
    ($call:expr, $result:expr, display) => {
        $crate::__look!(@ Look, $call, $result)
    };
    ($call:expr, $result:expr, debug) => {
        $crate::__look!(@ LookDebug, $call, $result)
    };
    ($call:expr, $result:expr, none) => {
        $crate::__look!(@ LookType, $call, $result)
    };
    ($call:expr, $result:expr, $how:ident, $judge:expr) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            if $crate::__private::look::ask($judge, &$result) {
                $crate::__look!($call, $result, $how);
                if let ::core::option::Option::Some(ending) = $call.ending() {
                    $crate::__private::judge(ending, true);
                }
            } else {
                $crate::__private::judge(ending, false);
            }
        }
    };
    (@ $look:ident, $call:expr, $result:expr) => {
        if let ::core::option::Option::Some(ending) = $call.ending() {
            #[allow(unused_imports, reason = "the type of the value decides which is used")]
            use $crate::__private::look::{
                ByAsOutcome as _, ByAsRef as _, ByDebug as _, ByDisplay as _, ByError as _,
                ByErrorInfo as _, ByNothing as _, ByResult as _,
            };
            (&&&&&&&&$crate::__private::look::$look(&$result)).look(ending);
        }
    };
}

/// Notes that a policy refused the call, where that cannot be told from the returned value.
#[doc(hidden)]
#[macro_export]
macro_rules! __refused {
    ($call:expr) => {
        if let ::core::option::Option::Some(mut ending) = $call.ending() {
            ending.refused();
        }
    };
}

/// Records a returned value, if a span is recorded; of a `Result`, what is in `Ok`.
#[doc(hidden)]
#[macro_export]
macro_rules! __ret {
    ($call:expr, $result:expr, auto) => {
        $crate::__ret!(@ $call, $result, |value, ending| {
            #[allow(unused_imports, reason = "the type of the value decides which is used")]
            use $crate::__private::look::{
                ReturnAttribute as _, ReturnDebug as _, ReturnDisplay as _,
            };
            (&&&&$crate::__private::look::Returned(value)).record(ending);
        })
    };
    ($call:expr, $result:expr, debug) => {
        $crate::__ret!(@ $call, $result, |value, ending| {
            let returned = $crate::__private::look::Returned(value);
            $crate::__private::look::ReturnDebug::record(&&returned, ending);
        })
    };
    ($call:expr, $result:expr, display) => {
        $crate::__ret!(@ $call, $result, |value, ending| {
            let returned = $crate::__private::look::Returned(value);
            $crate::__private::look::ReturnDisplay::record(&&&returned, ending);
        })
    };
    (@ $call:expr, $result:expr, |$value:ident, $ending:ident| $record:block) => {
        if let ::core::option::Option::Some($ending) = $call.ending() {
            #[allow(unused_imports, reason = "the type of the value decides which is used")]
            use $crate::__private::look::{ProducedByAny as _, ProducedByResult as _};
            let produced = (&&$crate::__private::look::Produced(&$result)).value();
            if let ::core::option::Option::Some($value) = produced $record
        }
    };
}

/// The identity of the function around a site.
#[doc(hidden)]
#[macro_export]
macro_rules! __meta {
    ($name:literal, $line:literal) => {
        $crate::__private::Meta::new($name, ::core::module_path!(), ::core::file!(), $line, {
            fn here() {}
            fn path() -> &'static str {
                ::core::any::type_name_of_val(&here)
            }
            path
        })
    };
}

/// What the calls of a function are counted in.
#[doc(hidden)]
#[macro_export]
macro_rules! __metered {
    ($metered:expr) => {{
        static METERED: $crate::__private::Metered = $metered;
        &METERED
    }};
}

/// The identity of a block.
#[doc(hidden)]
#[macro_export]
macro_rules! __block {
    ($name:literal, $line:literal) => {
        $crate::__private::Meta::block($name, ::core::module_path!(), ::core::file!(), $line)
    };
}

/// Makes a site known to the program, without running anything.
#[cfg(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    not(any(miri, loom, spandrel_registration = "first_call"))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($site:ident) => {
        const _: () = {
            // SAFETY: the section holds nothing but references to sites (see `site/registry.rs`).
            #[used]
            #[unsafe(link_section = "spandrel_sites")]
            static ENTRY: &$crate::__private::Site = &$site;
        };
    };
}

/// No section here: the site registers at its first call.
#[cfg(not(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    not(any(miri, loom, spandrel_registration = "first_call"))
)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($site:ident) => {};
}

/// Captures a value as what its type can be.
#[doc(hidden)]
#[macro_export]
macro_rules! __capture {
    (@probe $value:expr) => {{
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::{CaptureAny as _, CaptureAttribute as _, CaptureDebug as _};
        (&&&$crate::__private::Capture($value)).capture()
    }};
    ($writer:expr, $index:literal, $value:expr) => {
        $writer.set($index, &$crate::__capture!(@probe $value))
    };
}

/// Records an attribute that the returned value is asked for.
#[doc(hidden)]
#[macro_export]
macro_rules! __asked {
    ($call:expr, $result:expr, $key:literal, $ask:expr) => {
        if let ::core::option::Option::Some(mut ending) = $call.ending() {
            ending.attribute($key, || $crate::__private::look::ask($ask, &$result));
        }
    };
}

/// Wraps a stream that a function returns.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __stream {
    ($call:expr, $make:expr, $look:expr) => {
        $call.stream($make, $look)
    };
}

/// Says what is missing.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __stream {
    ($call:expr, $make:expr, $look:expr) => {
        ::core::compile_error!(
            "a function that returns a stream needs the feature `stream` of `spandrel`; write \
             `features = [\"stream\"]` at `spandrel` in Cargo.toml"
        )
    };
}

pub use crate::{
    __asked as asked, __begin as begin, __block as block, __capture as capture, __finish as finish,
    __look as look, __meta as meta, __metered as metered, __refused as refused,
    __register as register, __ret as ret, __settle as settle, __stream as stream,
};

/// What `builder!` expands to.
pub fn builder(package: &'static str, version: &'static str) -> crate::Builder {
    crate::Builder::new(package, version)
}
