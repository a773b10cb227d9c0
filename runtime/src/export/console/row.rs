//! One row of a tree: a span, or an event within it.

use std::fmt::Write as _;

use super::json;
use crate::{
    export::paint::{self, Paint},
    outcome::Outcome,
    site::SpanKind,
    trace::{EventData, OwnedStatus, OwnedValue, SpanData},
};

/// As wide as `12.4 ms` and a little more.
pub(super) const DURATION_WIDTH: usize = 8;
/// Attributes beyond so many bytes do not help a person.
const MOST_ATTRIBUTE_BYTES: usize = 480;
const EXCEPTION: &str = "exception";

/// Appends `12.4 ms  ├─ charge [client]  ✗ declined  order.id=12`, and `end`.
pub(super) fn span(text: &mut String, span: &SpanData, guides: &str, end: &str, paint: Paint) {
    let duration = paint::duration(span.duration());
    let padding = DURATION_WIDTH.saturating_sub(duration.chars().count());
    let name = paint::printable(&span.name);
    let (guides, name) = (paint.dim(guides), paint.bold(&name));
    let _ = write!(text, "{:padding$}{duration}  {guides}{name}", "");
    if span.kind != SpanKind::Internal {
        let kind = format!(" [{}]", json::kind(span.kind));
        text.push_str(&paint.dim(&kind));
    }
    outcome(text, span, paint);
    attributes(text, &span.attributes, span.dropped_attributes, paint);
    let _ = writeln!(text, "{}", paint.dim(end));
}

/// Appends a row that is not a span's own.
pub(super) fn note(text: &mut String, guides: &str, note: &str, paint: Paint) {
    let line = format!("{:>DURATION_WIDTH$}  {guides}{note}", "");
    let _ = writeln!(text, "{}", paint.dim(&line));
}

/// The events that have a row: not the exception whose text stands behind the span's name.
///
/// In the order of time: a span that threads took turns with has them by thread.
pub(super) fn events(span: &SpanData) -> Vec<&EventData> {
    let has_row = |event: &&EventData| event.name != EXCEPTION || !is_told(span, event);
    let mut events: Vec<_> = span.events.iter().filter(has_row).collect();
    events.sort_by_key(|event| event.unix_nanos);
    events
}

/// Appends `· retry  attempt=2`; an exception in red, as type and message.
pub(super) fn event(text: &mut String, event: &EventData, guides: &str, paint: Paint) {
    let guide = format!("{:>DURATION_WIDTH$}  {guides}· ", "");
    text.push_str(&paint.dim(&guide));
    let of = |key| event.attribute(key).map(ToString::to_string).unwrap_or_default();
    if event.name == EXCEPTION {
        let (kind, message) = (of("exception.type"), of("exception.message"));
        let between = if kind.is_empty() || message.is_empty() { "" } else { ": " };
        let line = format!("✗ {}{between}{}", paint::printable(&kind), paint::printable(&message));
        text.push_str(&paint.red(&line));
        let others = event.attributes.iter().filter(|(key, _)| !key.starts_with("exception."));
        attributes(text, others, event.dropped_attributes, paint);
    } else {
        text.push_str(&paint::printable(&event.name));
        attributes(text, &event.attributes, event.dropped_attributes, paint);
    }
    text.push('\n');
}

fn is_told(span: &SpanData, exception: &EventData) -> bool {
    let message = exception.attribute("exception.message");
    match (&span.status, message) {
        (OwnedStatus::Error { description }, Some(OwnedValue::Str(message))) => {
            message == description
        }
        (OwnedStatus::Error { .. }, None) => true,
        _ => false,
    }
}

fn outcome(text: &mut String, span: &SpanData, paint: Paint) {
    let description = match &span.status {
        OwnedStatus::Error { description } => Some(description.as_str()),
        _ => None,
    };
    let said = description.unwrap_or_default();
    let line = match span.outcome {
        Outcome::Ok if description.is_none() => return,
        Outcome::Cancelled => return text.push_str(&paint.yellow("  ⊘ cancelled")),
        Outcome::Ok | Outcome::Error if !said.is_empty() => {
            format!("  ✗ {}", paint::printable(said))
        }
        Outcome::Ok | Outcome::Error => {
            let kind = span.attribute("error.type").map(ToString::to_string);
            format!("  ✗ {}", paint::printable(kind.as_deref().unwrap_or("error")))
        }
        outcome if said.is_empty() || said == outcome.as_str() => format!("  ✗ {outcome}"),
        outcome => format!("  ✗ {outcome}: {}", paint::printable(said)),
    };
    text.push_str(&paint.red(&line));
}

fn attributes<'a>(
    text: &mut String,
    attributes: impl IntoIterator<Item = &'a (String, OwnedValue)>,
    dropped: u32,
    paint: Paint,
) {
    let mut pairs = String::new();
    let mut left_out = dropped as usize;
    for (key, value) in attributes {
        // Said by the mark already.
        if key == "spandrel.outcome" || key == "error.type" {
            continue;
        }
        if pairs.len() > MOST_ATTRIBUTE_BYTES {
            left_out += 1;
            continue;
        }
        let value = value.to_string();
        let _ = write!(pairs, "  {}={}", paint::printable(key), paint::value(&value));
    }
    if left_out != 0 {
        let _ = write!(pairs, "  … {left_out} more");
    }
    text.push_str(&paint.dim(&pairs));
}
