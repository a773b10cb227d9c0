//! What the derives for labels name.

pub use crate::metrics::{LabelRef, LabelValue, LabelVisitor, Labels};

/// A text as the value of a label.
#[inline(always)]
#[must_use]
pub fn text(text: &'static str) -> LabelRef<'static> {
    text.into()
}
