//! Values, ids and contexts, from one world to the other.

use std::time::{SystemTime, UNIX_EPOCH};

use ::opentelemetry::{
    Array, Context as Theirs, Value as TheirValue,
    trace::{
        SpanContext, SpanId, SpanKind as TheirKind, TraceContextExt as _, TraceFlags, TraceId,
        TraceState as TheirState,
    },
};

use crate::{
    site::SpanKind,
    trace::{
        Context, Slot,
        context::Phase,
        local::{ACTIVE, RECORDING, REMOTE, W3C_SHIFT},
        propagation::TraceState,
    },
    value::Attribute,
};

/// One of their values, recorded as one of ours.
pub(super) struct Given<'v>(pub(super) &'v TheirValue);

impl Attribute for Given<'_> {
    fn record(&self, slot: Slot<'_>) {
        match self.0 {
            TheirValue::Bool(value) => slot.bool(*value),
            TheirValue::I64(value) => slot.i64(*value),
            TheirValue::F64(value) => slot.f64(*value),
            TheirValue::String(value) => slot.str(value.as_str()),
            TheirValue::Array(Array::Bool(values)) => values.record(slot),
            TheirValue::Array(Array::I64(values)) => values.record(slot),
            TheirValue::Array(Array::F64(values)) => values.record(slot),
            TheirValue::Array(Array::String(values)) => {
                let texts: Vec<&str> =
                    values.iter().map(opentelemetry::StringValue::as_str).collect();
                texts.record(slot);
            }
            // What a later version adds is at least shown.
            other => slot.str(&other.to_string()),
        }
    }
}

/// Their span context as a context of ours, under which spans may begin.
pub(super) fn context_of(span: &SpanContext, is_recording: bool) -> Context {
    let trace = u128::from_be_bytes(span.trace_id().to_bytes());
    let how = if span.is_remote() {
        REMOTE
    } else if is_recording {
        RECORDING
    } else {
        0
    };
    let context = Context {
        trace_high: (trace >> 64) as u64,
        trace_low: trace as u64,
        span: key_of(span),
        scope: 0,
        flags: ACTIVE | how | u16::from(span.trace_flags().to_u8() & 3) << W3C_SHIFT,
        phase: Phase::default(),
        extra: None,
    };
    context.with_trace_state(TraceState::parse(&span.trace_state().header()).unwrap_or_default())
}

/// The identity of the span in one of their contexts; 0: there is none.
pub(super) fn key_of(span: &SpanContext) -> u64 {
    if span.is_valid() { u64::from_be_bytes(span.span_id().to_bytes()) } else { 0 }
}

/// The span in one of their contexts as a context of ours.
pub(super) fn current_in(context: &Theirs) -> Option<Context> {
    let span = context.span();
    span.span_context().is_valid().then(|| context_of(span.span_context(), span.is_recording()))
}

/// What of our context they can hold.
pub(super) fn span_context(context: &Context, is_remote: bool) -> SpanContext {
    let (Some(trace), Some(span)) = (context.trace_id(), context.span_id()) else {
        return SpanContext::NONE;
    };
    let state = context.trace_state();
    SpanContext::new(
        TraceId::from_bytes(trace.to_bytes()),
        SpanId::from_bytes(span.to_bytes()),
        TraceFlags::new(context.trace_flags().bits()),
        is_remote,
        trace_state(state.as_str()),
    )
}

/// A `tracestate` as they hold it.
pub(super) fn trace_state(state: &str) -> TheirState {
    state.parse().unwrap_or_default()
}

pub(crate) fn kind(kind: Option<&TheirKind>) -> SpanKind {
    match kind {
        Some(TheirKind::Client) => SpanKind::Client,
        Some(TheirKind::Server) => SpanKind::Server,
        Some(TheirKind::Producer) => SpanKind::Producer,
        Some(TheirKind::Consumer) => SpanKind::Consumer,
        Some(TheirKind::Internal) | None => SpanKind::Internal,
    }
}

pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
