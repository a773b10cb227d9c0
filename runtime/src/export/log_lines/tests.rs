//! What a line says, whatever a record holds.

use proptest::prelude::*;
use serde_json::{Map, Value as Json};

use super::*;
use crate::{
    export::paint::Paint,
    logs::{self, LogView, Said},
    site::Level,
    trace::{
        Context, Writer,
        local::{ACTIVE, W3C_SHIFT},
        request::Request,
    },
};

fn context() -> Context {
    let flags = ACTIVE | 1 << W3C_SHIFT;
    let context = Context { trace_high: 1, trace_low: 2, span: 3, flags, ..Context::default() };
    context.with_request(Request { method: "GET", route: "/orders/{id}", ..Request::default() })
}

fn written(
    context: &Context,
    fill: &dyn Fn(&mut Writer),
    line: impl Fn(&mut String, &LogView<'_>),
) -> String {
    let said = Said {
        level: Level::Warn,
        target: "shop::db",
        event: "db.slow",
        file: None,
        line: None,
        context,
    };
    let mut text = String::new();
    logs::view(&said, fill, |view| line(&mut text, view));
    text
}

fn json(fill: &dyn Fn(&mut Writer)) -> Map<String, Json> {
    let text = written(&context(), fill, json::line);
    assert!(text.ends_with("}\n") && text.matches('\n').count() == 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn pretty(fill: &dyn Fn(&mut Writer), colors: bool) -> String {
    written(&context(), fill, |text, view| pretty::line(text, view, Paint { colors }))
}

#[test]
fn a_line_of_json_has_the_names_that_are_promised_and_the_fields_in_their_types() {
    let line = json(&|writer| {
        writer.name_str("slow");
        writer.set_keyed("disk", "sda");
        writer.set_keyed("n", &-1);
        writer.set_keyed("ratio", &1.0);
        writer.set_keyed("nan", &f64::NAN);
        writer.set_keyed("ok", &true);
        writer.set_keyed("list", &[1, 2]);
    });

    let mut names: Vec<_> = line.keys().map(String::as_str).collect();
    names.sort_unstable();
    let promised = ["event", "level", "message", "method", "route", "span_id", "target"];
    let own = ["disk", "list", "n", "nan", "ok", "ratio"];
    let mut all = [&promised[..], &["timestamp", "trace_id"], &own].concat();
    all.sort_unstable();
    assert_eq!(names, all);
    assert_eq!((&line["level"], &line["message"]), (&"WARN".into(), &"slow".into()));
    assert_eq!(line["trace_id"], "00000000000000010000000000000002");
    assert_eq!(line["span_id"], "0000000000000003");
    assert_eq!((&line["method"], &line["route"]), (&"GET".into(), &"/orders/{id}".into()));
    assert_eq!((&line["n"], &line["ratio"]), (&(-1).into(), &1.0.into()));
    assert_eq!((&line["nan"], &line["ok"]), (&"NaN".into(), &true.into()));
    assert_eq!(line["list"], serde_json::json!([1, 2]));
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(timestamp.ends_with('Z') && timestamp.len() == 30, "{timestamp}");
}

#[test]
fn a_field_never_takes_the_place_of_a_name_of_ours() {
    let line = json(&|writer| {
        for name in ["timestamp", "level", "message", "target", "trace_id", "correlation_id"] {
            writer.set_keyed(name, "forged");
        }
    });

    assert_eq!((&line["level"], &line["field.level"]), (&"WARN".into(), &"forged".into()));
    assert_eq!(line["target"], "shop::db");
    assert_eq!(line["field.correlation_id"], "forged");
    assert!(!line.contains_key("correlation_id"));
}

#[test]
fn what_a_record_had_no_room_for_is_counted_in_the_line() {
    let enormous = "x".repeat(100_000);

    let line = json(&|writer| {
        (0..10).for_each(|at| writer.set_keyed(&format!("key{at}"), enormous.as_str()));
    });

    assert!(line["dropped_fields"].as_u64().unwrap() >= 6);
}

#[test]
fn a_readable_line_has_colours_only_where_they_are_wanted() {
    let fill: &dyn Fn(&mut Writer) = &|writer| {
        writer.name_str("slow");
        writer.set_keyed("disk", "s d");
    };

    let (plain, colored) = (pretty(fill, false), pretty(fill, true));

    let expected = " WARN shop::db: slow disk=\"s d\" method=GET route=/orders/{id} \
                    trace_id=00000000000000010000000000000002 span_id=0000000000000003\n";
    assert!(plain.ends_with(expected), "{plain}");
    assert!(colored.contains("\x1b[33m WARN\x1b[0m"), "{colored}");
}

proptest! {
    #[test]
    fn any_text_is_read_back_from_json(message: String, key in "\\PC{1,20}", value: String) {
        let line = json(&|writer| {
            writer.name_str(&message);
            writer.set_keyed(&key, value.as_str());
        });

        prop_assert_eq!(line["message"].as_str(), Some(message.as_str()));
        if !crate::redact::is_denied(&key) && !line.contains_key(&format!("field.{key}")) {
            prop_assert_eq!(line[&key].as_str(), Some(value.as_str()));
        }
    }

    #[test]
    fn no_text_breaks_a_readable_line(message: String, key: String, value: String) {
        let line = pretty(&|writer| {
            writer.name_str(&message);
            writer.set_keyed(&key, value.as_str());
        }, false);

        prop_assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
        prop_assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line:?}");
    }
}
