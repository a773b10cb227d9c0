//! One line of JSON for each span.
//!
//! ```text
//! {"timestamp":"2023-11-14T22:13:20.000000000Z","duration_ns":1200,"name":"charge",
//!  "kind":"client","trace_id":"…","span_id":"…","parent_span_id":"…","outcome":"error",
//!  "status":{"code":"error","description":"declined"},"scope":"shop::orders",
//!  "attributes":{"order.id":7},
//!  "events":[{"timestamp":"…","name":"exception","attributes":{…}}],
//!  "links":[{"trace_id":"…","span_id":"…","attributes":{}}]}
//! ```
//!
//! `timestamp` is the start, RFC 3339 with nanoseconds. What is absent or empty is left out, except
//! `attributes`; so are the counts of what a limit cut (`dropped_attributes`, `dropped_events`,
//! `dropped_links`) where nothing was. The names are a promise: the documentation of
//! [`Console`](super::Console) lists them.

use std::fmt::Write as _;

use crate::{
    export::json_text::{list, string, timestamp, value},
    site::SpanKind,
    trace::{SpanView, Status},
    value::Value,
};

/// Appends the line of a span.
pub(super) fn line(text: &mut String, span: &SpanView<'_>) {
    text.push_str("{\"timestamp\":");
    timestamp(text, span.start_unix_nanos());
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
    if let Some(version) = span.scope_version() {
        member(text, "scope_version", version);
    }
    attributes(text, span.attributes(), span.dropped_attributes());
    members(text, "events", span.events(), |text, event| {
        text.push_str("{\"timestamp\":");
        timestamp(text, event.unix_nanos());
        member(text, "name", event.name());
        attributes(text, event.attributes(), event.dropped_attributes());
        text.push('}');
    });
    dropped(text, "dropped_events", span.dropped_events());
    members(text, "links", span.links(), |text, link| {
        let (trace, span) = (link.trace_id(), link.span_id());
        let _ = write!(text, "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"");
        if !link.trace_state().is_empty() {
            member(text, "trace_state", link.trace_state());
        }
        attributes(text, link.attributes(), link.dropped_attributes());
        text.push('}');
    });
    dropped(text, "dropped_links", span.dropped_links());
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

fn attributes<'a>(
    text: &mut String,
    attributes: impl Iterator<Item = (&'a str, Value<'a>)>,
    left_out: u32,
) {
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
    dropped(text, "dropped_attributes", left_out);
}

/// A member that is an array, unless it is empty.
fn members<T>(
    text: &mut String,
    key: &str,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        let _ = write!(text, ",\"{key}\":");
        list(text, items, write);
    }
}

fn dropped(text: &mut String, key: &str, count: u32) {
    if count != 0 {
        let _ = write!(text, ",\"{key}\":{count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Outcome,
        site::Site,
        trace::{Limits, record::fixture::SpanBuilder},
    };

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
        assert_eq!(json["timestamp"], "1970-01-01T00:00:00.000001000Z");
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

    #[test]
    fn the_names_of_a_line_are_those_that_are_promised() {
        let limits = Limits::new().with_attributes(1).with_events(1).with_links(1);
        let full = SpanBuilder::new(&SITE, 7, 9)
            .limits(limits)
            .parent(8, false)
            .trace_state("vendor=1")
            .attribute("a", &1)
            .attribute("b", &2)
            .event("one", 1, &[])
            .event("two", 2, &[])
            .link(1, 1, &[])
            .link(2, 2, &[])
            .status_ok();
        let names = |builder: SpanBuilder| -> Vec<String> {
            let mut text = String::new();
            builder.view(|span| line(&mut text, span));
            let json: serde_json::Map<_, _> = serde_json::from_str(&text).unwrap();
            json.into_iter().map(|(name, _)| name).collect()
        };
        let all = [
            "attributes",
            "dropped_attributes",
            "dropped_events",
            "dropped_links",
            "duration_ns",
            "events",
            "kind",
            "links",
            "name",
            "outcome",
            "parent_span_id",
            "scope",
            "span_id",
            "status",
            "timestamp",
            "trace_id",
            "trace_state",
        ];
        let always = [
            "attributes",
            "duration_ns",
            "kind",
            "name",
            "outcome",
            "scope",
            "span_id",
            "timestamp",
            "trace_id",
        ];
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(sorted(names(full)), all);
        assert_eq!(sorted(names(SpanBuilder::new(&SITE, 7, 9))), always);
    }
}
