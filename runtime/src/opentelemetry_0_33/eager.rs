//! Puts our spans into their context while they are current.

use std::cell::RefCell;

use ::opentelemetry::{Context as Theirs, ContextGuard, trace::TraceContextExt as _};

use super::convert;
use crate::{
    mirror::{self, Mirror, MirrorSpan, Mirrored},
    site::Site,
    trace::Context,
};

#[derive(Debug)]
struct Eager;

/// Current here, so current there too.
#[derive(Debug)]
struct Attached;

static EAGER: Eager = Eager;

thread_local! {
    /// What undoes the attachments of this thread; it may not leave it.
    static GUARDS: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

impl Mirror for Eager {
    fn wants(&self, _: &'static Site) -> bool {
        true
    }

    fn begin(&self, _: &Mirrored<'_>) -> Option<Box<dyn MirrorSpan>> {
        Some(Box::new(Attached))
    }
}

impl MirrorSpan for Attached {
    fn enter(&self) {
        let span = convert::span_context(&Context::peek(), false);
        let guard = Theirs::current().with_remote_span_context(span).attach();
        let _ = GUARDS.try_with(|guards| guards.borrow_mut().push(guard));
    }

    fn exit(&self) {
        let guard = GUARDS.try_with(|guards| guards.borrow_mut().pop());
        drop(guard);
    }
}

pub(super) fn install() {
    mirror::install(&EAGER);
}
