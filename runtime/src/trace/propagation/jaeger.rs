//! The format of Jaeger's own clients, which is only read.
//!
//! `uber-trace-id` is `trace:span:parent:flags`, percent-encoded or not; ids may lack leading zeros;
//! the parent has no meaning any more. Of the flags, 1 is sampled and 2 is debug. Each entry of the
//! baggage is a header of its own, `uberctx-name`. Nothing is written: every Jaeger of today reads
//! W3C Trace Context, and its own format is deprecated, there as in OpenTelemetry.
//!
//! [The format](https://www.jaegertracing.io/sdk-migration/#propagation-format).

use super::{Baggage, Extractor, RemoteContext, SamplingState, baggage::percent, hex};
use crate::trace::id::{SpanId, TraceFlags, TraceId};

/// Reads the span; two headers are as good as none.
pub(super) fn extract(carrier: &dyn Extractor) -> Option<RemoteContext> {
    match carrier.get_all(TRACE_ID)[..] {
        [header] if header.len() <= MAX_HEADER => read(header),
        _ => None,
    }
}

/// Reads the baggage; what W3C Baggage cannot hold is left out.
pub(super) fn extract_baggage(carrier: &dyn Extractor) -> Baggage {
    let mut baggage = Baggage::new();
    let keys = carrier.keys().into_iter();
    let mut named: Vec<_> = keys.filter_map(|key| Some((name(key)?, key))).collect();
    named.sort_unstable(); // a map has no order, and what is left out must not depend on chance
    for (name, key) in named.into_iter().take(Baggage::MAX_ENTRIES) {
        let value = carrier.get(key).filter(|value| value.len() <= Baggage::MAX_LEN);
        if let Some(value) = value {
            // An entry that does not fit leaves the others as they are.
            let _ = baggage.insert(name, percent::decode(value).trim());
        }
    }
    baggage
}

fn read(header: &str) -> Option<RemoteContext> {
    let header = percent::decode(header);
    let mut parts = header.trim_matches([' ', '\t']).split(':');
    let (trace, span, _parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let trace = TraceId::from_u128(hex::number(trace, 1..=32)?)?;
    let span = SpanId::from_u64(hex::span(span, 1..=16)?)?;
    let state = match hex::number(flags, 1..=2)? {
        flags if flags & DEBUG != 0 => SamplingState::Debug,
        flags if flags & SAMPLED != 0 => SamplingState::Accept,
        _ => SamplingState::Deny,
    };
    Some(RemoteContext::new(trace, span, TraceFlags::default()).with_sampling_state(state))
}

/// The name of an entry, from the key of its header.
fn name(key: &str) -> Option<&str> {
    let (prefix, name) = key.split_at_checked(BAGGAGE.len())?;
    (prefix.eq_ignore_ascii_case(BAGGAGE) && !name.is_empty()).then_some(name)
}

const TRACE_ID: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";

const SAMPLED: u128 = 1;
const DEBUG: u128 = 2;

/// All four parts with every character encoded are shorter.
const MAX_HEADER: usize = 256;

#[cfg(test)]
#[path = "jaeger_tests.rs"]
mod tests;
