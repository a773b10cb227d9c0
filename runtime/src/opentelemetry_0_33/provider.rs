//! Makes spans for users of the API.

use ::opentelemetry::{
    Context as Theirs, InstrumentationScope,
    trace::{self, SpanBuilder},
};

use super::{convert, foreign, scopes, span::Span, words};
use crate::{
    call::fields::{Begun, Fields},
    trace::{Context, active::Active},
};

/// The tracer provider: everything goes to the recorder of the program.
///
/// ```
/// use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
/// use spandrel::opentelemetry_0_33::Provider;
///
/// let tracer = Provider::new().tracer("library");
/// tracer.start("work").end();
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Provider {}

/// Makes the spans of one instrumentation scope.
#[derive(Clone, Debug)]
pub struct Tracer {
    scope: scopes::Scope,
}

impl Provider {
    /// There is nothing to configure: the recorder decides.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }
}

impl trace::TracerProvider for Provider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        // Also for a library that was given the provider by itself.
        foreign::install();
        Tracer { scope: scopes::of(&scope) }
    }
}

impl trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Theirs) -> Span {
        if parent.is_telemetry_suppressed() {
            return Span::new(Active::off());
        }
        foreign::in_use();
        let site = self.scope.site(convert::kind(builder.span_kind.as_ref()));
        let attributes = builder.attributes.unwrap_or_default();
        let capture = |fields: Fields| -> Begun {
            fields.write(|writer| {
                writer.name_str(&builder.name);
                self.scope.write(writer);
                words::write(writer, &attributes);
            })
        };
        let (mut active, unrecorded) = {
            let _attached = foreign::parent_in(parent).attach();
            let active = Active::begin(site, site.word(), capture);
            (active, Context::peek())
        };
        if active.is_recording() {
            active.mark_shared();
        } else if !active.has_context() {
            // To others it is its parent.
            active = Active::carrying(unrecorded);
        }
        let mut span = Span::new(active);
        if let Some(start) = builder.start_time {
            span.set_start(start);
        }
        for event in builder.events.unwrap_or_default() {
            span.add(&event.name, event.timestamp, &event.attributes);
        }
        for link in builder.links.unwrap_or_default() {
            trace::Span::add_link(&mut span, link.span_context, link.attributes);
        }
        span
    }
}
