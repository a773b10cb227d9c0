//! Which formats are read and written.

use std::fmt;

use super::{
    Baggage, Extractor, Injector, RemoteContext, SamplingState, TraceParent, TraceState,
    UnknownPropagator, b3,
    format::{self, Format, Formats},
    jaeger,
};

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
///
/// Several formats are read in the order in which they are named, and what a later one finds takes
/// the place of what an earlier one found, as in OpenTelemetry's composite propagator; a message is
/// given all of them. Of baggage, entries of a later format replace those of the same name.
///
/// | name | headers | |
/// |---|---|---|
/// | `tracecontext` | `traceparent`, `tracestate` | W3C Trace Context, level 2 |
/// | `baggage` | `baggage` | W3C Baggage |
/// | `b3` | `b3` | Zipkin's single header; `x-b3-*` are read too where it is absent |
/// | `b3multi` | `x-b3-traceid`, `x-b3-spanid`, `x-b3-sampled`, `x-b3-flags` | Zipkin's several headers; `b3` is read too, and first |
/// | `jaeger` | `uber-trace-id`, `uberctx-*` | only read: Jaeger reads `tracecontext` |
/// | `none` | | nothing |
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Propagators {
    formats: Formats,
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
        Self { formats: [None; Format::COUNT] }
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
    /// A name is unknown or not supported, or `none` does not stand alone.
    pub fn parse(names: &str) -> Result<Self, UnknownPropagator> {
        match Self::from_names(names) {
            (propagators, None) => Ok(propagators),
            (_, Some(error)) => Err(error),
        }
    }

    /// Reads a list of names as the environment gives it: what cannot be used becomes a warning.
    ///
    /// The names that can be used are; if there is none, the default is.
    ///
    /// ```
    /// use spandrel::trace::propagation::Propagators;
    ///
    /// let (propagators, warning) = Propagators::from_names("tracecontext,xray");
    /// assert_eq!(Ok(propagators), Propagators::parse("tracecontext"));
    /// assert!(warning.unwrap().to_string().contains("`xray` is known"));
    /// ```
    #[must_use]
    pub fn from_names(names: &str) -> (Self, Option<UnknownPropagator>) {
        let (formats, complaint) = format::read(names);
        (formats.map_or_else(Self::default, |formats| Self { formats }), complaint)
    }

    /// Reads the span that a message came from.
    ///
    /// `None` means that a new trace starts: no valid `traceparent` is there, nor another format's
    /// headers. Baggage without them is not lost, [`extract_baggage`](Self::extract_baggage) reads
    /// it; nor is a decision about sampling, for which there is
    /// [`extract_sampling_state`](Self::extract_sampling_state).
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
        // Backwards: of several that find a span, the last counts.
        let mut found = self.formats.iter().rev().flatten().filter_map(|format| match format {
            Format::B3 | Format::B3Multi => match b3::extract(carrier)? {
                b3::Found::Context(context) => Some(context),
                b3::Found::Decision(_) => None,
            },
            Format::Baggage => None,
            Format::Jaeger => jaeger::extract(carrier),
            Format::TraceContext => trace_context(carrier),
        });
        Some(found.next()?.with_baggage(self.extract_baggage(carrier)))
    }

    /// Reads what a caller without a span decided about the trace that begins here.
    ///
    /// Only B3 can say that, by `b3: 0` for example.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use spandrel::trace::propagation::{Propagators, SamplingState};
    ///
    /// let message = HashMap::from([("b3".to_owned(), "0".to_owned())]);
    /// let propagators = Propagators::parse("b3")?;
    /// assert_eq!(propagators.extract(&message), None);
    /// assert_eq!(propagators.extract_sampling_state(&message), Some(SamplingState::Deny));
    /// # Ok::<(), spandrel::trace::propagation::UnknownPropagator>(())
    /// ```
    #[must_use]
    pub fn extract_sampling_state(&self, carrier: &dyn Extractor) -> Option<SamplingState> {
        if !self.has(Format::B3) && !self.has(Format::B3Multi) {
            return None;
        }
        match b3::extract(carrier)? {
            b3::Found::Context(_) => None,
            b3::Found::Decision(state) => Some(state),
        }
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
        if !self.has(Format::Jaeger) {
            let headers =
                if self.has(Format::Baggage) { carrier.get_all(BAGGAGE) } else { Vec::new() };
            return Baggage::from_headers(headers);
        }
        let jaeger = jaeger::extract_baggage(carrier);
        let headers = self.formats.iter().flatten().flat_map(|format| match format {
            Format::Baggage => carrier.get_all(BAGGAGE),
            Format::Jaeger => vec![jaeger.as_str()],
            Format::B3 | Format::B3Multi | Format::TraceContext => Vec::new(),
        });
        // Of entries of one name the last is what a reader gets.
        Baggage::from_headers(headers)
    }

    /// Writes a context into a message.
    ///
    /// A `tracestate` that the message had is removed if the context has none: it would belong to
    /// another parent. A `baggage` header stays if the context has none, it may be the user's own.
    pub fn inject(&self, context: &RemoteContext, carrier: &mut dyn Injector) {
        for format in self.formats.iter().flatten() {
            match format {
                Format::B3 => {
                    if !self.has(Format::B3Multi) {
                        b3::remove_several(carrier);
                    }
                    b3::inject_single(context, carrier);
                }
                Format::B3Multi => {
                    if !self.has(Format::B3) {
                        b3::remove_single(carrier);
                    }
                    b3::inject_several(context, carrier);
                }
                Format::Baggage => self.inject_baggage(context.baggage(), carrier),
                Format::Jaeger => {}
                Format::TraceContext => inject_trace_context(context, carrier),
            }
        }
    }

    /// Writes a decision about the trace that the receiver begins, for a sender without a span.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use spandrel::trace::propagation::{Propagators, SamplingState};
    ///
    /// let mut message = HashMap::new();
    /// Propagators::parse("b3")?.inject_sampling_state(SamplingState::Deny, &mut message);
    /// assert_eq!(message["b3"], "0");
    /// # Ok::<(), spandrel::trace::propagation::UnknownPropagator>(())
    /// ```
    pub fn inject_sampling_state(&self, state: SamplingState, carrier: &mut dyn Injector) {
        if self.has(Format::B3) {
            b3::inject_single_state(state, carrier);
        }
        if self.has(Format::B3Multi) {
            b3::inject_several_state(state, carrier);
        }
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
        if self.has(Format::Baggage) && !baggage.is_empty() {
            carrier.set(BAGGAGE, baggage.to_string());
        }
    }

    /// Whether Jaeger's format is read, in which nothing is sent.
    pub(crate) fn reads_jaeger(&self) -> bool {
        self.has(Format::Jaeger)
    }

    /// Whether anything tells a receiver which trace it is in.
    pub(crate) fn sends_traces(&self) -> bool {
        [Format::B3, Format::B3Multi, Format::TraceContext].into_iter().any(|one| self.has(one))
    }

    fn has(&self, format: Format) -> bool {
        self.formats.contains(&Some(format))
    }
}

