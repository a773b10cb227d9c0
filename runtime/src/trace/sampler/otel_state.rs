//! The member `ot` of `tracestate`: what samplers of OpenTelemetry tell each other.
//!
//! A list of `key:value` separated by `;`. `th` is the threshold that all samplers so far have
//! applied, up to 14 hexadecimal digits without the zeros at their end; `rv` is a randomness that
//! stands for that of the trace id, exactly 14 digits. Other keys are kept as they are. See
//! [the specification](https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/).

use crate::trace::propagation::TraceState;

/// What the member says; what breaks its grammar says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OtelState {
    /// There is a threshold, be it readable or not.
    pub(crate) has_threshold: bool,
    pub(crate) threshold: Option<u64>,
    /// The explicit randomness.
    pub(crate) randomness: Option<u64>,
}

impl OtelState {
    pub(crate) fn read(state: &TraceState) -> Self {
        // Most traces begin without any: a look for the member would cost as much as the sampler.
        if state.is_empty() {
            return Self::default();
        }
        let Some(member) = state.get(KEY) else { return Self::default() };
        Self {
            has_threshold: find(member, THRESHOLD).is_some(),
            threshold: find(member, THRESHOLD).and_then(read_threshold),
            randomness: find(member, RANDOMNESS).and_then(read_randomness),
        }
    }
}

/// The state with this threshold instead of the one it has; with `None`, without any.
///
/// Where the member would grow beyond the 256 characters that it may have, the threshold is left
/// out: the probability is then unknown, but never wrong.
pub(crate) fn with_threshold(state: &TraceState, threshold: Option<u64>) -> TraceState {
    let old = state.get(KEY).unwrap_or_default();
    let mut member = threshold.map_or_else(String::new, show_threshold);
    if member.len() + old.len() > MAX_MEMBER {
        let kept: usize = others(old).map(|pair| pair.len() + 1).sum();
        if member.len() + kept > MAX_MEMBER {
            member.clear();
        }
    }
    for pair in others(old) {
        if !member.is_empty() {
            member.push(';');
        }
        member.push_str(pair);
    }
    let mut state = state.clone();
    if member.is_empty() {
        state.remove(KEY);
    } else {
        // It fits, and what was read before does not break the grammar now.
        let _ = state.insert(KEY, &member);
    }
    state
}

/// All pairs but the threshold.
fn others(member: &str) -> impl Iterator<Item = &str> {
    let is_other = |pair: &&str| pair.split_once(':').is_none_or(|(key, _)| key != THRESHOLD);
    member.split(';').filter(|pair| !pair.is_empty()).filter(is_other)
}

fn find<'a>(member: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = member.split(';').filter_map(|pair| pair.split_once(':'));
    pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
}

fn show_threshold(threshold: u64) -> String {
    let digits = format!("{threshold:014x}");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    format!("{THRESHOLD}:{digits}")
}

fn read_threshold(digits: &str) -> Option<u64> {
    let number = hex(digits).filter(|_| (1..=DIGITS).contains(&digits.len()))?;
    Some(number << (4 * (DIGITS - digits.len())))
}

fn read_randomness(digits: &str) -> Option<u64> {
    hex(digits).filter(|_| digits.len() == DIGITS)
}

fn hex(digits: &str) -> Option<u64> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.bytes().all(is_digit) { u64::from_str_radix(digits, 16).ok() } else { None }
}

const KEY: &str = "ot";
const THRESHOLD: &str = "th";
const RANDOMNESS: &str = "rv";

/// Hexadecimal digits of 56 bits.
const DIGITS: usize = 14;

/// Characters that a value of `tracestate` may have.
const MAX_MEMBER: usize = 256;

#[cfg(test)]
#[path = "otel_state_tests.rs"]
mod tests;
