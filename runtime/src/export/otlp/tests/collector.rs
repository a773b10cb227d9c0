//! A collector that is not ours takes what we send.

#[path = "../../../../../tests/src/counterparts.rs"]
#[expect(
    unreachable_pub,
    dead_code,
    reason = "the module is at home in the package of the tests, which uses all of it"
)]
mod counterparts;

use std::collections::HashMap;

use counterparts::Collector;
use serde_json::{Value as Json, json};

use super::Harness;
use crate::{
    Outcome,
    export::{Compression, Otlp},
    site::{Meta, Site, SpanKind, Traced},
    trace::{Limits, drain::Sink as _, record::fixture::SpanBuilder},
};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

static SERVER: Site = site("POST /orders", "shop::http", SpanKind::Server);
static PLACE: Site = site("place", "shop::orders", SpanKind::Internal);
static CHARGE: Site = site("charge", "shop::payment", SpanKind::Client);
static SEND: Site = site("send", "shop::mail", SpanKind::Producer);
static TAKE: Site = site("take", "shop::mail", SpanKind::Consumer);

const fn site(name: &'static str, module_path: &'static str, kind: SpanKind) -> Site {
    let meta = Meta::block(name, module_path, file!(), line!());
    Site::new(meta).traced(Traced::new().name(name).kind(kind))
}

/// The attributes of something, by key.
fn attributes(of: &Json) -> HashMap<String, Json> {
    let list = of["attributes"].as_array().cloned().unwrap_or_default();
    list.into_iter()
        .map(|mut entry| (entry["key"].as_str().unwrap().to_owned(), entry["value"].take()))
        .collect()
}

fn accept(harness: &mut Harness, span: SpanBuilder) {
    harness.produced += 1;
    span.view(|span| harness.sink.accept(span));
}

/// A request that touches all that OTLP can say about a span.
fn send_a_trace(harness: &mut Harness) {
    let start = 1_795_237_200_000_000_000;
    let server = SpanBuilder::new(&SERVER, TRACE, 0x11)
        .parent(0xaabb, true)
        .times(start, start + 9_000_000)
        .trace_state("vendor=1,ot=th:8")
        .status_ok();
    let place = SpanBuilder::new(&PLACE, TRACE, 0x22)
        .parent(0x11, false)
        .times(start + 1, start + 8_000_000)
        .attribute("order.id", &-42_i64)
        .attribute("order.total", &99.5_f64)
        .attribute("order.gift", &true)
        .attribute("order.note", &"für Zoë 🎁")
        .attribute("order.items", &vec!["apple", "pear"])
        .attribute("order.counts", &vec![1_i64, -2])
        .attribute("order.huge", &u64::MAX)
        .late_attribute("order.late", &7_u8)
        .event("reserved", start + 5, &[("warehouse", &"north"), ("attempt", &2_u8)])
        .link(TRACE + 1, 0x99, &[("why", &"batch")])
        .outcome(Outcome::Cancelled);
    let charge = SpanBuilder::new(&CHARGE, TRACE, 0x33)
        .parent(0x22, false)
        .times(start + 2, start + 2)
        .limits(Limits::new().with_attributes(1))
        .attribute("kept", &1)
        .attribute("dropped", &2)
        .status_error("card declined")
        .outcome(Outcome::Error);
    let send = SpanBuilder::new(&SEND, TRACE, 0x44).parent(0x22, false).times(start, start + 1);
    let take = SpanBuilder::new(&TAKE, TRACE + 1, 0x55).times(start, start + 1);
    for span in [take, charge, send, place, server] {
        accept(harness, span);
    }
    assert!(harness.flush());
}

#[test]
fn a_collector_understands_every_field() {
    let Some(mut collector) = Collector::start() else { return };
    for otlp in [
        Otlp::http().endpoint(collector.endpoint()),
        Otlp::http_json().endpoint(collector.endpoint()),
        #[cfg(feature = "otlp-grpc")]
        Otlp::grpc().endpoint(collector.grpc_endpoint()),
    ]
    .into_iter()
    .flat_map(|otlp| [otlp.clone(), otlp.compression(Compression::Gzip)])
    {
        let mut harness = Harness::new(&otlp, 1024 * 1024);

        send_a_trace(&mut harness);
        let spans = collector.spans(5);

        harness.assert_balanced();
        assert_eq!((harness.stats.exported(), spans.len()), (5, 5));
        let spans: HashMap<_, _> =
            spans.iter().map(|span| (span["name"].as_str().unwrap(), span)).collect();
        assert_identity(&spans);
        assert_content(&spans);
    }
}

