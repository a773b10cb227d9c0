//! Which formats are read and written: `OTEL_PROPAGATORS`.

use super::{Baggage, Extractor, Injector, RemoteContext, TraceParent, TraceState};

/// The formats in which context crosses the border of a process.
///
/// The default is W3C Trace Context and W3C Baggage.
///
/// ```
/// use std::collections::HashMap;
///
/// use spandrel::trace::propagation::Propagators;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let incoming = HashMap::from([
///     ("traceparent".to_owned(), header.to_owned()),
///     ("baggage".to_owned(), "user=alice".to_owned()),
/// ]);
/// let propagators = Propagators::parse("tracecontext,baggage")?;
/// let context = propagators.extract(&incoming).unwrap();
///
/// let mut outgoing = HashMap::new();
/// propagators.inject(&context, &mut outgoing);
/// assert_eq!(outgoing, incoming);
/// # Ok::<(), spandrel::trace::propagation::UnknownPropagator>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagators {
    trace_context: bool,
    baggage: bool,
}

/// Says which names of a list of propagators cannot be used, and which can.
///
/// ```
/// use spandrel::trace::propagation::Propagators;
///
/// let error = Propagators::parse("tracecontext,b3").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "propagator `b3` is known but not supported yet; \
///      valid are `tracecontext`, `baggage` and `none`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPropagator {
    complaints: Vec<String>,
}

impl Propagators {
    /// Takes no format: nothing is read, nothing is sent.
    ///
    /// ```
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// assert_eq!(Propagators::parse("none"), Ok(Propagators::none()));
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Self { trace_context: false, baggage: false }
    }

    /// Reads a list of names separated by commas, in any case; an empty list is the default.
    ///
    /// ```
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// let both = Propagators::parse("baggage, tracecontext, baggage")?;
    /// assert_eq!(both, Propagators::default());
    /// # Ok::<(), spandrel::trace::propagation::UnknownPropagator>(())
    /// ```
    ///
    /// # Errors
    /// A name is unknown or not supported yet, or `none` does not stand alone.
    pub fn parse(names: &str) -> Result<Self, UnknownPropagator> {
        let (propagators, complaints) = Self::read(names);
        if complaints.is_empty() { Ok(propagators) } else { Err(UnknownPropagator { complaints }) }
    }

    /// Reads a list of names as the environment gives it: what cannot be used becomes a warning.
    ///
    /// The names that can be used are; if there is none, the default is.
    ///
    /// ```
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// let (propagators, warning) = Propagators::from_names("tracecontext,b3multi");
    /// assert_eq!(Ok(propagators), Propagators::parse("tracecontext"));
    /// assert!(warning.unwrap().to_string().contains("`b3multi` is known"));
    /// ```
    #[must_use]
    pub fn from_names(names: &str) -> (Self, Option<UnknownPropagator>) {
        let (propagators, complaints) = Self::read(names);
        (propagators, (!complaints.is_empty()).then_some(UnknownPropagator { complaints }))
    }

    /// Reads the span that a message came from.
    ///
    /// `None` means that a new trace starts: no valid `traceparent` is there. Baggage without one
    /// is not lost, [`extract_baggage`](Self::extract_baggage) reads it.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// let hostile = HashMap::from([("traceparent".to_owned(), "00-\u{0}".to_owned())]);
    /// assert_eq!(Propagators::default().extract(&hostile), None);
    /// ```
    #[must_use]
    pub fn extract(&self, carrier: &dyn Extractor) -> Option<RemoteContext> {
        if !self.trace_context {
            return None;
        }
        let parent = TraceParent::from_headers(carrier.get_all(TRACE_PARENT)).ok()?;
        let state = TraceState::from_headers(carrier.get_all(TRACE_STATE)).unwrap_or_default();
        let context = RemoteContext::from(parent).with_trace_state(state);
        Some(context.with_baggage(self.extract_baggage(carrier)))
    }

    /// Reads the baggage of a message, whether or not it has a `traceparent`.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// let message = HashMap::from([("baggage".to_owned(), "user=alice".to_owned())]);
    /// let baggage = Propagators::default().extract_baggage(&message);
    /// assert_eq!(baggage.get("user").as_deref(), Some("alice"));
    /// ```
    #[must_use]
    pub fn extract_baggage(&self, carrier: &dyn Extractor) -> Baggage {
        if !self.baggage {
            return Baggage::new();
        }
        Baggage::from_headers(carrier.get_all(BAGGAGE))
    }

    /// Writes a context into a message.
    ///
    /// A `tracestate` that the message had is removed if the context has none: it would belong to
    /// another parent. A `baggage` header stays if the context has none, it may be the user's own.
    pub fn inject(&self, context: &RemoteContext, carrier: &mut dyn Injector) {
        if self.trace_context {
            carrier.set(TRACE_PARENT, context.trace_parent().to_string());
            if context.trace_state().is_empty() {
                carrier.remove(TRACE_STATE);
            } else {
                carrier.set(TRACE_STATE, context.trace_state().to_string());
            }
        }
        self.inject_baggage(context.baggage(), carrier);
    }

    /// Writes baggage into a message, for a sender without a span.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use spandrel::trace::propagation::{Baggage, Propagators};
    ///
    /// let mut message = HashMap::new();
    /// Propagators::default().inject_baggage(&Baggage::parse("user=alice"), &mut message);
    /// assert_eq!(message["baggage"], "user=alice");
    /// ```
    pub fn inject_baggage(&self, baggage: &Baggage, carrier: &mut dyn Injector) {
        if self.baggage && !baggage.is_empty() {
            carrier.set(BAGGAGE, baggage.to_string());
        }
    }

    fn read(names: &str) -> (Self, Vec<String>) {
        let mut propagators = Self::none();
        let mut none = false;
        let mut complaints = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.to_ascii_lowercase().as_str() {
                "tracecontext" => propagators.trace_context = true,
                "baggage" => propagators.baggage = true,
                "none" => none = true,
                "b3" | "b3multi" | "jaeger" | "xray" | "ottrace" => {
                    complaints.push(format!("propagator `{name}` is known but not supported yet"));
                }
                _ => complaints.push(format!("unknown propagator `{name}`")),
            }
        }
        if none && (propagators != Self::none() || !complaints.is_empty()) {
            complaints.push("`none` stands alone, or not at all".to_owned());
        }
        if !none && propagators == Self::none() {
            propagators = Self::default();
        }
        (propagators, complaints)
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self { trace_context: true, baggage: true }
    }
}

/// In the form that [`Propagators::parse`] reads.
impl std::fmt::Display for Propagators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match (self.trace_context, self.baggage) {
            (true, true) => "tracecontext,baggage",
            (true, false) => "tracecontext",
            (false, true) => "baggage",
            (false, false) => "none",
        })
    }
}

impl std::fmt::Display for UnknownPropagator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let complaints = self.complaints.join(", ");
        write!(f, "{complaints}; valid are `tracecontext`, `baggage` and `none`")
    }
}

impl std::error::Error for UnknownPropagator {}

const TRACE_PARENT: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

#[cfg(test)]
#[path = "propagators_tests.rs"]
mod tests;
