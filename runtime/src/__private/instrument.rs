//! What `#[instrument]` names: our side of it, and that of `tracing` where the feature is on.

use std::fmt;

#[cfg(feature = "tracing")]
use crate::tracing::mirror::{
    TRACING,
    told::{self, Told},
};
use crate::{
    call::Ending,
    mirror::Reflection,
    site::{Level, Site},
    trace::Slot,
    value::Attribute,
};

#[cfg(feature = "tracing")]
pub use crate::tracing::mirror::{
    chosen::{Given, OurCauses, OurParent, TheirCauses, TheirParent, no_parent},
    values::Theirs,
};

/// Shown to `tracing`, always.
#[cfg(feature = "tracing")]
pub const REFLECTION: Reflection = Reflection::To(&TRACING);
/// There is no `tracing` to show it to.
#[cfg(not(feature = "tracing"))]
pub const REFLECTION: Reflection = Reflection::WhenAsked;

/// A level that a constant of `tracing` or of ours stands for.
#[derive(Debug)]
pub struct LevelOf<L>(pub L);

impl LevelOf<Level> {
    /// The level.
    #[must_use]
    pub const fn level(self) -> Level {
        self.0
    }
}

#[cfg(feature = "tracing")]
impl LevelOf<tracing_core::Level> {
    /// The level.
    #[must_use]
    pub const fn level(self) -> Level {
        match self.0 {
            tracing_core::Level::TRACE => Level::Trace,
            tracing_core::Level::DEBUG => Level::Debug,
            tracing_core::Level::INFO => Level::Info,
            tracing_core::Level::WARN => Level::Warn,
            tracing_core::Level::ERROR => Level::Error,
        }
    }
}

/// The level that the last word of a path says; the path itself is only resolved.
pub const fn level<L>(_path: &L, level: Level) -> Level {
    level
}

/// Resolves a path to `tracing::field::Empty`: the field has no value yet.
pub const fn empty<E>(_empty: &E) {}

/// An error that a function returned, for `tracing`.
#[inline]
pub fn failed(site: &'static Site, level: Level, error: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    told::tell(site, Told::Error, level, error);
    let _ = (site, level, error);
}

/// A value that a function returned, for the span and for `tracing`.
#[inline]
pub fn returned(
    ending: Option<Ending<'_>>,
    site: &'static Site,
    level: Level,
    value: fmt::Arguments<'_>,
) {
    if let Some(mut ending) = ending {
        ending.returned_text(value);
    }
    #[cfg(feature = "tracing")]
    told::tell(site, Told::Returned, level, value);
    let _ = (site, level, value);
}

/// The value of a field under inspection.
#[derive(Debug)]
pub struct Field<'v, T: ?Sized>(pub &'v T);

/// The type is an attribute value.
pub trait OurValue<'v, T: ?Sized> {
    /// The value.
    fn value(&self) -> &'v T;
}

impl<'v, T: Attribute + ?Sized> OurValue<'v, T> for &&Field<'v, T> {
    #[inline(always)]
    fn value(&self) -> &'v T {
        self.0
    }
}

/// The type is a value of `tracing`.
#[cfg(feature = "tracing")]
pub trait TheirValue<'v, T: ?Sized> {
    /// The value.
    fn value(&self) -> Theirs<'v, T>;
}

/// There is no `tracing`.
#[cfg(not(feature = "tracing"))]
pub trait TheirValue {}

#[cfg(feature = "tracing")]
impl<'v, T: tracing_core::field::Value + ?Sized> TheirValue<'v, T> for &Field<'v, T> {
    #[inline(always)]
    fn value(&self) -> Theirs<'v, T> {
        Theirs(self.0)
    }
}

/// The type is neither.
pub trait NoValue<T: ?Sized> {
    /// Says so.
    fn value(&self) -> Neither
    where
        T: Attribute;
}

impl<T: ?Sized> NoValue<T> for Field<'_, T> {
    fn value(&self) -> Neither
    where
        T: Attribute,
    {
        Neither
    }
}

/// In place of a value that cannot be: so that the compiler says so once.
#[derive(Debug)]
pub struct Neither;

impl Attribute for Neither {
    fn record(&self, _slot: Slot<'_>) {}
}

/// No parent: a trace begins.
#[cfg(not(feature = "tracing"))]
pub fn no_parent(_site: &'static Site) -> crate::call::Origin {
    crate::call::Origin::root()
}

/// Captures the value of a field.
#[doc(hidden)]
#[macro_export]
macro_rules! __field {
    (@probe $value:expr) => {{
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::instrument::{NoValue as _, OurValue as _, TheirValue as _};
        (&&&$crate::__private::instrument::Field($value)).value()
    }};
    ($writer:expr, $index:literal, $value:expr) => {
        $writer.set($index, &$crate::__field!(@probe $value))
    };
}

/// Begins under a chosen parent.
#[cfg(feature = "tracing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __parent {
    ($site:expr, $parent:expr) => {{
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::instrument::{OurParent as _, TheirParent as _};
        (&&&$crate::__private::instrument::Given::new($parent)).parent($site)
    }};
}

/// Begins under a chosen parent.
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __parent {
    ($site:expr, $parent:expr) => {
        $crate::__private::Origin::parent(&($parent))
    };
}

/// Refers to chosen spans.
#[cfg(feature = "tracing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __causes {
    ($site:expr, $origin:expr, $causes:expr) => {{
        #[allow(unused_imports, reason = "the type of the value decides which is used")]
        use $crate::__private::instrument::{OurCauses as _, TheirCauses as _};
        (&&&$crate::__private::instrument::Given::new($causes)).causes($site, $origin)
    }};
}

/// Refers to chosen spans.
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __causes {
    ($site:expr, $origin:expr, $causes:expr) => {
        $origin.linked($causes)
    };
}

/// Tells `tracing` of an error that is returned.
#[doc(hidden)]
#[macro_export]
macro_rules! __failed {
    ($site:expr, $level:expr, $result:expr, $how:literal) => {
        if let ::core::result::Result::Err(error) = &$result {
            $crate::__private::instrument::failed($site, $level, ::core::format_args!($how, error));
        }
    };
}

/// Records a value that is returned: all of it, or what is in `Ok`.
#[doc(hidden)]
#[macro_export]
macro_rules! __returned {
    ($call:expr, $site:expr, $level:expr, $result:expr, $how:literal, ok) => {
        if let ::core::result::Result::Ok(value) = &$result {
            $crate::__returned!(@ $call, $site, $level, value, $how);
        }
    };
    ($call:expr, $site:expr, $level:expr, $result:expr, $how:literal, all) => {
        $crate::__returned!(@ $call, $site, $level, &$result, $how)
    };
    (@ $call:expr, $site:expr, $level:expr, $value:expr, $how:literal) => {
        $crate::__private::instrument::returned(
            $call.ending(),
            $site,
            $level,
            ::core::format_args!($how, $value),
        )
    };
}

pub use crate::{
    __causes as causes, __failed as failed, __field as field, __parent as parent,
    __returned as returned,
};