impl Default for Propagators {
    fn default() -> Self {
        let mut formats = [None; Format::COUNT];
        (formats[0], formats[1]) = (Some(Format::TraceContext), Some(Format::Baggage));
        Self { formats }
    }
}

/// In the form that [`Propagators::parse`] reads.
impl fmt::Display for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.formats[0].is_none() {
            return f.write_str("none");
        }
        for (position, format) in self.formats.iter().flatten().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}", format.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Propagators({self})")
    }
}

fn trace_context(carrier: &dyn Extractor) -> Option<RemoteContext> {
    let parent = TraceParent::from_headers(carrier.get_all(TRACE_PARENT)).ok()?;
    let state = TraceState::from_headers(carrier.get_all(TRACE_STATE)).unwrap_or_default();
    Some(RemoteContext::from(parent).with_trace_state(state))
}

fn inject_trace_context(context: &RemoteContext, carrier: &mut dyn Injector) {
    carrier.set(TRACE_PARENT, context.trace_parent().to_string());
    if context.trace_state().is_empty() {
        carrier.remove(TRACE_STATE);
    } else {
        carrier.set(TRACE_STATE, context.trace_state().to_string());
    }
}

const TRACE_PARENT: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

#[cfg(test)]
#[path = "propagators_tests.rs"]
mod tests;
