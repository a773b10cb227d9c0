//! Errors of instrumented functions: events of their spans, or log records.
//!
//! The semantic conventions move exceptions from span events to log records, in steps that
//! `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` takes. Whichever it is, an error is one exception: see
//! [`crate::call`] for how an error that passes through many functions is known again.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use super::{Said, emit, wants};
use crate::{
    site::{Level, Site},
    trace::{Context, local::Local, nearby},
};

/// Where exceptions are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exceptions {
    /// As events of spans.
    #[default]
    Events = EVENTS,
    /// As log records.
    Logs = LOGS,
    /// As both, for the time in between.
    Both = EVENTS | LOGS,
}

const EVENTS: u8 = 1;
const LOGS: u8 = 2;

static CHOSEN: AtomicU8 = AtomicU8::new(EVENTS);

impl Exceptions {
    pub(crate) fn as_events(self) -> bool {
        self as u8 & EVENTS != 0
    }

    pub(crate) fn as_logs(self) -> bool {
        self as u8 & LOGS != 0
    }
}

/// Where exceptions are recorded from now on.
pub(crate) fn set_exceptions(chosen: Exceptions) {
    CHOSEN.store(chosen as u8, Relaxed);
}

/// Where exceptions are recorded.
pub(crate) fn exceptions() -> Exceptions {
    match CHOSEN.load(Relaxed) {
        LOGS => Exceptions::Logs,
        EVENTS => Exceptions::Events,
        _ => Exceptions::Both,
    }
}

/// Records the exception of a span of this thread's trace as a log record.
#[cold]
pub(crate) fn exception(span: u64, error_type: &str, message: &dyn fmt::Display) {
    let site = nearby::site_of(span);
    let target = site.map_or(env!("CARGO_PKG_NAME"), |site| site.target());
    if !wants(target, Level::Error) {
        return;
    }
    let mut context = Context::peek();
    if span != Local.span() {
        context.span = span;
    }
    let said = Said {
        level: Level::Error,
        target,
        event: "exception",
        file: site.map(Site::file),
        line: site.map(Site::line),
        context: &context,
    };
    emit(&said, &|writer| {
        writer.name(format_args!("{message}"));
        writer.set_keyed("exception.type", error_type);
        writer.set_keyed("exception.message", &Shown(message));
    });
}

struct Shown<'s>(&'s dyn fmt::Display);

impl crate::value::Attribute for Shown<'_> {
    fn record(&self, slot: crate::trace::Slot<'_>) {
        slot.format(format_args!("{}", self.0));
    }
}
