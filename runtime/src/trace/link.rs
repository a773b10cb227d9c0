//! Links from a span to others.

use super::{
    context::Context,
    local::{Local, REMOTE},
    record::layout::{FLAG_PARENT_REMOTE, Kind},
};
use crate::value::Attribute;

/// Records a link from the span with this id; a context without a span is passed over.
pub(crate) fn write(span: u64, to: &Context, attributes: &[(&str, &dyn Attribute)]) {
    if to.span_id().is_none() || to.trace_id().is_none() {
        return;
    }
    let state = to.trace_state_text();
    let flags = if to.flags & REMOTE != 0 { FLAG_PARENT_REMOTE } else { 0 };
    let w3c = u64::from(to.trace_flags().bits());
    let fixed = [to.trace_high, to.trace_low, to.span, w3c];
    Local.mark_late(span);
    #[expect(clippy::cast_possible_truncation, reason = "tracestate is at most 8 KiB")]
    Local.put_extra(Kind::LINK, flags, state.len() as u32, span, &fixed, &|writer| {
        writer.raw_text(state);
        attributes.iter().for_each(|(key, value)| writer.set_keyed(key, *value));
    });
}
