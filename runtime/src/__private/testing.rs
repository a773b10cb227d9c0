//! What `#[spandrel::test]` and `#[scripted]` name.

/// A test whose clock stands.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! __start_paused {
    ($setup:expr) => {
        $setup.start_paused()
    };
}

/// Says what is missing.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __start_paused {
    ($setup:expr) => {
        ::core::compile_error!(
            "`start_paused` needs the feature `test-util` of `spandrel`; write `features = \
             [\"test-util\"]` at `spandrel` among the dev-dependencies in Cargo.toml"
        )
    };
}

/// Returns what a test has said in place of what follows.
#[cfg(feature = "test-util")]
#[doc(hidden)]
#[macro_export]
macro_rules! __scripted {
    () => {
        if $crate::__private::testing::is_on() {
            if let ::core::option::Option::Some(value) =
                $crate::__private::testing::scripted(&|| ())
            {
                return value;
            }
        }
    };
}

/// Nothing, as nobody can say anything.
#[cfg(not(feature = "test-util"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __scripted {
    () => {};
}

/// Whether any test runs.
#[cfg(feature = "test-util")]
#[inline(always)]
#[must_use]
pub fn is_on() -> bool {
    crate::resilience::isolation::is_on()
}

/// What the test that runs here has said of the function around this closure.
#[cfg(feature = "test-util")]
#[cold]
#[track_caller]
pub fn scripted<R: 'static, F: Fn()>(_here: &F) -> Option<R> {
    crate::testing::script::next::<R, F>()
}

pub use crate::{__scripted as script, __start_paused as start_paused};
