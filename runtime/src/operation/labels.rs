//! The labels of one operation: constants of its site, and what the call adds.

use std::{
    fmt::{self, Write as _},
    panic,
};

use crate::{
    metrics::{Known, LabelRef, LabelValue, LabelVisitor, Labels},
    sql::{Shown, Statement},
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

/// Text of a label that nobody keeps: up to 255 bytes, in place.
#[derive(Clone, Copy)]
pub struct ShortText {
    bytes: [u8; 255],
    used: usize,
}

/// What formatting prints, as a label; what is too long is cut.
#[must_use]
pub fn text_of(text: fmt::Arguments<'_>) -> ShortText {
    let mut short = ShortText { bytes: [0; 255], used: 0 };
    // Values are formatted by the user's code, which must not take down what it watches.
    let write = panic::AssertUnwindSafe(|| short.write_fmt(text));
    let _ = panic::catch_unwind(write);
    short
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        let fits = &text[..text.floor_char_boundary(rest.len())];
        rest[..fits.len()].copy_from_slice(fits.as_bytes());
        self.used += fits.len();
        if fits.len() < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl LabelValue for ShortText {
    fn label(&self) -> LabelRef<'_> {
        let used = self.bytes.get(..self.used).unwrap_or_default();
        str::from_utf8(used).unwrap_or_default().into()
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label().fmt(f)
    }
}

/// What a statement does, as a label.
#[derive(Debug)]
pub struct Summarised<'s> {
    statement: Statement<'s>,
    /// If it is not remembered.
    text: Option<ShortText>,
}

/// What a statement for such a database does, as a label.
pub fn summary_of<'s, S: AsRef<str> + ?Sized>(
    statement: &'s S,
    database: &'static str,
) -> Summarised<'s> {
    // The user's code, as above.
    let text = panic::catch_unwind(panic::AssertUnwindSafe(|| statement.as_ref()));
    Summarised::new(Statement::for_system(text.unwrap_or_default(), database))
}

impl<'s> Summarised<'s> {
    pub(crate) fn new(statement: Statement<'s>) -> Self {
        let text = match statement.summary() {
            Shown::Known(_) => None,
            Shown::Anew(summary) => Some(text_of(format_args!("{summary}"))),
        };
        Self { statement, text }
    }
}

impl LabelValue for Summarised<'_> {
    fn label(&self) -> LabelRef<'_> {
        match (&self.text, self.statement.summary()) {
            (Some(text), _) => text.label(),
            (None, Shown::Known(summary)) => summary.into(),
            (None, Shown::Anew(_)) => "".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_between_two_characters() {
        let long = "ä".repeat(200);

        let short = text_of(format_args!("a{long}"));

        assert_eq!(short.label(), LabelRef::from(&*format!("a{}", "ä".repeat(127))));
        assert_eq!(text_of(format_args!("{}", 7)).label(), LabelRef::from("7"));
    }
}
