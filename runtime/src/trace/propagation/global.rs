//! Propagation with the formats that the program chose.

use super::{Boundary, Extractor, Injector, Propagators, Start};
use crate::trace::{context::Context, recorder};

/// The formats in use: those of `init`, or Trace Context and Baggage before it.
fn propagators() -> Propagators {
    recorder::current().map(|recorder| recorder.settings.propagators).unwrap_or_default()
}

/// Writes the current context into an outgoing request.
///
/// Also where nothing is recorded: a trace goes on through programs that take no part in it.
///
/// ```
/// use std::collections::HashMap;
/// use spandrel::trace::propagation;
///
/// let mut headers = HashMap::new();
/// propagation::inject(&mut headers);
/// assert!(headers.is_empty(), "there is no current span");
/// ```
pub fn inject(carrier: &mut dyn Injector) {
    inject_context(&Context::current(), carrier);
}

/// Writes a context into an outgoing request.
///
/// ```
/// use std::collections::HashMap;
/// use spandrel::trace::{Context, propagation};
///
/// let incoming = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let context: Context = propagation::extract(&incoming);
///
/// let mut outgoing = HashMap::new();
/// propagation::inject_context(&context, &mut outgoing);
/// assert_eq!(outgoing["traceparent"], incoming["traceparent"]);
/// ```
pub fn inject_context(context: &Context, carrier: &mut dyn Injector) {
    match context.to_remote() {
        Some(remote) => propagators().inject(&remote, carrier),
        None => {
            let propagators = propagators();
            propagators.inject_baggage(&context.baggage(), carrier);
            if let Some(state) = context.asked() {
                propagators.inject_sampling_state(state, carrier);
            }
        }
    }
}

/// The same without baggage, for a receiver that is not to see it.
#[cfg(any(feature = "tower", feature = "reqwest"))]
pub(crate) fn inject_without_baggage(context: &Context, carrier: &mut dyn Injector) {
    match context.to_remote_without_baggage() {
        Some(remote) => propagators().inject(&remote, carrier),
        None => {
            if let Some(state) = context.asked() {
                propagators().inject_sampling_state(state, carrier);
            }
        }
    }
}

/// Reads the context of an incoming request from within one's own trust boundary.
///
/// Malformed headers are as good as none: the context is empty then and a new trace begins, which
/// a decision about sampling that came without a span (`b3: 0`) still rules as a parent's would.
///
/// ```
/// use std::collections::HashMap;
/// use spandrel::trace::propagation;
///
/// let headers = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let context = propagation::extract(&headers);
/// assert!(context.is_remote());
/// let _attached = context.attach();
/// // What begins here is a child of the caller's span.
/// ```
#[must_use]
pub fn extract(carrier: &dyn Extractor) -> Context {
    extract_across(Boundary::Trusted, carrier).0
}

/// Reads the context of an incoming request across a boundary: `(context, what to link to)`.
///
/// From a public endpoint the caller's span is only linked to: neither its trace nor its sampled
/// flag is obeyed, and its baggage is dropped.
///
/// ```
/// use std::collections::HashMap;
/// use spandrel::trace::propagation::{self, Boundary};
///
/// let headers = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let (context, link) = propagation::extract_across(Boundary::PublicEndpoint, &headers);
/// assert!(!context.is_remote());
/// assert!(link.is_some());
/// ```
#[must_use]
pub fn extract_across(boundary: Boundary, carrier: &dyn Extractor) -> (Context, Option<Context>) {
    let propagators = propagators();
    let empty = Context::of_current_scope();
    match boundary.admit(propagators.extract(carrier)) {
        Start::Child(remote) => (remote.into(), None),
        Start::Root(link) => {
            let baggage = boundary.admit_baggage(propagators.extract_baggage(carrier));
            let asked = boundary.admit_sampling_state(propagators.extract_sampling_state(carrier));
            (empty.asking(baggage, asked), link.map(Context::from))
        }
    }
}
