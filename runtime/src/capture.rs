//! Arguments under `args` and `#[field]`, whose types the macros do not know.
//!
//! The same ladder of references as in [`crate::call::look`], for another question.

#![expect(missing_docs, reason = "named by generated code only; the traits say it once")]

use std::{any, fmt};

use crate::{trace::Slot, value::Attribute};

/// A value that is captured as what its type can be: an attribute, else `Debug`, else its type.
#[derive(Debug)]
pub struct Capture<'v, T: ?Sized>(pub &'v T);

/// A value whose type has been asked, as an attribute.
pub struct Captured<'v>(Kind<'v>);

enum Kind<'v> {
    Attribute(&'v dyn Attribute),
    Debug(&'v dyn fmt::Debug),
    Type(&'static str),
}

impl fmt::Debug for Captured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Captured(..)")
    }
}

impl Attribute for Captured<'_> {
    fn record(&self, slot: Slot<'_>) {
        match self.0 {
            Kind::Attribute(value) => value.record(slot),
            Kind::Debug(value) => slot.format(format_args!("{value:?}")),
            Kind::Type(name) => slot.str(name),
        }
    }
}

/// The type is an attribute value.
pub trait CaptureAttribute<'v> {
    fn capture(&self) -> Captured<'v>;
}

/// The type can be debugged.
pub trait CaptureDebug<'v> {
    fn capture(&self) -> Captured<'v>;
}

/// Nothing is known of the value but its type.
pub trait CaptureAny<'v> {
    fn capture(&self) -> Captured<'v>;
}

impl<'v, T: Attribute> CaptureAttribute<'v> for &&Capture<'v, T> {
    #[inline]
    fn capture(&self) -> Captured<'v> {
        Captured(Kind::Attribute(self.0))
    }
}

impl<'v, T: fmt::Debug> CaptureDebug<'v> for &Capture<'v, T> {
    #[inline]
    fn capture(&self) -> Captured<'v> {
        Captured(Kind::Debug(self.0))
    }
}

impl<'v, T: ?Sized> CaptureAny<'v> for Capture<'v, T> {
    #[inline]
    fn capture(&self) -> Captured<'v> {
        Captured(Kind::Type(any::type_name::<T>()))
    }
}
