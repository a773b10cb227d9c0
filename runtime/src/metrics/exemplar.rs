//! The span in which something was measured, as an example of what was measured.

use super::exemplars::ExemplarFilter;
use crate::{
    cell::Exemplar,
    time,
    trace::{
        Context,
        local::{Local, RECORDING},
    },
};

/// Whether a value measured now may be an exemplar: a glance, exact enough to say no.
#[inline(always)]
pub(super) fn is_possible() -> bool {
    Local.flags() & RECORDING != 0 || ExemplarFilter::takes_all()
}

/// The value with the current span, if that is sampled or does not matter.
#[cold]
pub(super) fn of(value: f64) -> Option<Exemplar> {
    let (trace_id, span_id) = match (Context::peek().sampled(), ExemplarFilter::current()) {
        (_, ExemplarFilter::AlwaysOff) => return None,
        (Some(span), _) => span,
        (None, ExemplarFilter::AlwaysOn) => (0, 0),
        (None, ExemplarFilter::TraceBased) => return None,
    };
    Some(Exemplar { value, tick: time::unix_nanos(), trace_id, span_id })
}
