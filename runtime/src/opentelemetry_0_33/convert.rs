//! Values, ids and contexts, from one world to the other.

use std::time::{SystemTime, UNIX_EPOCH};

use ::opentelemetry::{
    Array, Context as Theirs, Value as TheirValue,
    baggage::{Baggage as TheirBaggage, BaggageExt as _, BaggageMetadata, KeyValueMetadata},
    trace::{
        SpanContext, SpanId, SpanKind as TheirKind, TraceContextExt as _, TraceFlags, TraceId,
        TraceState as TheirState,
    },
};

use super::tentative;
use crate::{
    site::SpanKind,
    trace::{
        Context, Slot,
        context::Phase,
        local::{ACTIVE, RECORDING, REMOTE, W3C_SHIFT},
        propagation::{Baggage, TraceState},
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
///
/// What it says is all there is to go by: to ask a span whether it records is to lock it, and
/// whoever is asking may be called by somebody who has.
pub(super) fn context_of(span: &SpanContext) -> Context {
    let trace = u128::from_be_bytes(span.trace_id().to_bytes());
    let id = key_of(span);
    let tentative = tentative::root_of(id);
    let how = if span.is_remote() {
        REMOTE
    } else if span.is_sampled() || tentative != 0 {
        RECORDING
    } else {
        0
    };
    let context = Context {
        trace_high: (trace >> 64) as u64,
        trace_low: trace as u64,
        span: id,
        scope: tentative,
        flags: ACTIVE | how | u16::from(span.trace_flags().to_u8() & 3) << W3C_SHIFT,
        phase: Phase::default(),
        extra: None,
    };
    if *span.trace_state() == TheirState::NONE {
        return context;
    }
    context.with_trace_state(TraceState::parse(&span.trace_state().header()).unwrap_or_default())
}

/// The identity of the span in one of their contexts; 0: there is none.
pub(super) fn key_of(span: &SpanContext) -> u64 {
    if span.is_valid() { u64::from_be_bytes(span.span_id().to_bytes()) } else { 0 }
}

/// The span in one of their contexts as a context of ours, with the baggage that is there.
pub(super) fn current_in(context: &Theirs) -> Option<Context> {
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return None;
    }
    let ours = context_of(span);
    if context.baggage().is_empty() {
        return Some(ours);
    }
    let baggage = merged_baggage(ours.baggage(), context);
    Some(ours.with_baggage(baggage))
}

/// What of our context they can hold.
pub(super) fn span_context(context: &Context) -> SpanContext {
    let (Some(trace), Some(span)) = (context.trace_id(), context.span_id()) else {
        return SpanContext::NONE;
    };
    let state = context.trace_state();
    SpanContext::new(
        TraceId::from_bytes(trace.to_bytes()),
        SpanId::from_bytes(span.to_bytes()),
        TraceFlags::new(context.trace_flags().bits()),
        context.is_remote(),
        trace_state(state.as_str()),
    )
}

/// The entries of their context beside those that we have; theirs win.
pub(super) fn merged_baggage(mut ours: Baggage, context: &Theirs) -> Baggage {
    for (name, (value, _)) in context.baggage() {
        // What breaks a limit stays out, and the rest goes.
        let _ = ours.insert(name.as_str(), value.as_str());
    }
    ours
}

/// Their context with these entries, in place of its own of the same names.
pub(super) fn with_baggage(context: &Theirs, baggage: &Baggage) -> Theirs {
    if baggage.is_empty() {
        return context.clone();
    }
    let ours = baggage.iter().map(|entry| {
        let (name, value) = (entry.name().to_owned(), entry.value().into_owned());
        KeyValueMetadata::new(name, value, BaggageMetadata::default())
    });
    let own = context.baggage().iter().map(|(name, (value, metadata))| {
        KeyValueMetadata::new(name.clone(), value.clone(), metadata.clone())
    });
    context.with_baggage(own.chain(ours).collect::<TheirBaggage>())
}

/// A `tracestate` as they hold it.
pub(super) fn trace_state(state: &str) -> TheirState {
    if state.is_empty() { TheirState::NONE } else { state.parse().unwrap_or_default() }
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
