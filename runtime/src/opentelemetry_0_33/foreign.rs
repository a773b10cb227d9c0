//! Their current span, as the recorder asks for it.

use ::opentelemetry::{Context as Theirs, trace::TraceContextExt as _};

use super::convert;
use crate::trace::{
    Context,
    foreign::{self, Foreign},
};

/// The API of OpenTelemetry 0.33.
struct OpenTelemetry;

static OPENTELEMETRY: OpenTelemetry = OpenTelemetry;

impl Foreign for OpenTelemetry {
    fn key(&self) -> u64 {
        Theirs::map_current(key_in)
    }

    fn context(&self) -> Option<Context> {
        Theirs::map_current(convert::current_in)
    }
}

fn key_in(context: &Theirs) -> u64 {
    // A context without a span is the usual case, and the cheap one.
    if context.has_active_span() { convert::key_of(context.span().span_context()) } else { 0 }
}

pub(super) fn install() -> bool {
    foreign::install(&OPENTELEMETRY)
}

/// Somebody uses the API.
pub(super) fn in_use() {
    foreign::in_use();
}

/// What is nearer: the span in their context, or our current one.
pub(super) fn parent_in(context: &Theirs) -> Context {
    foreign::parent_of(&OPENTELEMETRY, key_in(context), || convert::current_in(context))
}
