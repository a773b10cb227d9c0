//! Puts our spans into their context while they are current.
//!
//! For code that looks at `opentelemetry::Context::current()` by itself. It costs more than the span
//! does, so it is asked for.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    time::SystemTime,
};

use ::opentelemetry::{
    Context as Theirs, ContextGuard, KeyValue,
    trace::{Span, SpanContext, Status, TraceContextExt as _},
};

use super::{convert, foreign, words};
use crate::{
    mirror::{self, Mirror, MirrorSpan, Mirrored},
    site::Site,
    trace::Context,
};

#[derive(Debug)]
struct Eager {
    /// It is told apart from others by its address, so it has to have one.
    _own_address: u8,
}

static EAGER: Eager = Eager { _own_address: 0 };

/// Current here, so current there too.
#[derive(Debug)]
struct Attached;

thread_local! {
    /// The span that we have put there: there is nothing nearer as long as it is.
    static SHOWN: Cell<u64> = const { Cell::new(0) };
    /// What undoes the attachments of this thread, and what was shown before each.
    static GUARDS: RefCell<Vec<(u64, Option<ContextGuard>)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn install() {
    foreign::in_use();
    mirror::install(&EAGER);
}

/// The span that we have put into the context of this thread; 0: none.
pub(super) fn shown() -> u64 {
    SHOWN.get()
}

impl Mirror for Eager {
    fn wants(&self, _: &'static Site) -> bool {
        true
    }

    fn wants_values(&self) -> bool {
        false
    }

    fn begin(&self, _: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>> {
        Some(Box::new(Attached))
    }
}

impl MirrorSpan for Attached {
    fn enter(&self) {
        let context = Context::peek();
        let span_context = convert::span_context(&context);
        let is_valid = span_context.is_valid();
        let show = |theirs: &Theirs| {
            if context.is_recording() {
                theirs.with_span(Ours { id: context.span, span_context })
            } else {
                theirs.with_remote_span_context(span_context)
            }
        };
        let shown = if is_valid { foreign::current(show) } else { None };
        let before = if shown.is_some() { SHOWN.replace(context.span) } else { SHOWN.get() };
        let guard = shown.map(Theirs::attach);
        let _ = GUARDS.try_with(|guards| guards.borrow_mut().push((before, guard)));
    }

    fn exit(&self) {
        let last = GUARDS.try_with(|guards| guards.borrow_mut().pop());
        if let Ok(Some((before, guard))) = last {
            SHOWN.set(before);
            // Not under the borrow: what it drops may look around.
            drop(guard);
        }
    }
}

/// A span of ours, as others see it. They may say something about it; to end it is not theirs.
#[derive(Debug)]
struct Ours {
    id: u64,
    span_context: SpanContext,
}

impl Span for Ours {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        words::event(self.id, &name.into(), timestamp, &attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        true
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        words::attributes(self.id, &[attribute]);
    }

    fn set_status(&mut self, status: Status) {
        words::status(self.id, &status);
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        words::name(self.id, &name.into());
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        words::link(self.id, &to, &attributes);
    }

    fn end_with_timestamp(&mut self, _: SystemTime) {}
}
