//! What the API says about a span of the recorder, by the span's id.

use std::time::{Duration, SystemTime};

use ::opentelemetry::{
    KeyValue,
    trace::{SpanContext, Status as TheirStatus},
};

use super::convert::{self, Given};
use crate::{
    time,
    trace::{Status, link as links, record::writer::Writer, span::say},
    value::Attribute,
};

/// A time this close is now: the API reads the clock and hands the time down, as if it were
/// somebody's. Our own clock then knows better how long something took.
const NOW: Duration = Duration::from_micros(20);

/// Nanoseconds since the Unix epoch, unless it is now.
pub(super) fn by_another_clock(given: SystemTime) -> Option<u64> {
    let given = convert::unix_nanos(given).max(1);
    let apart = Duration::from_nanos(given.abs_diff(time::unix_nanos()));
    (apart > NOW).then_some(given)
}

pub(super) fn write(writer: &mut Writer, attributes: &[KeyValue]) {
    for attribute in attributes {
        writer.set_keyed(attribute.key.as_str(), &Given(&attribute.value));
    }
}

pub(super) fn attributes(span: u64, attributes: &[KeyValue]) {
    say::attributes(span, &|writer| write(writer, attributes));
}

pub(super) fn name(span: u64, name: &str) {
    say::name(span, name);
}

pub(super) fn event(span: u64, name: &str, at: SystemTime, attributes: &[KeyValue]) {
    let write = |writer: &mut Writer| {
        writer.name_str(name);
        write(writer, attributes);
    };
    match by_another_clock(at) {
        Some(at) => say::event_at(span, at, &write),
        None => say::event_of(span, &write),
    }
}

pub(super) fn status(span: u64, status: &TheirStatus) {
    let status = match status {
        TheirStatus::Unset => Status::Unset,
        TheirStatus::Ok => Status::Ok,
        TheirStatus::Error { description } => Status::Error { description },
    };
    say::status(span, status);
}

pub(super) fn link(span: u64, to: &SpanContext, attributes: &[KeyValue]) {
    let given: Vec<_> =
        attributes.iter().map(|one| (one.key.as_str(), Given(&one.value))).collect();
    let given: Vec<(&str, &dyn Attribute)> =
        given.iter().map(|(key, value)| (*key, value as &dyn Attribute)).collect();
    links::write(span, &convert::context_of(to), &given);
}
