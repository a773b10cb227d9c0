//! A subscriber that knows of our spans when it is asked what is current, and not before.
//!
//! `tracing::Span::current()` is how libraries take a span along: to a thread of their own, as
//! `sqlx` does with SQLite, or into a task. What is current a subscriber tells, not a layer. So the
//! one that `init!` installs is wrapped: a span of ours that is asked for gets its counterpart then,
//! and one that nobody asks for costs nothing.

use std::{cell::RefCell, sync::Arc};

use tracing_core::{
    Dispatch, Event, LevelFilter, Metadata, Subscriber,
    span::{Attributes, Current, Id, Record},
    subscriber::Interest,
};

use super::{callsite::Callsites, counterpart, counterpart::Counterpart, values};
use crate::{
    site::Site,
    trace::{Context, local::RECORDING},
    tracing::layer::Recording,
};

/// Stands for whatever span of ours is asked for.
static ANY: Site = Site::dynamic("span");

thread_local! {
    /// What was asked for last: mostly it is asked for again.
    static LAST: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

/// A trace and a span.
type Key = [u64; 3];

fn key(context: &Context) -> Key {
    [context.trace_high, context.trace_low, context.span]
}

/// A span of ours, and the id by which `tracing` knows it.
struct Shown {
    key: Key,
    id: Id,
}

/// The subscriber around one that has our layer.
#[derive(Debug)]
pub(in crate::tracing) struct Knowing<S>(pub(in crate::tracing) S);

impl<S: Subscriber> Knowing<S> {
    pub(in crate::tracing) fn layer(&self) -> Option<&Recording> {
        (&self.0 as &dyn Subscriber).downcast_ref()
    }

    /// Whether a span of `tracing` is what is current here.
    fn is_current(&self, theirs: &Id, ours: &Context) -> bool {
        let context = self.layer().and_then(|layer| layer.known_context(theirs));
        context.is_some_and(|context| key(&context) == key(ours))
    }

    fn shown(&self, ours: &Context) -> Option<Current> {
        let callsite = Callsites::of(&ANY)?.span;
        let known = LAST.try_with(|last| {
            let last = last.borrow();
            let same = last.as_ref().filter(|last| last.key == key(ours));
            same.map(|shown| shown.id.clone())
        });
        let id = known.ok().flatten().unwrap_or_else(|| {
            // Whoever gets it may record about the span from another thread.
            drop(Context::current());
            let counterpart = Arc::new(Counterpart::default());
            let id = values::show(callsite, &[], |values| {
                let attributes = Attributes::new_root(callsite.known(), values);
                counterpart.while_beginning(|| self.0.new_span(&attributes))
            });
            counterpart.is_current();
            if ours.flags & RECORDING != 0 {
                counterpart.is_recorded_as(ours.span);
            }
            let shown = Shown { key: key(ours), id: id.clone() };
            let before = LAST.try_with(|last| last.borrow_mut().replace(shown)).ok().flatten();
            if let Some(before) = before {
                counterpart::tell(|| self.0.try_close(before.id));
            }
            id
        });
        Some(Current::new(id, callsite.known()))
    }
}

impl<S: Subscriber> Subscriber for Knowing<S> {
    fn current_span(&self) -> Current {
        let theirs = self.0.current_span();
        let ours = Context::peek();
        if ours.trace_low == 0 || theirs.id().is_some_and(|id| self.is_current(id, &ours)) {
            return theirs;
        }
        self.shown(&ours).unwrap_or(theirs)
    }

    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.0.on_register_dispatch(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.0.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.0.record_follows_from(span, follows);
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.0.event_enabled(event)
    }

    fn event(&self, event: &Event<'_>) {
        self.0.event(event);
    }

    fn enter(&self, span: &Id) {
        self.0.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.0.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.0.try_close(id)
    }
}
