//! A span that its owner ends: for callbacks, queues, state machines and blocks.

use std::marker::PhantomData;

use super::{
    active::Active,
    context::Context,
    id::{SpanId, TraceId},
    link,
    local::Local,
    record::view::Status,
    span::say,
};
use crate::{
    call::fields::{Begun, Fields},
    outcome::Outcome,
    site::{self, Site},
    value::Attribute,
};

static NAMED: Site = Site::dynamic("spandrel");

/// An owned span: it can be sent, kept and ended anywhere. Dropped, it ends too.
///
/// It is not current until it is entered.
///
/// ```
/// use spandrel::Span;
///
/// let span = Span::start("publish");
/// span.set("topic", "orders");
/// std::thread::spawn(move || span.end()).join().unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a span that is dropped at once has ended at once"]
pub struct SpanHandle {
    active: Active,
    outcome: Outcome,
}

/// Keeps a span current on this thread; dropped, it ends the span.
#[derive(Debug)]
#[must_use = "the span is current only while this guard lives"]
pub struct Entered {
    handle: SpanHandle,
    /// The handle had a context; while it is entered, it holds the one from before, if any.
    has_entered: bool,
    _not_send: PhantomData<*const ()>,
}

impl SpanHandle {
    /// What `span!` expands to.
    #[doc(hidden)]
    #[inline(always)]
    pub fn __start(site: &'static Site, capture: impl FnOnce(Fields) -> Begun) -> Self {
        let word = site.word();
        if word & (site::TRACED | site::MIRRORED) == 0 {
            return Self { active: Active::off(), outcome: Outcome::Ok };
        }
        if word & (site::MIRRORED | site::ELSEWHERE) == 0 && Local.is_unsampled() {
            // Whatever begins under the handle elsewhere belongs to the same unrecorded trace.
            return Self { active: Active::unrecorded(), outcome: Outcome::Ok };
        }
        let mut active = Active::begin(site, word, capture);
        // Handles are made to be shared and sent.
        if active.is_recording() {
            active.mark_shared();
        }
        Self { active, outcome: Outcome::Ok }
    }

    pub(super) fn named(name: &str) -> Self {
        Self::__start(&NAMED, |fields| fields.write(|writer| writer.name_str(name)))
    }

    /// Starts a span under a parent, wherever that is; under none, a new trace.
    pub fn start_under(name: &str, parent: &Context) -> Self {
        let _attached = parent.attach();
        Self::named(name)
    }

    /// The context in which this span is current.
    #[must_use]
    pub fn context(&self) -> Context {
        self.active.context().clone()
    }

    /// The trace; also of a span that is not recorded.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.active.context().trace_id()
    }

    /// The span's id, if it is recorded.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.id())
    }

    /// Whether the span is recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.active.is_recording()
    }

    /// Sets an attribute; of two values of one key the later counts.
    pub fn set(&self, key: &str, value: impl Attribute) {
        if self.is_recording() {
            say::attribute(self.id(), key, &value);
        }
    }

    /// Records something that happened now.
    pub fn event(&self, name: &str, attributes: &[(&str, &dyn Attribute)]) {
        if self.is_recording() {
            say::event(self.id(), name, attributes);
        }
    }

    /// Records an error as an exception and marks the span as failed.
    pub fn record_error(&mut self, error: &(impl std::error::Error + ?Sized)) {
        if self.is_recording() {
            say::error(self.id(), std::any::type_name_of_val(error), &error);
            self.outcome = Outcome::Error;
        }
    }

    /// Says whether the span failed; nothing overrides [`Status::Ok`].
    pub fn set_status(&self, status: Status<'_>) {
        if self.is_recording() {
            say::status(self.id(), status);
        }
    }

    /// Refers to another span.
    pub fn add_link(&self, to: &Context) {
        if self.is_recording() {
            link::write(self.id(), to, &[]);
        }
    }

    /// Drops the span: it is not exported, and counted as `discarded`.
    pub fn discard(self) {
        if self.is_recording() {
            say::discard(self.id());
        }
    }

    /// Makes the span current on this thread; it ends with the guard.
    pub fn enter(mut self) -> Entered {
        let has_entered = self.active.has_context();
        if has_entered {
            self.active.enter();
        }
        Entered { handle: self, has_entered, _not_send: PhantomData }
    }

    /// Runs a closure within the span, which stays open.
    pub fn in_scope<R>(&self, run: impl FnOnce() -> R) -> R {
        if !self.active.has_context() {
            return run();
        }
        let _attached = self.active.context().attach();
        run()
    }

    /// Ends the span now.
    pub fn end(self) {}

    /// Ends the span now, and says how it went.
    pub fn end_with(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    fn id(&self) -> u64 {
        if self.is_recording() { self.active.span() } else { 0 }
    }
}

impl Drop for SpanHandle {
    fn drop(&mut self) {
        self.active.end(self.outcome);
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if self.has_entered {
            self.handle.active.swap();
        }
        if std::thread::panicking() {
            self.handle.outcome = Outcome::Panicked;
        }
    }
}
