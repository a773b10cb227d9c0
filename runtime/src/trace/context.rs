//! The context of a call: which span is current, and what travels with it.

use std::sync::Arc;

use super::{
    id::{SpanId, TraceFlags, TraceId},
    local::{self, ACTIVE, EXTRA, Local, RECORDING, REMOTE, SHARED, W3C_SHIFT},
};

/// What rarely exists and travels with a trace: `tracestate` and baggage.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    pub(crate) trace_state: String,
}

impl Extra {
    pub(crate) fn trace_state_text(&self) -> &str {
        &self.trace_state
    }
}

/// A captured context: hand it to another thread or task and attach it there.
///
/// ```
/// use spandrel::trace::Context;
///
/// let context = Context::current();
/// std::thread::spawn(move || {
///     let _attached = context.attach();
///     // Spans that begin here are children of the span that was current there.
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub(crate) trace_high: u64,
    pub(crate) trace_low: u64,
    pub(crate) span: u64,
    pub(crate) scope: u32,
    pub(crate) flags: u16,
    /// How far the carrier of the context is; stays with it, and stands here because here it costs
    /// no room.
    pub(crate) phase: Phase,
    pub(crate) extra: Option<Arc<Extra>>,
}

/// The life of a future that carries a context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Between two polls, or before the first.
    #[default]
    Waiting,
    /// In a poll, or left one by a panic.
    Polling,
    /// Being dropped.
    Dropping,
    /// Being dropped, its context being current.
    DroppingWithin,
    /// Ready.
    Done,
}

/// Keeps a context current; see [`Context::attach`].
#[derive(Debug)]
#[must_use = "the context is current only while this guard lives"]
pub struct Attached {
    previous: Context,
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Context {
    /// Captures what is current on this thread.
    #[must_use]
    pub fn current() -> Self {
        // Whoever gets the copy may record about the span from another thread.
        let flags = Local.flags();
        if flags & RECORDING != 0 {
            Local.replace_flags(flags | SHARED);
        }
        Self::peek()
    }

    /// Makes the context current on this thread until the guard is dropped.
    pub fn attach(&self) -> Attached {
        let mut previous = self.clone();
        previous.swap();
        Attached { previous, _not_send: std::marker::PhantomData }
    }

    /// The trace, if there is one.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_u128(u128::from(self.trace_high) << 64 | u128::from(self.trace_low))
    }

    /// The current span, if there is one.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.span)
    }

    /// The trace flags.
    #[must_use]
    pub fn trace_flags(&self) -> TraceFlags {
        TraceFlags::from_bits((self.flags >> W3C_SHIFT) as u8)
    }

    /// Whether the current span is in another process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.flags & REMOTE != 0
    }

    /// Whether spans that begin under this context are recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.flags & RECORDING != 0
    }

    /// Whether there is a span, here or in another process.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.flags & ACTIVE != 0
    }

    /// Nothing but a scope.
    pub(crate) fn of_scope(scope: u32) -> Self {
        Self { scope, ..Self::default() }
    }

    /// What is current, without intent to record from another thread.
    pub(crate) fn peek() -> Self {
        let flags = Local.flags();
        Self {
            trace_high: Local.trace_high(),
            trace_low: Local.trace_low(),
            span: Local.span(),
            flags,
            scope: Local.scope(),
            phase: Phase::Waiting,
            extra: if flags & EXTRA != 0 { local::clone_extra() } else { None },
        }
    }

    /// Exchanges this context with the thread's.
    #[inline(always)]
    pub(crate) fn swap(&mut self) {
        let flags = Local.replace_flags(self.flags);
        if (flags | self.flags) & EXTRA != 0 {
            self.extra = local::replace_extra(self.extra.take());
        }
        self.flags = flags;
        self.span = Local.replace_span(self.span);
        let same = self.trace_low == Local.trace_low()
            && self.trace_high == Local.trace_high()
            && self.scope == Local.scope();
        if !same {
            self.trace_low = Local.replace_trace_low(self.trace_low);
            self.trace_high = Local.replace_trace_high(self.trace_high);
            self.scope = Local.replace_scope(self.scope);
            Local.trace_changed();
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.previous.swap();
    }
}
