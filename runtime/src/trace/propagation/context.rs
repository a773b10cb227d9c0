//! What crosses the border of a process.

use super::{Baggage, TraceParent, TraceState};
use crate::trace::id::{SpanId, TraceFlags, TraceId};

/// A span of another process, as it came with a request or goes with one.
///
/// ```
/// use spandrel::trace::propagation::{RemoteContext, TraceParent, TraceState};
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = RemoteContext::from(TraceParent::parse(header)?)
///     .with_trace_state(TraceState::parse("congo=1")?);
/// assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.trace_state().as_str(), "congo=1");
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteContext {
    parent: TraceParent,
    trace_state: TraceState,
    baggage: Baggage,
}

impl RemoteContext {
    /// Makes a context without `tracestate` and baggage.
    ///
    /// ```
    /// use spandrel::trace::id::{SpanId, TraceFlags, TraceId};
    /// use spandrel::trace::propagation::RemoteContext;
    ///
    /// let trace = TraceId::from_u128(1).unwrap();
    /// let context = RemoteContext::new(trace, SpanId::from_u64(2).unwrap(), TraceFlags::SAMPLED);
    /// assert!(context.baggage().is_empty());
    /// ```
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self {
            parent: TraceParent::new(trace_id, span_id, flags),
            trace_state: TraceState::new(),
            baggage: Baggage::new(),
        }
    }

    /// Replaces what other tracing systems said.
    #[must_use]
    pub fn with_trace_state(self, trace_state: TraceState) -> Self {
        Self { trace_state, ..self }
    }

    /// Replaces the baggage.
    ///
    /// ```
    /// # use spandrel::trace::propagation::{Baggage, RemoteContext, TraceParent};
    /// # let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// # let context = RemoteContext::from(TraceParent::parse(header)?);
    /// let context = context.with_baggage(Baggage::parse("user=alice"));
    /// assert_eq!(context.baggage().get("user").as_deref(), Some("alice"));
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    #[must_use]
    pub fn with_baggage(self, baggage: Baggage) -> Self {
        Self { baggage, ..self }
    }

    /// The position in the trace, as `traceparent` carries it.
    #[must_use]
    pub const fn trace_parent(&self) -> TraceParent {
        self.parent
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.parent.trace_id()
    }

    /// The span.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.parent.span_id()
    }

    /// The flags as they came.
    #[must_use]
    pub const fn flags(&self) -> TraceFlags {
        self.parent.flags()
    }

    /// What other tracing systems said.
    #[must_use]
    pub const fn trace_state(&self) -> &TraceState {
        &self.trace_state
    }

    /// The baggage.
    #[must_use]
    pub const fn baggage(&self) -> &Baggage {
        &self.baggage
    }
}

impl From<TraceParent> for RemoteContext {
    fn from(parent: TraceParent) -> Self {
        Self::new(parent.trace_id(), parent.span_id(), parent.flags())
    }
}
