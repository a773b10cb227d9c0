//! One line of JSON for each span.
//!
//! ```text
//! {"timestamp":1700000000000000000,"duration_ns":1200,"name":"charge","kind":"client",
//!  "trace_id":"…","span_id":"…","parent_span_id":"…","outcome":"error",
//!  "status":{"code":"error","description":"declined"},"scope":"shop::orders",
//!  "attributes":{"order.id":7},"events":[{"timestamp":…,"name":"exception","attributes":{…}}],
//!  "links":[{"trace_id":"…","span_id":"…","attributes":{}}]}
//! ```
//!
//! Times are nanoseconds, since the Unix epoch where they are points in time. What is absent or
//! empty is left out, except `attributes`.

use std::fmt::Write as _;

use crate::{
    site::SpanKind,
    trace::{SpanView, Status},
    value::Value,
};

/// Appends the line of a span.
pub(super) fn line(text: &mut String, span: &SpanView<'_>) {
    let _ = write!(text, "{{\"timestamp\":{}", span.start_unix_nanos());
    let _ = write!(text, ",\"duration_ns\":{}", span.duration().as_nanos());
    member(text, "name", span.name());
    member(text, "kind", kind(span.kind()));
    let _ =
        write!(text, ",\"trace_id\":\"{}\",\"span_id\":\"{}\"", span.trace_id(), span.span_id());
    if let Some(parent) = span.parent_span_id() {
        let _ = write!(text, ",\"parent_span_id\":\"{parent}\"");
    }
    if !span.trace_state().is_empty() {
        member(text, "trace_state", span.trace_state());
    }
    member(text, "outcome", span.outcome().as_str());
    match span.status() {
        Status::Unset => {}
        Status::Ok => text.push_str(",\"status\":{\"code\":\"ok\"}"),
        Status::Error { description } => {
            text.push_str(",\"status\":{\"code\":\"error\"");
            if !description.is_empty() {
                member(text, "description", description);
            }
            text.push('}');
        }
    }
    member(text, "scope", span.target());
    attributes(text, span.attributes());
    list(text, "events", span.events(), |text, event| {
        let _ = write!(text, "{{\"timestamp\":{}", event.unix_nanos());
        member(text, "name", event.name());
        attributes(text, event.attributes());
        text.push('}');
    });
    list(text, "links", span.links(), |text, link| {
        let (trace, span) = (link.trace_id(), link.span_id());
        let _ = write!(text, "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"");
        attributes(text, link.attributes());
        text.push('}');
    });
    text.push_str("}\n");
}

/// The name of a span kind.
pub(super) fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn member(text: &mut String, key: &str, value: &str) {
    text.push(',');
    string(text, key);
    text.push(':');
    string(text, value);
}

fn attributes<'a>(text: &mut String, attributes: impl Iterator<Item = (&'a str, Value<'a>)>) {
    text.push_str(",\"attributes\":{");
    for (index, (key, attribute)) in attributes.enumerate() {
        if index != 0 {
            text.push(',');
        }
        string(text, key);
        text.push(':');
        value(text, attribute);
    }
    text.push('}');
}

fn list<T>(
    text: &mut String,
    key: &str,
    mut items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    let Some(first) = items.next() else { return };
    text.push(',');
    string(text, key);
    text.push_str(":[");
    write(text, first);
    for item in items {
        text.push(',');
        write(text, item);
    }
    text.push(']');
}

fn value(text: &mut String, value: Value<'_>) {
    match value {
        Value::Bool(value) => _ = write!(text, "{value}"),
        Value::I64(value) => _ = write!(text, "{value}"),
        Value::U64(value) => _ = write!(text, "{value}"),
        // JSON has no number for these; a text is better than a lie.
        Value::F64(value) if !value.is_finite() => string(text, &value.to_string()),
        Value::F64(value) => _ = write!(text, "{value:?}"),
        Value::Str(value) => string(text, value),
        Value::Array(array) => {
            text.push('[');
            for (index, item) in array.iter().enumerate() {
                if index != 0 {
                    text.push(',');
                }
                self::value(text, item);
            }
            text.push(']');
        }
    }
}

/// A JSON string (RFC 8259, section 7).
fn string(text: &mut String, value: &str) {
    text.push('"');
    for char in value.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            char if (char as u32) < 0x20 => _ = write!(text, "\\u{:04x}", char as u32),
            char => text.push(char),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, site::Site, trace::record::fixture::SpanBuilder};

    static SITE: Site = Site::block("charge", "shop::orders");

    #[test]
    fn a_line_is_json_with_typed_attributes() {
        let hostile = "a \"quoted\" \\ line\nwith\ttabs\u{1} and 世界";
        let builder = SpanBuilder::new(&SITE, 7, 9)
            .parent(8, true)
            .times(1_000, 3_500)
            .outcome(Outcome::Error)
            .attribute("count", &3_u8)
            .attribute("ratio", &1.0_f64)
            .attribute("missing", &f64::NAN)
            .attribute("yes", &true)
            .attribute(hostile, &hostile)
            .attribute("list", &vec!["a", "b"])
            .event("retry", 2_000, &[("attempt", &2)])
            .link(70, 90, &[])
            .status_error("declined");

        let mut text = String::new();
        builder.view(|span| line(&mut text, span));

        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(text.ends_with("}\n") && text.matches('\n').count() == 1);
        assert_eq!(json["name"], "charge");
        assert_eq!(json["timestamp"], 1_000);
        assert_eq!(json["duration_ns"], 2_500);
        assert_eq!(json["trace_id"], "00000000000000000000000000000007");
        assert_eq!(json["parent_span_id"], "0000000000000008");
        assert_eq!(json["status"]["description"], "declined");
        assert_eq!(json["outcome"], "error");
        assert_eq!(json["attributes"]["count"], 3);
        assert_eq!(json["attributes"]["ratio"], 1.0);
        assert_eq!(json["attributes"]["missing"], "NaN");
        assert_eq!(json["attributes"]["yes"], true);
        assert_eq!(json["attributes"][hostile], hostile);
        assert_eq!(json["attributes"]["list"], serde_json::json!(["a", "b"]));
        assert_eq!(json["events"][0]["attributes"]["attempt"], 2);
        assert_eq!(json["links"][0]["span_id"], "000000000000005a");
    }
}
