//! The current span, from within a function's body.

use super::{
    context::Context,
    handle::SpanHandle,
    id::{SpanId, TraceId},
    link,
    local::{Local, RECORDING},
    record::{
        layout::Kind,
        view::{STATUS_ERROR, STATUS_OK, Status},
        writer::Writer,
    },
};
use crate::{logs, operation, time, value::Attribute};

/// The span that is current: what instrumented code says about itself.
///
/// All methods do nothing where nothing is recorded, and cost one look at the thread's state then.
///
/// ```
/// use spandrel::Span;
///
/// fn resize(width: u32) {
///     let span = Span::current();
///     span.set("width", width);
///     span.event("decoded", &[("bytes", &1_024)]);
/// }
/// # resize(1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Span {
    id: u64,
}

impl Span {
    /// The span that is current on this thread; of none, if none is.
    #[must_use]
    #[inline]
    pub fn current() -> Self {
        let recording = Local.flags() & RECORDING != 0;
        Self { id: if recording { Local.span() } else { 0 } }
    }

    /// Starts a span that nothing but its handle ends.
    #[inline]
    pub fn start(name: &str) -> SpanHandle {
        SpanHandle::named(name)
    }

    /// Whether what is said here is recorded.
    #[must_use]
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.id != 0
    }

    /// The trace of the calling thread's current span; also of one that is not recorded.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        Context::peek().trace_id()
    }

    /// The span's id.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.id)
    }

    /// Sets an attribute; of two values of one key the later counts.
    #[inline]
    pub fn set(&self, key: &str, value: impl Attribute) {
        if key.starts_with("gen_ai.") {
            operation::noticed(key, &value);
        }
        if self.is_recording() {
            say::attribute(self.id, key, &value);
        }
    }

    /// Records something that happened now.
    #[inline]
    pub fn event(&self, name: &str, attributes: &[(&str, &dyn Attribute)]) {
        if self.is_recording() {
            say::event(self.id, name, attributes);
        }
    }

    /// Records an error as an exception and marks the span as failed.
    #[inline]
    pub fn record_error(&self, error: &(impl std::error::Error + ?Sized)) {
        if self.is_recording() {
            say::error(self.id, std::any::type_name_of_val(error), &error);
        }
    }

    /// Says whether the span failed; nothing overrides [`Status::Ok`].
    #[inline]
    pub fn set_status(&self, status: Status<'_>) {
        if self.is_recording() {
            say::status(self.id, status);
        }
    }

    /// Refers to another span.
    #[inline]
    pub fn add_link(&self, to: &Context) {
        if self.is_recording() {
            link::write(self.id, to, &[]);
        }
    }

    /// Drops the span: it is not exported, and counted as `discarded`. Its children are kept.
    #[inline]
    pub fn discard(&self) {
        if self.is_recording() {
            say::discard(self.id);
        }
    }
}

/// What can be said about any span, by its id.
pub(crate) mod say {
    use std::fmt;

    use super::{Attribute, Kind, Local, STATUS_ERROR, STATUS_OK, Status, Writer, logs, time};
    #[cfg(feature = "opentelemetry-0-33")]
    use crate::trace::record::layout::FLAG_UNIX_TIME;

    pub(crate) fn attribute(span: u64, key: &str, value: &dyn Attribute) {
        attributes(span, &|writer| writer.set_keyed(key, value));
    }

    pub(crate) fn attributes(span: u64, write: &dyn Fn(&mut Writer)) {
        Local.mark_late(span);
        Local.put_extra(Kind::ATTRS, 0, 0, span, &[], write);
    }

    pub(crate) fn event(span: u64, name: &str, attributes: &[(&str, &dyn Attribute)]) {
        event_of(span, &|writer| {
            writer.name_str(name);
            attributes.iter().for_each(|(key, value)| writer.set_keyed(key, *value));
        });
    }

    /// The event's name and attributes are what the closure writes.
    pub(crate) fn event_of(span: u64, write: &dyn Fn(&mut Writer)) {
        let now = [time::ticks()];
        Local.mark_late(span);
        Local.put_extra(Kind::EVENT, 0, 0, span, &now, write);
    }

    /// Something that happened when another clock said so, in nanoseconds since the Unix epoch.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn event_at(span: u64, unix_nanos: u64, write: &dyn Fn(&mut Writer)) {
        Local.mark_late(span);
        Local.put_extra(Kind::EVENT, FLAG_UNIX_TIME, 0, span, &[unix_nanos], write);
    }

    /// Start and end by another clock, in nanoseconds since the Unix epoch; 0: as we know it.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn times(span: u64, start: u64, end: u64) {
        Local.mark_late(span);
        Local.put_extra(Kind::TIMES, 0, 0, span, &[start, end], &|_| {});
    }

    /// Another name than the span began with.
    #[cfg(any(feature = "opentelemetry-0-33", feature = "tower"))]
    pub(crate) fn name(span: u64, name: &str) {
        Local.mark_late(span);
        Local.put_extra(Kind::NAME, 0, 0, span, &[], &|writer| writer.name_str(name));
    }

    pub(crate) fn status(span: u64, status: Status<'_>) {
        let (code, description) = match status {
            Status::Unset => return,
            Status::Ok => (STATUS_OK, ""),
            Status::Error { description } => (STATUS_ERROR, description),
        };
        Local.mark_late(span);
        Local.put_extra(Kind::STATUS, 0, code, span, &[], &|writer| {
            writer.name_str(description);
        });
    }

    pub(crate) fn error(span: u64, error_type: &str, error: &dyn fmt::Display) {
        let text = error.to_string();
        status(span, Status::Error { description: &text });
        attribute(span, "error.type", &error_type);
        let exceptions = logs::exceptions();
        if exceptions.as_logs() {
            logs::exception(span, error_type, &text);
        }
        if exceptions.as_events() {
            let attributes: [(&str, &dyn Attribute); 2] =
                [("exception.type", &error_type), ("exception.message", &text)];
            event(span, "exception", &attributes);
        }
    }

    pub(crate) fn discard(span: u64) {
        Local.mark_late(span);
        Local.put_extra(Kind::DISCARD, 0, 0, span, &[], &|_| {});
    }
}
