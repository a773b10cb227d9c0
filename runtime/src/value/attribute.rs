//! What can be recorded as an attribute.

use std::{
    borrow::Cow,
    num::{NonZero, Wrapping},
    rc::Rc,
    sync::Arc,
};

use super::Array;
use crate::trace::Slot;

/// A value that can be recorded as a typed attribute.
///
/// Implemented for booleans, integers, floating-point numbers, text, references and boxes of
/// them, `Option` (`None` records nothing) and slices. Implement it for an own type to give it a
/// typed form:
///
/// ```
/// use spandrel::{Attribute, Slot};
///
/// struct OrderId(u64);
///
/// impl Attribute for OrderId {
///     fn record(&self, slot: Slot<'_>) {
///         slot.u64(self.0);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no attribute value",
    label = "not a boolean, number, text or a slice of them",
    note = "write `key = %value` to record what `Display` prints, `key = ?value` for `Debug`",
    note = "or implement `spandrel::Attribute` for `{Self}`"
)]
pub trait Attribute {
    /// Writes the value to its place.
    fn record(&self, slot: Slot<'_>);
}

/// What an array can hold.
pub(crate) trait Element {
    const TAG: u8;

    /// The element as a word; texts have none.
    fn word(&self) -> u64;

    /// The element as text, if it is one.
    fn text(&self) -> Option<&str> {
        None
    }
}

macro_rules! number {
    ($($type:ty => $method:ident $tag:ident |$value:ident| $word:expr;)*) => {$(
        impl Attribute for $type {
            #[inline(always)]
            fn record(&self, slot: Slot<'_>) {
                slot.$method((*self).into());
            }
        }

        impl Element for $type {
            const TAG: u8 = Array::$tag;

            fn word(&self) -> u64 {
                let $value = *self;
                $word
            }
        }
    )*};
}

number! {
    bool => bool BOOL |value| u64::from(value);
    i8 => i64 I64 |value| i64::from(value).cast_unsigned();
    i16 => i64 I64 |value| i64::from(value).cast_unsigned();
    i32 => i64 I64 |value| i64::from(value).cast_unsigned();
    i64 => i64 I64 |value| value.cast_unsigned();
    u8 => u64 U64 |value| u64::from(value);
    u16 => u64 U64 |value| u64::from(value);
    u32 => u64 U64 |value| u64::from(value);
    u64 => u64 U64 |value| value;
    f32 => f64 F64 |value| f64::from(value).to_bits();
    f64 => f64 F64 |value| value.to_bits();
}

macro_rules! size {
    ($($type:ty => $wide:ty),*) => {$(
        impl Attribute for $type {
            #[inline(always)]
            fn record(&self, slot: Slot<'_>) {
                (*self as $wide).record(slot);
            }
        }

        impl Element for $type {
            const TAG: u8 = <$wide as Element>::TAG;

            fn word(&self) -> u64 {
                (*self as $wide).word()
            }
        }
    )*};
}

// No platform of Rust has pointers wider than 64 bits.
size!(usize => u64, isize => i64);

macro_rules! wide {
    ($($type:ty => $narrow:ty, $method:ident;)*) => {$(
        /// The number where it fits 64 bits, its decimal digits as text otherwise.
        impl Attribute for $type {
            fn record(&self, slot: Slot<'_>) {
                match <$narrow>::try_from(*self) {
                    Ok(value) => slot.$method(value),
                    Err(_) => slot.format(format_args!("{self}")),
                }
            }
        }
    )*};
}

wide! {
    i128 => i64, i64;
    u128 => u64, u64;
}

impl<T: Attribute> Attribute for Wrapping<T> {
    #[inline(always)]
    fn record(&self, slot: Slot<'_>) {
        self.0.record(slot);
    }
}

macro_rules! non_zero {
    ($($type:ty),*) => {$(
        impl Attribute for NonZero<$type> {
            #[inline(always)]
            fn record(&self, slot: Slot<'_>) {
                self.get().record(slot);
            }
        }
    )*};
}

non_zero!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl Attribute for str {
    #[inline(always)]
    fn record(&self, slot: Slot<'_>) {
        slot.str(self);
    }
}

impl Attribute for String {
    #[inline(always)]
    fn record(&self, slot: Slot<'_>) {
        slot.str(self);
    }
}

impl Attribute for char {
    fn record(&self, slot: Slot<'_>) {
        slot.str(self.encode_utf8(&mut [0; 4]));
    }
}

impl<T: Attribute + ToOwned + ?Sized> Attribute for Cow<'_, T> {
    #[inline(always)]
    fn record(&self, slot: Slot<'_>) {
        T::record(self, slot);
    }
}

macro_rules! pointer {
    ($($type:ty),*) => {$(
        impl<T: Attribute + ?Sized> Attribute for $type {
            #[inline(always)]
            fn record(&self, slot: Slot<'_>) {
                T::record(self, slot);
            }
        }
    )*};
}

pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// `None` records nothing.
impl<T: Attribute> Attribute for Option<T> {
    #[inline(always)]
    fn record(&self, slot: Slot<'_>) {
        if let Some(value) = self {
            value.record(slot);
        }
    }
}

macro_rules! text_element {
    ($($type:ty),*) => {$(
        impl Element for $type {
            const TAG: u8 = Array::STR;

            fn word(&self) -> u64 {
                0
            }

            fn text(&self) -> Option<&str> {
                Some(self)
            }
        }
    )*};
}

text_element!(&str, String, Cow<'_, str>, Box<str>, Arc<str>);

macro_rules! slices {
    ($($type:ty),*) => {$(
        impl Attribute for [$type] {
            fn record(&self, slot: Slot<'_>) {
                slot.array(self);
            }
        }

        impl Attribute for Vec<$type> {
            fn record(&self, slot: Slot<'_>) {
                slot.array(self);
            }
        }

        impl<const N: usize> Attribute for [$type; N] {
            fn record(&self, slot: Slot<'_>) {
                slot.array(self);
            }
        }
    )*};
}

// One by one: a blanket impl over a private trait would show that trait in every error message.
slices!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64);
slices!(&str, String, Cow<'_, str>, Box<str>, Arc<str>);
