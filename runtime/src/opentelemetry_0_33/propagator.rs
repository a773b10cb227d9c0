//! Reads and writes headers for users of the API.

use std::{collections::HashMap, sync::OnceLock};

use ::opentelemetry::{
    Context as Theirs,
    propagation::{self as theirs, TextMapPropagator, text_map_propagator::FieldIter},
    trace::TraceContextExt as _,
};

use super::{convert, foreign};
use crate::trace::propagation::{self, Extractor, Injector, RemoteContext, TraceParent};

/// The propagator: the formats of `OTEL_PROPAGATORS`, for the span that is nearest.
///
/// ```
/// use std::collections::HashMap;
///
/// use opentelemetry::{propagation::TextMapPropagator as _, trace::TraceContextExt as _};
/// use spandrel::opentelemetry_0_33::Propagator;
///
/// let headers = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let context = Propagator::new().extract(&headers);
/// assert!(context.span().span_context().is_remote());
/// ```
#[derive(Debug, Default)]
pub struct Propagator {
    wrapped: Option<Box<dyn TextMapPropagator + Send + Sync>>,
}

/// Their carriers as ours.
struct Read<'c>(&'c dyn theirs::Extractor);
struct Write<'c>(&'c mut dyn theirs::Injector);

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    fn get_all(&self, key: &str) -> Vec<&str> {
        self.0.get_all(key).unwrap_or_default()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }
}

impl Injector for Write<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.set(key, value);
    }

    /// Their carriers cannot take anything back.
    fn remove(&mut self, _key: &str) {}
}

impl Propagator {
    /// The formats are those of the program.
    #[must_use]
    pub fn new() -> Self {
        Self { wrapped: None }
    }

    /// The formats are another propagator's, which is told the span that is nearest.
    ///
    /// For formats that `OTEL_PROPAGATORS` does not know, in place of what
    /// [`install`](super::install) has set:
    ///
    /// ```
    /// use opentelemetry::global;
    /// use opentelemetry_sdk::propagation::TraceContextPropagator;
    /// use spandrel::opentelemetry_0_33::Propagator;
    ///
    /// let theirs = TraceContextPropagator::new();
    /// global::set_text_map_propagator(Propagator::wrapping(theirs));
    /// ```
    #[must_use]
    pub fn wrapping(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self { wrapped: Some(Box::new(propagator)) }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Theirs, injector: &mut dyn theirs::Injector) {
        let nearest = foreign::parent_in(context);
        if let Some(wrapped) = &self.wrapped {
            let span = convert::span_context(&nearest);
            let baggage = convert::merged_baggage(nearest.baggage(), context);
            let context = convert::with_baggage(context, &baggage);
            return wrapped.inject_context(&context.with_remote_span_context(span), injector);
        }
        let baggage = convert::merged_baggage(nearest.baggage(), context);
        propagation::inject_context(&nearest.with_baggage(baggage), &mut Write(injector));
    }

    fn extract_with_context(&self, context: &Theirs, extractor: &dyn theirs::Extractor) -> Theirs {
        foreign::in_use();
        if let Some(wrapped) = &self.wrapped {
            return wrapped.extract_with_context(context, extractor);
        }
        let read = propagation::extract(&Read(extractor));
        let context = convert::with_baggage(context, &read.baggage());
        match read.is_remote() {
            true => context.with_remote_span_context(convert::span_context(&read)),
            false => context,
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        if let Some(wrapped) = &self.wrapped {
            return wrapped.fields();
        }
        static FIELDS: OnceLock<Vec<String>> = OnceLock::new();
        FieldIter::new(FIELDS.get_or_init(|| {
            let mut sample = HashMap::new();
            if let Ok(parent) = TraceParent::parse(SAMPLE) {
                let remote = RemoteContext::from(parent);
                propagation::inject_context(&remote.into(), &mut sample);
            }
            sample.into_keys().chain(ALWAYS.map(str::to_owned)).collect()
        }))
    }
}

/// Shows which headers are written.
const SAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// Those that only some contexts have.
const ALWAYS: [&str; 2] = ["tracestate", "baggage"];
