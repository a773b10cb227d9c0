//! Notes how a call ended.

use std::fmt;

use super::{error, refused};
use crate::{
    outcome::Outcome,
    site::Cell,
    trace::{Slot, Writer, local::Local, record::layout::Kind},
    value::Attribute,
};

/// Takes the outcome of a call and what its span shall say about it.
#[derive(Debug)]
pub struct Ending<'c> {
    span: u64,
    parent: u64,
    cell: Option<&'static Cell>,
    outcome: &'c mut Option<Outcome>,
    /// Where the type of the error is kept, too.
    error_type: Option<&'c mut Option<Box<str>>>,
}

impl<'c> Ending<'c> {
    #[inline(always)]
    pub(crate) fn new(
        span: u64,
        parent: u64,
        cell: Option<&'static Cell>,
        outcome: &'c mut Option<Outcome>,
    ) -> Self {
        Self { span, parent, cell, outcome, error_type: None }
    }

    /// The same, where the type of an error is kept.
    #[inline(always)]
    pub(crate) fn noting(mut self, error_type: &'c mut Option<Box<str>>) -> Self {
        self.error_type = Some(error_type);
        self
    }

    /// Whether a span wants to know more than the outcome.
    #[inline(always)]
    pub(crate) fn is_recording(&self) -> bool {
        self.span != 0
    }

    /// Notes the outcome.
    #[inline(always)]
    pub(crate) fn set(&mut self, outcome: Outcome) {
        *self.outcome = Some(outcome);
    }

    /// Whether a failure has been noted.
    pub(crate) fn has_failed(&self) -> bool {
        self.outcome.is_some_and(Outcome::is_failure)
    }

    /// Notes what a value of this type says of itself.
    #[inline(always)]
    pub(crate) fn said(&mut self, outcome: Outcome, type_name: &'static str) {
        if outcome == Outcome::Error {
            self.fail(type_name);
        } else {
            self.set(outcome);
        }
    }

    /// Notes a failure: the call's own, or that of a policy.
    #[cold]
    fn fail(&mut self, error_type: &str) {
        if refused::take(self.span, self.cell) {
            self.set(Outcome::Rejected);
        } else {
            self.count_error(error_type);
            self.set(Outcome::Error);
        }
    }

    /// Notes that a policy refused the call, where the returned value need not look like an error.
    #[inline(always)]
    pub fn refused(&mut self) {
        if refused::take(self.span, self.cell) {
            self.set(Outcome::Rejected);
        }
    }

    /// Notes an error.
    #[cold]
    pub(crate) fn error(&mut self, error: &error::Report<'_>) {
        self.fail(error.error_type);
        if self.is_recording() {
            error.record(self.span, self.parent);
        }
    }

    /// Notes an error of which only the type may be told.
    #[cfg(feature = "redis-1")]
    pub(crate) fn failed(&mut self, error_type: &str) {
        self.error(&error::Report { error_type, message: None, source: None });
    }

    /// Counts the type of the error with which the call ends: the first, where a stream has several.
    #[cold]
    fn count_error(&mut self, error_type: &str) {
        if *self.outcome == Some(Outcome::Error) {
            return;
        }
        if let Some(cell) = self.cell {
            cell.calls.error(error_type);
        }
        if let Some(kept) = &mut self.error_type {
            **kept = Some(error_type.into());
        }
    }

    /// Notes an error that is an ordinary answer.
    pub(crate) fn expected(&mut self, error_type: &str) {
        self.set(Outcome::Ok);
        self.refused();
        self.late_attribute(&|writer| writer.set_keyed("error.type", error_type));
    }

    /// Records an attribute that the returned value is asked for.
    #[inline]
    pub fn attribute<A: Attribute>(&mut self, key: &str, value: impl FnOnce() -> A) {
        if self.is_recording() {
            let value = value();
            self.late_attribute(&|writer| writer.set_keyed(key, &value));
        }
    }

    /// Records the returned value.
    pub(crate) fn returned(&mut self, write: &dyn Fn(&mut Writer)) {
        self.late_attribute(write);
    }

    #[cold]
    fn late_attribute(&self, write: &dyn Fn(&mut Writer)) {
        if self.is_recording() {
            let span = self.span;
            {
                Local.mark_late(span);
                Local.put_extra(Kind::ATTRS, 0, 0, span, &[], write);
            }
        }
    }

    /// Records the returned value by formatting it.
    pub(crate) fn returned_text(&mut self, value: fmt::Arguments<'_>) {
        self.returned(&|writer| writer.set_keyed("return", &Text(value)));
    }
}

/// Formatted text as an attribute.
pub(crate) struct Text<'a>(pub(crate) fmt::Arguments<'a>);

impl Attribute for Text<'_> {
    fn record(&self, slot: Slot<'_>) {
        slot.format(self.0);
    }
}
