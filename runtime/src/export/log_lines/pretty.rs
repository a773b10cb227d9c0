//! One line for people for each record.

use std::fmt::Write as _;

use super::json::level;
use crate::{
    export::paint::{self, Paint},
    logs::LogView,
    site::Level,
    time::Rfc3339,
    value::Value,
};

/// Appends the line of a record.
pub(super) fn line(text: &mut String, record: &LogView<'_>, paint: Paint) {
    let name = format!("{:>5}", level(record.level()));
    let name = match record.level() {
        Level::Error => paint.red(&name),
        Level::Warn => paint.yellow(&name),
        Level::Info => paint.bold(&name),
        Level::Debug | Level::Trace => paint.dim(&name),
    };
    let at = Rfc3339(record.unix_nanos()).to_string();
    let target = format!("{}:", paint::one_line(record.target()));
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{} {name} {}", paint.dim(&at), paint.dim(&target));
    if !record.message().is_empty() {
        text.push(' ');
        text.push_str(&paint::one_line(record.message()));
    }
    for (key, value) in record.attributes() {
        let _ = write!(text, " {}=", paint::one_line(key));
        match value {
            Value::Str(value) => text.push_str(&paint::text(value)),
            value => {
                let _ = write!(text, "{}", paint::one_line(&value.to_string()));
            }
        }
    }
    let dropped = record.dropped_attributes();
    if dropped > 0 {
        let _ = write!(text, " (and {dropped} more)");
    }
    around(text, record, paint);
    text.push('\n');
}

/// What the record belongs to.
fn around(text: &mut String, record: &LogView<'_>, paint: Paint) {
    let mut around = String::new();
    if let Some(path) = record.span_path() {
        let _ = write!(around, " in {}", paint::one_line(path));
    }
    for (key, value) in record.request() {
        let _ = write!(around, " {key}={}", paint::text(value));
    }
    if let (Some(trace), Some(span)) = (record.trace_id(), record.span_id()) {
        let _ = write!(around, " trace_id={trace} span_id={span}");
    }
    text.push_str(&paint.dim(&around));
}
