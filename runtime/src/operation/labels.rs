//! The labels of one operation: constants of its site, and what the call adds.

use crate::{
    metrics::{Known, LabelRef, LabelValue, LabelVisitor, Labels},
    value::Value,
};

/// Constants, and labels of one call.
pub(super) struct Given<'a> {
    pub(super) constants: &'a [(&'static str, Value<'static>)],
    pub(super) captured: &'a [(&'static str, LabelRef<'a>)],
}

impl Labels for Given<'_> {
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        for (key, value) in self.constants {
            match value {
                Value::Bool(value) => visitor.label(key, value),
                Value::I64(value) => visitor.label(key, value),
                Value::Str(value) => visitor.label(key, value),
                _ => {}
            }
        }
        for (key, value) in self.captured {
            visitor.label(key, value);
        }
    }
}

/// The labels of a series, and more.
pub(super) struct More<'a, const N: usize> {
    pub(super) known: &'static [Known],
    pub(super) more: [(&'static str, Option<&'a str>); N],
}

impl<const N: usize> Labels for More<'_, N> {
    fn visit(&self, visitor: &mut impl LabelVisitor) {
        self.known.visit(visitor);
        for (key, value) in &self.more {
            visitor.label(key, value);
        }
    }
}

/// A value of a label.
#[inline(always)]
pub fn label<V: LabelValue + ?Sized>(value: &V) -> LabelRef<'_> {
    value.label()
}

/// What formatting prints, as a label.
pub fn text_of(text: std::fmt::Arguments<'_>) -> String {
    std::fmt::format(text)
}
