//! The receiving side of the trust boundary: whose trace a request continues.

use super::{Baggage, RemoteContext, SamplingState};

/// Whether callers of a server are trusted to continue their traces in ours.
///
/// ```
/// use spandrel::trace::propagation::{Boundary, RemoteContext, Start, TraceParent};
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let caller = RemoteContext::from(TraceParent::parse(header)?);
/// assert_eq!(Boundary::Trusted.admit(Some(caller.clone())), Start::Child(caller.clone()));
/// assert_eq!(Boundary::PublicEndpoint.admit(Some(caller.clone())), Start::Root(Some(caller)));
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// Anyone may call: their context becomes a link of a new root, and nothing in it is obeyed.
    ///
    /// Otherwise strangers could have everything recorded, or put their spans into our traces.
    PublicEndpoint,
    /// Callers are our own services.
    #[default]
    Trusted,
}

/// How the first span of a request begins.
///
/// ```
/// use spandrel::trace::propagation::{Boundary, Start};
///
/// assert_eq!(Boundary::Trusted.admit(None), Start::Root(None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// As a child of the caller's span; the caller's sampling decision counts.
    Child(RemoteContext),
    /// As the root of a new trace, linked to the caller's span if there is one.
    Root(Option<RemoteContext>),
}

impl Boundary {
    /// Decides what becomes of the context that came with a request.
    ///
    /// The context of a link has no baggage.
    #[must_use]
    pub fn admit(self, incoming: Option<RemoteContext>) -> Start {
        match (self, incoming) {
            (_, None) => Start::Root(None),
            (Self::Trusted, Some(caller)) => Start::Child(caller),
            (Self::PublicEndpoint, Some(caller)) => {
                Start::Root(Some(caller.with_baggage(Baggage::new())))
            }
        }
    }

    /// Decides what becomes of baggage that came without a `traceparent`.
    ///
    /// ```
    /// use spandrel::trace::propagation::{Baggage, Boundary};
    ///
    /// let baggage = Baggage::parse("user=root");
    /// assert!(Boundary::PublicEndpoint.admit_baggage(baggage).is_empty());
    /// ```
    #[must_use]
    pub fn admit_baggage(self, incoming: Baggage) -> Baggage {
        match self {
            Self::PublicEndpoint => Baggage::new(),
            Self::Trusted => incoming,
        }
    }

    /// Decides what becomes of a decision that came without a span.
    ///
    /// ```
    /// use spandrel::trace::propagation::{Boundary, SamplingState};
    ///
    /// let asked = Some(SamplingState::Debug);
    /// assert_eq!(Boundary::PublicEndpoint.admit_sampling_state(asked), None);
    /// assert_eq!(Boundary::Trusted.admit_sampling_state(asked), asked);
    /// ```
    #[must_use]
    pub fn admit_sampling_state(self, incoming: Option<SamplingState>) -> Option<SamplingState> {
        match self {
            Self::PublicEndpoint => None,
            Self::Trusted => incoming,
        }
    }
}
