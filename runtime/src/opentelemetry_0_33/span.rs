//! A span that a user of the API holds.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use ::opentelemetry::{
    KeyValue,
    trace::{self, SpanContext, Status as TheirStatus},
};

use super::convert::{self, Given};
use crate::{
    outcome::Outcome,
    time,
    trace::{Status, active::Active, link, record::writer::Writer, span::say},
    value::Attribute,
};

/// A span of the recorder, in the hands of a user of the API.
///
/// Ended once; dropped, it ends too. What is said after its end is passed over.
#[derive(Debug)]
pub struct Span {
    active: Active,
    context: SpanContext,
    outcome: Outcome,
}

/// A time this close is now: `end()` arrives here as `end_with_timestamp(now)`.
const NOW: Duration = Duration::from_millis(1);

impl Span {
    pub(super) fn new(active: Active) -> Self {
        let context = convert::span_context(active.context(), false);
        Self { active, context, outcome: Outcome::Ok }
    }

    /// The id to write about; `None`: nothing is recorded, or not any more.
    fn recorded(&self) -> Option<u64> {
        self.active.is_recording().then(|| self.active.span())
    }

    pub(super) fn set_start(&mut self, start: SystemTime) {
        if let (Some(span), Some(start)) = (self.recorded(), by_another_clock(start)) {
            say::times(span, start, 0);
        }
    }

    pub(super) fn add(&self, name: &str, at: Option<SystemTime>, attributes: &[KeyValue]) {
        let Some(span) = self.recorded() else { return };
        let write = |writer: &mut Writer| {
            writer.name_str(name);
            for attribute in attributes {
                writer.set_keyed(attribute.key.as_str(), &Given(&attribute.value));
            }
        };
        match at.and_then(by_another_clock) {
            Some(at) => say::event_at(span, at, &write),
            None => say::event_of(span, &write),
        }
    }
}

/// Nanoseconds since the Unix epoch, unless it is now.
fn by_another_clock(given: SystemTime) -> Option<u64> {
    let given = convert::unix_nanos(given);
    let apart = Duration::from_nanos(given.abs_diff(time::unix_nanos()));
    (apart > NOW).then_some(given)
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
        self.add(&name.into(), Some(timestamp), &attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.active.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(span) = self.recorded() {
            say::attribute(span, attribute.key.as_str(), &Given(&attribute.value));
        }
    }

    fn set_status(&mut self, status: TheirStatus) {
        let Some(span) = self.recorded() else { return };
        match status {
            TheirStatus::Unset => {}
            TheirStatus::Ok => {
                self.outcome = Outcome::Ok;
                say::status(span, Status::Ok);
            }
            TheirStatus::Error { description } => {
                self.outcome = Outcome::Error;
                say::status(span, Status::Error { description: &description });
            }
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.recorded() {
            say::name(span, &name.into());
        }
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        let Some(span) = self.recorded() else { return };
        let given: Vec<_> =
            attributes.iter().map(|one| (one.key.as_str(), Given(&one.value))).collect();
        let given: Vec<(&str, &dyn Attribute)> =
            given.iter().map(|(key, value)| (*key, value as &dyn Attribute)).collect();
        link::write(span, &convert::context_of(&to, false), &given);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let (Some(span), Some(end)) = (self.recorded(), by_another_clock(timestamp)) {
            say::times(span, 0, end);
        }
        self.active.mark_late();
        self.active.end(self.outcome);
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.active.end(self.outcome);
    }
}
