//! What crosses the border of a process.

use super::{Baggage, SamplingState, TraceParent, TraceState};
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
    mark: Option<Mark>,
}

/// What the sampled flag cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Somebody is looking for this trace.
    Debug,
    /// The sender leaves the decision to the receiver.
    Deferred,
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
            mark: None,
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

    /// Replaces the decision about sampling, and sets or clears the sampled flag by it.
    ///
    /// ```
    /// # use spandrel::trace::propagation::{RemoteContext, SamplingState, TraceParent};
    /// # let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// # let context = RemoteContext::from(TraceParent::parse(header)?);
    /// let context = context.with_sampling_state(SamplingState::Defer);
    /// assert!(!context.flags().is_sampled());
    /// # Ok::<(), spandrel::trace::propagation::Malformed>(())
    /// ```
    #[must_use]
    pub fn with_sampling_state(self, state: SamplingState) -> Self {
        let mark = match state {
            SamplingState::Accept | SamplingState::Deny => None,
            SamplingState::Debug => Some(Mark::Debug),
            SamplingState::Defer => Some(Mark::Deferred),
        };
        let parent = self.parent.with_sampled(state.decision().unwrap_or(false));
        Self { parent, mark, ..self }
    }

    /// The same with a mark beside the flags, which stay as they are.
    pub(crate) fn with_mark(self, mark: Option<Mark>) -> Self {
        Self { mark, ..self }
    }

    pub(crate) const fn mark(&self) -> Option<Mark> {
        self.mark
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

    /// What was decided about sampling.
    #[must_use]
    pub const fn sampling_state(&self) -> SamplingState {
        match self.mark {
            Some(Mark::Debug) => SamplingState::Debug,
            Some(Mark::Deferred) => SamplingState::Defer,
            None if self.flags().is_sampled() => SamplingState::Accept,
            None => SamplingState::Deny,
        }
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
