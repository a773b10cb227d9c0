//! What tells the series of one metric apart.
//!
//! Labels are shown to a visitor one by one: one visitor hashes them, one compares them with those
//! of a series, one writes them down. Nothing is collected on the way, so finding the series of
//! known labels allocates nothing.

use std::borrow::Cow;

/// A set of labels.
///
/// Pairs of a key and a value are one, in an array or a slice; so are structures that derive it.
/// The order of the labels does not matter. Of two with the same key the latter counts.
///
/// ```
/// use spandrel::metrics::{Counter, Labels};
///
/// static ORDERS: Counter = Counter::new("business.orders.created", "Orders created");
///
/// # #[cfg(feature = "macros")]
/// #[derive(Labels)]
/// struct Sale<'s> {
///     region: &'s str,
///     express: bool,
/// }
///
/// # #[cfg(feature = "macros")]
/// ORDERS.with(&Sale { region: "eu", express: true }).add(1);
/// ORDERS.with(&[("region", "eu")]).add(1);
/// ORDERS.with(&(("region", "eu"), ("express", true))).add(1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of labels",
    note = "write `&[(\"region\", \"eu\")]`, or `#[derive(Labels)]` above a structure"
)]
pub trait Labels {
    /// Shows the labels to a visitor, always the same ones in the same order.
    fn visit(&self, visitor: &mut impl LabelVisitor);
}

/// What looks at labels; implemented by this crate alone.
pub trait LabelVisitor: sealed::Sealed {
    /// Takes the next label.
    fn label(&mut self, key: &str, value: &impl LabelValue);
}

/// What the value of a label can be: a text, a whole number, a truth, or nothing.
///
/// Of labels that are made of unbounded values (ids of users, addresses) there are soon more sets
/// than a metric keeps. An enumeration of the program's own is the best of values:
///
/// ```
/// use spandrel::metrics::{LabelRef, LabelValue};
///
/// enum Region { Europe, Elsewhere }
///
/// impl LabelValue for Region {
///     fn label(&self) -> LabelRef<'_> {
///         match self {
///             Self::Europe => "eu".into(),
///             Self::Elsewhere => "other".into(),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of a label",
    note = "a text, a whole number, a `bool` and an `Option` of those are; implement `LabelValue`"
)]
pub trait LabelValue {
    /// Returns the value as what it is.
    fn label(&self) -> LabelRef<'_>;
}

/// A value of a label, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRef<'v>(pub(crate) Ref<'v>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ref<'v> {
    Absent,
    Bool(bool),
    F64(f64),
    I64(i64),
    Str(&'v str),
}

pub(super) mod sealed {
    pub trait Sealed {}
}

impl LabelRef<'_> {
    /// A number that is part of what is labelled, as a threshold.
    pub(crate) fn of_f64(value: f64) -> Self {
        Self(Ref::F64(value))
    }
}

impl<'v> From<&'v str> for LabelRef<'v> {
    #[inline(always)]
    fn from(value: &'v str) -> Self {
        Self(Ref::Str(value))
    }
}

impl From<bool> for LabelRef<'_> {
    fn from(value: bool) -> Self {
        Self(Ref::Bool(value))
    }
}

impl From<i64> for LabelRef<'_> {
    fn from(value: i64) -> Self {
        Self(Ref::I64(value))
    }
}

impl LabelValue for str {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        self.into()
    }
}

impl LabelValue for String {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        self.as_str().into()
    }
}

impl LabelValue for Cow<'_, str> {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        LabelRef(Ref::Str(self))
    }
}

impl LabelValue for bool {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        (*self).into()
    }
}

impl<V: LabelValue + ?Sized> LabelValue for &V {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        V::label(self)
    }
}

/// Without a value there is no label.
impl<V: LabelValue> LabelValue for Option<V> {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        self.as_ref().map_or(LabelRef(Ref::Absent), V::label)
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl LabelValue for $number {
            #[inline(always)]
            fn label(&self) -> LabelRef<'_> {
                i64::from(*self).into()
            }
        }
    )*};
}

whole_numbers!(i8, i16, i32, i64, u8, u16, u32);

impl LabelValue for LabelRef<'_> {
    #[inline(always)]
    fn label(&self) -> LabelRef<'_> {
        *self
    }
}

/// No labels.
impl Labels for () {
    #[inline(always)]
    fn visit(&self, _visitor: &mut impl LabelVisitor) {}
}

impl<V: LabelValue> Labels for (&str, V) {
    #[inline(always)]
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        visitor.label(self.0, &self.1);
    }
}

/// A label, and further ones.
impl<V: LabelValue, L: Labels> Labels for ((&str, V), L) {
    #[inline(always)]
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        self.0.visit(visitor);
        self.1.visit(visitor);
    }
}

impl<V: LabelValue> Labels for [(&str, V)] {
    #[inline(always)]
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        self.iter().for_each(|label| label.visit(visitor));
    }
}

impl<V: LabelValue, const N: usize> Labels for [(&str, V); N] {
    #[inline(always)]
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        self.as_slice().visit(visitor);
    }
}

impl<L: Labels + ?Sized> Labels for &L {
    #[inline(always)]
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        L::visit(self, visitor);
    }
}
