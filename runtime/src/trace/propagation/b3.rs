//! B3, the format of Zipkin, in one header and in several.
//!
//! [The specification](https://github.com/openzipkin/b3-propagation) with what [OpenTelemetry][otel]
//! adds to it: both forms are read, the single header first; the debug mark is passed on; the id of
//! a parent is read over and never sent. Sending is strict. Reading is lenient where a sender's
//! meaning is beyond doubt: ids in upper case, `true` and `false` in `x-b3-sampled`. A single header
//! that breaks the grammar in any part counts as absent.
//!
//! A trace id of 64 bits stands in the right half of ours. That its bits are random nobody says, so
//! the random flag stays unset.
//!
//! [otel]: https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements

use super::{Extractor, Injector, RemoteContext, SamplingState, hex};
use crate::trace::id::{SpanId, TraceFlags, TraceId};

/// What B3 headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A span, and what its caller decided.
    Context(RemoteContext),
    /// A decision about whatever trace begins here.
    Decision(SamplingState),
}

/// Reads the single header, or else the several.
pub(super) fn extract(carrier: &dyn Extractor) -> Option<Found> {
    carrier.get(SINGLE).and_then(read_single).or_else(|| read_several(carrier))
}

/// Writes the single header.
pub(super) fn inject_single(context: &RemoteContext, carrier: &mut dyn Injector) {
    let ids = format!("{}-{}", context.trace_id(), context.span_id());
    carrier.set(SINGLE, with_state(ids, context.sampling_state()));
}

/// Writes the several headers, and removes those that would say something about another span.
pub(super) fn inject_several(context: &RemoteContext, carrier: &mut dyn Injector) {
    carrier.set(TRACE_ID, context.trace_id().to_string());
    carrier.set(SPAN_ID, context.span_id().to_string());
    carrier.remove(PARENT_SPAN_ID);
    set_several_state(context.sampling_state(), carrier);
}

/// Writes a decision about the trace that the receiver begins.
pub(super) fn inject_single_state(state: SamplingState, carrier: &mut dyn Injector) {
    if let Some(letter) = letter(state) {
        carrier.set(SINGLE, letter.to_string());
    }
}

/// The same in several headers.
pub(super) fn inject_several_state(state: SamplingState, carrier: &mut dyn Injector) {
    if letter(state).is_some() {
        [TRACE_ID, SPAN_ID, PARENT_SPAN_ID].into_iter().for_each(|key| carrier.remove(key));
        set_several_state(state, carrier);
    }
}

/// Removes the single header: a receiver would believe a stale one before the several.
pub(super) fn remove_single(carrier: &mut dyn Injector) {
    carrier.remove(SINGLE);
}

/// Removes the several headers.
pub(super) fn remove_several(carrier: &mut dyn Injector) {
    let all = [TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS];
    all.into_iter().for_each(|key| carrier.remove(key));
}

/// Reads `trace-span`, `trace-span-state`, `trace-span-state-parent`, `trace-span-parent`, `state`.
fn read_single(header: &str) -> Option<Found> {
    let mut parts = header.trim_matches([' ', '\t']).split('-');
    let first = parts.next()?;
    let Some(span) = parts.next() else { return read_letter(first).map(Found::Decision) };
    let (state, parent) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (SamplingState::Defer, None),
        (Some(parent), None, _) if parent.len() == SPAN_DIGITS => {
            (SamplingState::Defer, Some(parent))
        }
        (Some(state), parent, None) => (read_letter(state)?, parent),
        _ => return None,
    };
    if let Some(parent) = parent {
        hex::span(parent, SPAN_DIGITS..=SPAN_DIGITS)?;
    }
    context(first, span, state).map(Found::Context)
}

/// Reads `x-b3-*`; what cannot be read counts as absent.
fn read_several(carrier: &dyn Extractor) -> Option<Found> {
    let get = |key| carrier.get(key).map(|value: &str| value.trim_matches([' ', '\t']));
    let state = match (get(FLAGS), get(SAMPLED)) {
        (Some("1"), _) | (_, Some("d")) => SamplingState::Debug,
        (_, Some("1")) => SamplingState::Accept,
        (_, Some("0")) => SamplingState::Deny,
        (_, Some(text)) if text.eq_ignore_ascii_case("true") => SamplingState::Accept,
        (_, Some(text)) if text.eq_ignore_ascii_case("false") => SamplingState::Deny,
        _ => SamplingState::Defer,
    };
    let ids = get(TRACE_ID).zip(get(SPAN_ID));
    match ids.and_then(|(trace, span)| context(trace, span, state)) {
        Some(context) => Some(Found::Context(context)),
        None => state.decision().map(|_| Found::Decision(state)),
    }
}

fn context(trace: &str, span: &str, state: SamplingState) -> Option<RemoteContext> {
    let trace = match trace.len() {
        16 | 32 => TraceId::from_u128(hex::number(trace, 16..=32)?)?,
        _ => return None,
    };
    let span = SpanId::from_u64(hex::span(span, SPAN_DIGITS..=SPAN_DIGITS)?)?;
    Some(RemoteContext::new(trace, span, TraceFlags::default()).with_sampling_state(state))
}

fn read_letter(text: &str) -> Option<SamplingState> {
    match text {
        "0" => Some(SamplingState::Deny),
        "1" => Some(SamplingState::Accept),
        "d" => Some(SamplingState::Debug),
        _ => None,
    }
}

fn letter(state: SamplingState) -> Option<char> {
    match state {
        SamplingState::Accept => Some('1'),
        SamplingState::Debug => Some('d'),
        SamplingState::Defer => None,
        SamplingState::Deny => Some('0'),
    }
}

fn with_state(mut header: String, state: SamplingState) -> String {
    if let Some(letter) = letter(state) {
        header.extend(['-', letter]);
    }
    header
}

/// Debug implies the decision, which is then not to be sent beside it.
fn set_several_state(state: SamplingState, carrier: &mut dyn Injector) {
    match letter(state) {
        Some('d') => {
            carrier.set(FLAGS, "1".to_owned());
            carrier.remove(SAMPLED);
        }
        Some(letter) => {
            carrier.set(SAMPLED, letter.to_string());
            carrier.remove(FLAGS);
        }
        None => [SAMPLED, FLAGS].into_iter().for_each(|key| carrier.remove(key)),
    }
}

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const PARENT_SPAN_ID: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

const SPAN_DIGITS: usize = 16;

#[cfg(test)]
#[path = "b3_tests.rs"]
mod tests;
