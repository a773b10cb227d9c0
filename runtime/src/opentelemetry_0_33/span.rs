//! A span that a user of the API holds.

use std::{borrow::Cow, time::SystemTime};

use ::opentelemetry::{
    KeyValue,
    trace::{self, SpanContext, Status},
};

use super::{convert, tentative, words};
use crate::{
    outcome::Outcome,
    time,
    trace::{active::Active, span::say},
};

/// A span of the recorder, in the hands of a user of the API.
///
/// Ended once; dropped, it ends too. What is said after its end is passed over.
#[derive(Debug)]
pub struct Span {
    active: Active,
    context: SpanContext,
    status: Status,
    /// Its start was measured by another clock, so its end has to be.
    started_elsewhere: bool,
    is_remembered: bool,
}

impl Span {
    pub(super) fn new(active: Active) -> Self {
        let context = convert::span_context(active.context());
        let is_remembered = active.is_recording() && tentative::remember(active.context());
        Self { active, context, status: Status::Unset, started_elsewhere: false, is_remembered }
    }

    /// The id to write about; `None`: nothing is recorded, or not any more.
    fn recorded(&self) -> Option<u64> {
        self.active.is_recording().then(|| self.active.span())
    }

    pub(super) fn set_start(&mut self, start: SystemTime) {
        if let (Some(span), Some(start)) = (self.recorded(), words::by_another_clock(start)) {
            say::times(span, start, 0);
            self.started_elsewhere = true;
        }
    }

    pub(super) fn add(&self, name: &str, at: SystemTime, attributes: &[KeyValue]) {
        if let Some(span) = self.recorded() {
            words::event(span, name, at, attributes);
        }
    }

    /// Ends at this time, or now.
    fn end_at(&mut self, end: Option<SystemTime>) {
        let Some(span) = self.recorded() else { return };
        let end = match end {
            // A duration between two clocks would be none.
            Some(end) if self.started_elsewhere => Some(convert::unix_nanos(end).max(1)),
            None if self.started_elsewhere => Some(time::unix_nanos()),
            Some(end) => words::by_another_clock(end),
            None => None,
        };
        if let Some(end) = end {
            say::times(span, 0, end);
        }
        let has_failed = matches!(self.status, Status::Error { .. });
        self.active.end(if has_failed { Outcome::Error } else { Outcome::Ok });
    }
}

impl trace::Span for Span {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        self.add(&name.into(), timestamp, &attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.active.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(span) = self.recorded() {
            words::attributes(span, &[attribute]);
        }
    }

    fn set_attributes(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        if let Some(span) = self.recorded() {
            words::attributes(span, &attributes.into_iter().collect::<Vec<_>>());
        }
    }

    /// `Ok` is final; of errors the last one counts.
    fn set_status(&mut self, status: Status) {
        let Some(span) = self.recorded() else { return };
        if self.status == Status::Ok || status == Status::Unset {
            return;
        }
        words::status(span, &status);
        self.status = status;
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.recorded() {
            words::name(span, &name.into());
        }
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(span) = self.recorded() {
            words::link(span, &to, &attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.end_at(Some(timestamp));
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.end_at(None);
        if self.is_remembered {
            tentative::forget(convert::key_of(&self.context));
        }
    }
}