fn assert_identity(spans: &HashMap<&str, &Json>) {
    let trace = format!("{TRACE:032x}");
    let other_trace = format!("{:032x}", TRACE + 1);
    for (name, trace, id, parent, kind, scope) in [
        ("POST /orders", &trace, 0x11, "000000000000aabb", "SERVER", "shop::http"),
        ("place", &trace, 0x22, "0000000000000011", "INTERNAL", "shop::orders"),
        ("charge", &trace, 0x33, "0000000000000022", "CLIENT", "shop::payment"),
        ("send", &trace, 0x44, "0000000000000022", "PRODUCER", "shop::mail"),
        ("take", &other_trace, 0x55, "", "CONSUMER", "shop::mail"),
    ] {
        let span = spans[name];
        assert_eq!(span["trace_id"], json!(trace), "{name}");
        assert_eq!(span["span_id"], json!(format!("{id:016x}")), "{name}");
        assert_eq!(span["parent_span_id"], json!(parent), "{name}");
        assert_eq!(span["kind"], json!(format!("SPAN_KIND_{kind}")), "{name}");
        assert_eq!(span["scope"]["name"], json!(scope), "{name}");
        assert_eq!(attributes(&span["resource"])["service.name"], json!({"string_value": "shop"}));
    }
}

fn assert_content(spans: &HashMap<&str, &Json>) {
    let server = spans["POST /orders"];
    assert_eq!(server["status"], json!({"code": "STATUS_CODE_OK"}));
    assert_eq!(server["trace_state"], "vendor=1,ot=th:8");
    assert_eq!(server["start_time_unix_nano"], "1795237200000000000");
    assert_eq!(server["end_time_unix_nano"], "1795237200009000000");

    let place = spans["place"];
    let expected = [
        ("order.id", json!({"int_value": "-42"})),
        ("order.total", json!({"double_value": 99.5})),
        ("order.gift", json!({"bool_value": true})),
        ("order.note", json!({"string_value": "für Zoë 🎁"})),
        (
            "order.items",
            json!({"array_value": {"values": [{"string_value": "apple"}, {"string_value": "pear"}]}}),
        ),
        (
            "order.counts",
            json!({"array_value": {"values": [{"int_value": "1"}, {"int_value": "-2"}]}}),
        ),
        ("order.huge", json!({"string_value": u64::MAX.to_string()})),
        ("order.late", json!({"int_value": "7"})),
        ("spandrel.outcome", json!({"string_value": "cancelled"})),
    ];
    let expected: HashMap<_, _> =
        expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    assert_eq!(attributes(place), expected);
    assert!(place.get("status").is_none_or(|status| *status == json!({})), "{place}");

    let event = &place["events"][0];
    assert_eq!(
        (&event["name"], &event["time_unix_nano"]),
        (&json!("reserved"), &json!("1795237200000000005"))
    );
    assert_eq!(attributes(event)["warehouse"], json!({"string_value": "north"}));
    assert_eq!(attributes(event)["attempt"], json!({"int_value": "2"}));

    let link = &place["links"][0];
    assert_eq!(link["trace_id"], json!(format!("{:032x}", TRACE + 1)));
    assert_eq!(link["span_id"], json!(format!("{:016x}", 0x99)));
    assert_eq!(attributes(link)["why"], json!({"string_value": "batch"}));

    let charge = spans["charge"];
    assert_eq!(charge["status"], json!({"code": "STATUS_CODE_ERROR", "message": "card declined"}));
    assert_eq!(
        (charge["dropped_attributes_count"].as_u64(), attributes(charge).len()),
        (Some(1), 1)
    );
    assert_eq!(charge["start_time_unix_nano"], charge["end_time_unix_nano"]);
}
