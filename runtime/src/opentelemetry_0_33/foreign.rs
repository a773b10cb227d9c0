//! Whose span is current, theirs or ours.
//!
//! The API keeps a stack of contexts of its own for each thread. We do not follow it; we look at
//! its top whenever that matters.

use std::panic;

use ::opentelemetry::{Context as Theirs, trace::TraceContextExt as _};

use super::{convert, eager};
use crate::trace::{
    Context,
    foreign::{self, Foreign},
};

/// The API of OpenTelemetry 0.33.
struct OpenTelemetry {
    /// It is told apart from others by its address, so it has to have one.
    _own_address: u8,
}

static OPENTELEMETRY: OpenTelemetry = OpenTelemetry { _own_address: 0 };

impl Foreign for OpenTelemetry {
    fn key(&self) -> u64 {
        current(key_in).unwrap_or_default()
    }

    fn context(&self) -> Option<Context> {
        current(convert::current_in).flatten()
    }
}

/// A context that somebody has in hand, current or not.
struct Named<'c>(&'c Theirs);

impl Foreign for Named<'_> {
    fn key(&self) -> u64 {
        key_in(self.0)
    }

    fn context(&self) -> Option<Context> {
        convert::current_in(self.0)
    }
}

/// The identity of the context's span; 0: it has none, or shows the one that is current with us.
fn key_in(context: &Theirs) -> u64 {
    // A context without a span is the usual case, and the cheap one.
    if !context.has_active_span() {
        return 0;
    }
    let key = convert::key_of(context.span().span_context());
    if key == eager::shown() { 0 } else { key }
}

/// Looks at their current context; `None`: the thread has none any more.
pub(super) fn current<R>(look: impl FnOnce(&Theirs) -> R) -> Option<R> {
    struct Alive(bool);
    impl Drop for Alive {
        fn drop(&mut self) {}
    }
    thread_local! {
        // Made after the API's own local, so gone before that is: then we know not to ask, for it
        // would panic.
        static ALIVE: Alive = Alive(panic::catch_unwind(|| Theirs::map_current(|_| ())).is_ok());
    }
    let is_alive = ALIVE.try_with(|alive| alive.0).unwrap_or_default();
    is_alive.then(|| Theirs::map_current(look))
}

pub(super) fn install() -> bool {
    foreign::install(&OPENTELEMETRY)
}

/// Somebody uses the API.
pub(super) fn in_use() {
    foreign::in_use();
}

/// What is nearest now.
pub(super) fn parent() -> Context {
    foreign::parent()
}

/// What is nearer: the span in their context, or our current one.
pub(super) fn parent_in(context: &Theirs) -> Context {
    if !context.has_active_span() && current(Theirs::has_active_span).unwrap_or_default() {
        // Somebody has gone to the trouble of naming a context without a span.
        return Context::of_current_scope();
    }
    foreign::parent_of_call(&OPENTELEMETRY, &Named(context))
}
