//! Events of other libraries, as events of the span that they belong to.

use tracing_core::{Event, Level};

use super::{
    callsite::{Callsite, Role},
    log_record,
    visit::Meanings,
};
use crate::{
    logs,
    trace::{
        Status, Writer, foreign,
        local::{Local, RECORDING},
        span::say,
    },
};

/// The span that is current on this thread, if it is recorded; ours or one of another library.
#[inline]
pub(super) fn current() -> Option<u64> {
    let (flags, span) = match foreign::adopt() {
        Some(nearer) => (nearer.flags, nearer.span),
        None => (Local.flags(), Local.span()),
    };
    (flags & RECORDING != 0).then_some(span)
}

/// Records an event about a span; calls back if it says that the span failed.
pub(super) fn record(
    span: u64,
    callsite: &'static Callsite,
    event: &Event<'_>,
    failed: impl FnOnce(),
) {
    let level = *callsite.metadata().level();
    let is_exception = callsite.is_exception();
    if !is_exception || logs::exceptions().as_events() {
        say::event_of(span, &|writer| write(writer, callsite, event, is_exception));
    }
    if level == Level::ERROR || is_exception {
        let mut meanings = Meanings::new(callsite.roles());
        if callsite.has(Role::Error) {
            event.record(&mut meanings);
        }
        if level == Level::ERROR || meanings.error.is_some() {
            let description = meanings.error.as_deref().unwrap_or_default();
            say::status(span, Status::Error { description });
            failed();
        }
    }
}

fn write(writer: &mut Writer, callsite: &'static Callsite, event: &Event<'_>, is_exception: bool) {
    let metadata = callsite.metadata();
    if is_exception {
        writer.name_str("exception");
    } else if !callsite.has(Role::Message) {
        writer.name_str(metadata.name());
    }
    writer.set_keyed("level", metadata.level().as_str());
    if !callsite.has(Role::LogTarget) {
        writer.set_keyed("target", metadata.target());
    }
    let error_key = if is_exception { "exception.message" } else { "error" };
    log_record::write(writer, callsite, event, error_key, true);
}
