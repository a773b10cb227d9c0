//! What a caller decided about sampling, in the words of B3.

/// What a caller decided about sampling.
///
/// The sampled flag of W3C Trace Context says [`Accept`](Self::Accept) or [`Deny`](Self::Deny); B3
/// and Jaeger can say more, and B3 can say it without naming a span.
///
/// ```
/// use spandrel::trace::propagation::{RemoteContext, SamplingState, TraceParent};
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let caller = RemoteContext::from(TraceParent::parse(header)?);
/// assert_eq!(caller.sampling_state(), SamplingState::Accept);
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplingState {
    /// The trace is recorded.
    Accept,
    /// The trace is recorded, and somebody is looking for it: the mark goes on with the trace.
    Debug,
    /// The caller leaves it to the receiver: a sampler decides as for a new trace.
    Defer,
    /// The trace is not recorded.
    Deny,
}

impl SamplingState {
    /// Whether the caller wants the trace recorded; `None` if it leaves that to the receiver.
    ///
    /// ```
    /// use spandrel::trace::propagation::SamplingState;
    ///
    /// assert_eq!(SamplingState::Debug.decision(), Some(true));
    /// assert_eq!(SamplingState::Defer.decision(), None);
    /// ```
    #[must_use]
    pub const fn decision(self) -> Option<bool> {
        match self {
            Self::Accept | Self::Debug => Some(true),
            Self::Defer => None,
            Self::Deny => Some(false),
        }
    }
}
