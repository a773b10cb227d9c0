use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Attribute, Outcome, Resource,
    export::{
        OwnCrate,
        encoding_sink::{EncodingSink, Push, Requests as _},
        otlp::tests::mock::{Mock, Reply},
        stats::Stats,
    },
    site::{Meta, Site, SpanKind, Traced},
    time,
    trace::{Limits, LossReason, drain::Sink as _, loss::Losses, record::fixture::SpanBuilder},
};

static CHARGE: Site = site("charge", "shop::payment", SpanKind::Client);
static PLACE: Site = site("place", "shop::orders", SpanKind::Internal);
static SERVE: Site = site("POST /orders", "other::http", SpanKind::Server);
static SEND: Site = site("send", "shop::mail", SpanKind::Producer);
static TAKE: Site = site("take", "shop::mail", SpanKind::Consumer);

const fn site(name: &'static str, module_path: &'static str, kind: SpanKind) -> Site {
    let meta = Meta::block(name, module_path, file!(), line!());
    Site::new(meta).traced(Traced::new().name(name).kind(kind))
}

fn resource() -> Resource {
    Resource::new()
        .with("service.name", "shop")
        .with("service.namespace", "eu")
        .with("service.version", "1.2.3")
        .with("process.pid", 42)
}

fn batch(max_bytes: usize) -> batch::Batch {
    let own_crate = OwnCrate { name: "shop".into(), version: "1.2.3".into() };
    batch::Batch::new(&resource(), Some(own_crate), max_bytes)
}

fn text(builders: impl IntoIterator<Item = SpanBuilder>) -> String {
    let mut batch = batch(1024 * 1024);
    for builder in builders {
        assert_eq!(builder.view(|span| batch.push(span)), Push::Taken);
    }
    let mut out = Vec::new();
    batch.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn only(builder: SpanBuilder) -> Json {
    let text = text([builder]);
    let mut list: Vec<Json> = serde_json::from_str(&text).unwrap();
    assert_valid(&list[0]);
    list.remove(0)
}

/// What a member of a span may be, as `zipkin2-api.yaml` has it.
enum Rule {
    Text(std::ops::RangeInclusive<usize>),
    Number,
    Kind,
    Object(&'static [(&'static str, Rule)]),
    /// Members of any name that are text.
    Texts,
    List(&'static Rule),
}

const ANY: std::ops::RangeInclusive<usize> = 0..=usize::MAX;
const ENDPOINT: &[(&str, Rule)] = &[
    ("serviceName", Rule::Text(ANY)),
    ("ipv4", Rule::Text(ANY)),
    ("ipv6", Rule::Text(ANY)),
    ("port", Rule::Number),
];
const SPAN: Rule = Rule::Object(&[
    ("traceId", Rule::Text(16..=32)),
    ("name", Rule::Text(ANY)),
    ("parentId", Rule::Text(16..=16)),
    ("id", Rule::Text(16..=16)),
    ("kind", Rule::Kind),
    ("timestamp", Rule::Number),
    ("duration", Rule::Number),
    ("localEndpoint", Rule::Object(ENDPOINT)),
    ("remoteEndpoint", Rule::Object(ENDPOINT)),
    (
        "annotations",
        Rule::List(&Rule::Object(&[("timestamp", Rule::Number), ("value", Rule::Text(ANY))])),
    ),
    ("tags", Rule::Texts),
]);

impl Rule {
    fn allows(&self, value: &Json) -> bool {
        match (self, value) {
            (Self::Text(chars), Json::String(text)) => chars.contains(&text.chars().count()),
            (Self::Number, Json::Number(number)) => number.is_u64(),
            (Self::Kind, Json::String(kind)) => {
                ["CLIENT", "SERVER", "PRODUCER", "CONSUMER"].contains(&kind.as_str())
            }
            (Self::Texts, Json::Object(members)) => members.values().all(Json::is_string),
            (Self::List(rule), Json::Array(items)) => items.iter().all(|item| rule.allows(item)),
            (Self::Object(rules), Json::Object(members)) => members.iter().all(|(name, value)| {
                let rule = rules.iter().find(|(known, _)| known == name);
                rule.is_some_and(|(_, rule)| rule.allows(value))
            }),
            _ => false,
        }
    }
}

fn assert_valid(span: &Json) {
    assert!(SPAN.allows(span), "{span:#}");
    for id in ["traceId", "id", "parentId"].iter().filter_map(|key| span.get(key)) {
        let text = id.as_str().unwrap();
        assert!(text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{span:#}");
    }
}

#[test]
fn a_span_is_mapped_as_opentelemetry_specifies() {
    let span = only(
        SpanBuilder::new(&CHARGE, 0xab << 120 | 7, 9)
            .parent(8, true)
            .times(1_700_000_000_000_000_100, 1_700_000_000_000_002_999)
            .trace_state("vendor=1")
            .attribute("int", &-7)
            .attribute("float", &1.0_f64)
            .attribute("missing", &f64::NAN)
            .attribute("yes", &true)
            .attribute("text", &"a \"b\"")
            .attribute("list", &vec!["a", "b\""])
            .attribute("peer.service", &"bank")
            .event("retry", 1_700_000_000_000_001_500, &[("attempt", &2), ("why", &"busy")])
            .event("done", 1_700_000_000_000_002_000, &[])
            .link(70, 90, &[])
            .status_error("declined"),
    );

    assert_eq!(
        span,
        json!({
            "traceId": "ab000000000000000000000000000007",
            "id": "0000000000000009",
            "parentId": "0000000000000008",
            "name": "charge",
            "kind": "CLIENT",
            "timestamp": 1_700_000_000_000_000_u64,
            "duration": 2,
            "localEndpoint": {"serviceName": "shop"},
            "remoteEndpoint": {"serviceName": "bank"},
            "annotations": [
                {"timestamp": 1_700_000_000_000_001_u64,
                 "value": r#""retry":{"attempt":2,"why":"busy"}"#},
                {"timestamp": 1_700_000_000_000_002_u64, "value": "done"},
            ],
            "tags": {
                "int": "-7",
                "float": "1.0",
                "missing": "NaN",
                "yes": "true",
                "text": "a \"b\"",
                "list": r#"["a","b\""]"#,
                "peer.service": "bank",
                "otel.scope.name": "shop::payment",
                "otel.scope.version": "1.2.3",
                "otel.library.name": "shop::payment",
                "otel.library.version": "1.2.3",
                "otel.status_code": "ERROR",
                "error": "declined",
                "service.namespace": "eu",
                "service.version": "1.2.3",
            },
        })
    );
}

#[test]
fn what_is_not_there_is_left_out() {
    let span = only(SpanBuilder::new(&SERVE, 1, 2).times(5_000, 5_000));

    assert_eq!(
        span,
        json!({
            "traceId": "00000000000000000000000000000001",
            "id": "0000000000000002",
            "name": "POST /orders",
            "kind": "SERVER",
            "timestamp": 5,
            // Nothing is shorter, and 0 would mean that nobody knows.
            "duration": 1,
            "localEndpoint": {"serviceName": "shop"},
            "tags": {
                "otel.scope.name": "other::http",
                "otel.library.name": "other::http",
                "service.namespace": "eu",
                "service.version": "1.2.3",
            },
        })
    );
}

#[test]
fn an_internal_span_has_no_kind() {
    let kinds = [&PLACE, &SERVE, &CHARGE, &SEND, &TAKE]
        .map(|site| only(SpanBuilder::new(site, 1, 2)).get("kind").cloned());

    let named = |kind: &str| Some(json!(kind));
    let expected = [None, named("SERVER"), named("CLIENT"), named("PRODUCER"), named("CONSUMER")];
    assert_eq!(kinds, expected);
}

#[test]
fn each_tag_stands_once() {
    let builder = || {
        SpanBuilder::new(&PLACE, 1, 2)
            .attribute("otel.scope.name", &"mine")
            .attribute("service.version", &"of the span")
            .attribute("otel.status_code", &"FINE")
            .attribute("error", &"an attribute")
    };
    let failed = text([builder().status_error("")]);
    let went_well = text([builder().status_ok()]);

    for key in ["otel.scope.name", "service.version", "otel.status_code", "error"] {
        assert_eq!(failed.matches(&format!("\"{key}\":")).count(), 1, "{failed}");
    }
    for tag in [
        r#""otel.scope.name":"shop::orders""#,
        r#""service.version":"of the span""#,
        r#""otel.status_code":"ERROR""#,
        r#""error":"""#,
    ] {
        assert!(failed.contains(tag), "{failed}");
    }
    assert!(went_well.contains(r#""otel.status_code":"OK""#), "{went_well}");
    assert!(went_well.contains(r#""error":"an attribute""#), "{went_well}");
}

#[test]
fn no_span_is_marked_as_failed_by_saying_that_it_is_not() {
    for no in [&false as &dyn Attribute, &"false"] {
        let span = only(SpanBuilder::new(&PLACE, 1, 2).attribute("error", &no));

        assert_eq!(span["tags"].get("error"), None);
    }
}

#[test]
fn the_best_attribute_names_the_remote_endpoint() {
    let remote = |site, attributes: &[(&str, &dyn Attribute)]| {
        let mut builder = SpanBuilder::new(site, 1, 2);
        for (key, value) in attributes {
            builder = builder.attribute(key, value);
        }
        only(builder).get("remoteEndpoint").cloned()
    };
    let named = |name: &str| Some(json!({ "serviceName": name }));

    assert_eq!(remote(&CHARGE, &[]), None);
    assert_eq!(remote(&CHARGE, &[("peer.service", &"")]), None);
    assert_eq!(
        remote(&CHARGE, &[("db.name", &"d"), ("server.address", &"s"), ("net.peer.name", &"n")]),
        named("s")
    );
    assert_eq!(remote(&SEND, &[("server.address", &"s"), ("peer.service", &"p")]), named("p"));
    // Only the one that calls names the one that is called.
    assert_eq!(remote(&SERVE, &[("peer.service", &"p")]), None);
    assert_eq!(remote(&PLACE, &[("peer.service", &"p")]), None);
    assert_eq!(
        remote(
            &CHARGE,
            &[
                ("net.sock.peer.port", &1),
                ("network.peer.port", &5432),
                ("network.peer.address", &"::ffff:10.0.0.7")
            ]
        ),
        Some(json!({"ipv4": "10.0.0.7", "port": 5432}))
    );
    assert_eq!(
        remote(&CHARGE, &[("network.peer.address", &"2001:db8::1"), ("network.peer.port", &-1)]),
        Some(json!({"ipv6": "2001:db8::1"}))
    );
    assert_eq!(
        remote(&CHARGE, &[("peer.address", &"10.0.0.7:80")]),
        Some(json!({"ipv4": "10.0.0.7", "port": 80}))
    );
}

#[test]
fn what_the_limits_left_out_is_counted_in_tags() {
    let limits = Limits::new().with_attributes(1).with_events(1).with_links(0);
    let span = only(
        SpanBuilder::new(&PLACE, 1, 2)
            .limits(limits)
            .attribute("a", &1)
            .attribute("b", &2)
            .event("one", 1, &[])
            .event("two", 2, &[])
            .link(1, 1, &[]),
    );

    for what in ["attributes", "events", "links"] {
        assert_eq!(span["tags"][format!("otel.dropped_{what}_count")], "1", "{what}");
    }
}

#[test]
fn a_request_never_exceeds_its_bound() {
    let text = "x".repeat(700);
    let mut batch = batch(2_500);
    let push = |batch: &mut batch::Batch, text: &String| {
        SpanBuilder::new(&PLACE, 1, 1).attribute("text", text).view(|span| batch.push(span))
    };
    assert_eq!(push(&mut batch, &"y".repeat(3_000)), Push::TooLarge);
    assert_eq!([(); 3].map(|()| push(&mut batch, &text)), [Push::Taken, Push::Taken, Push::Full]);

    let mut out = Vec::new();
    batch.finish(&mut out);

    assert!(out.len() <= 2_500, "{}", out.len());
    assert_eq!(serde_json::from_slice::<Vec<Json>>(&out).unwrap().len(), 2);
    assert_eq!((batch.spans(), push(&mut batch, &text)), (0, Push::Taken));
}

proptest! {
    #[test]
    fn any_span_is_valid(
        (trace, span, parent) in (1_u128.., 1_u64.., any::<u64>()),
        (start, nanos) in (any::<u64>(), any::<u64>()),
        (key, text, list) in (".{0,20}", ".{0,60}", prop::collection::vec(".{0,20}", 0..4)),
        (number, large, float) in (any::<i64>(), any::<u64>(), any::<f64>()),
        peer in ".{0,20}",
        failed in any::<bool>(),
    ) {
        for site in [&CHARGE, &PLACE, &SERVE] {
            let builder = SpanBuilder::new(site, trace, span)
                .parent(parent, false)
                .times(start, start.saturating_add(nanos))
                .outcome(if failed { Outcome::Panicked } else { Outcome::Cancelled })
                .attribute(&key, &text)
                .attribute("list", &list)
                .attribute("number", &number)
                .attribute("large", &large)
                .attribute("peer.address", &peer)
                .late_attribute("float", &float)
                .event(&text, start, &[(key.as_str(), &list), ("float", &float)]);

            let span = only(builder);

            prop_assert_eq!(&span["tags"]["number"], &json!(number.to_string()));
            let within: Vec<String> =
                serde_json::from_str(span["tags"]["list"].as_str().unwrap()).unwrap();
            prop_assert_eq!(&within, &list);
            let annotation = format!("{{{}}}", span["annotations"][0]["value"].as_str().unwrap());
            prop_assert!(serde_json::from_str::<Json>(&annotation).is_ok());
        }
    }
}

fn sink(zipkin: &Zipkin) -> (EncodingSink<batch::Batch>, Arc<Stats>) {
    let stats = Arc::new(Stats::new(Arc::new(Losses::new())));
    let settings = zipkin.settings().unwrap();
    let sink = Zipkin::sink(&settings, &resource(), None, 1024 * 1024, Arc::clone(&stats));
    (sink, stats)
}

#[test]
fn a_request_is_what_zipkin_takes() {
    let busy = Reply::Answer(503, "Retry-After: 0\r\n", vec![]);
    let mock = Mock::start([busy, Reply::Answer(202, "", vec![])]);
    let (mut sink, stats) = sink(&Zipkin::new().endpoint(mock.url() + "/api/v2/spans"));

    for span in 1..=3 {
        SpanBuilder::new(&PLACE, 1, span).view(|span| sink.accept(span));
    }
    assert!(sink.flush()(time::now() + Duration::from_secs(30)));

    let requests = mock.received();
    assert_eq!((requests.len(), stats.exported()), (2, 3));
    assert_eq!(requests[1].line, "POST /api/v2/spans HTTP/1.1\r\n");
    assert_eq!(requests[1].header("content-type"), Some("application/json"));
    let list: Vec<Json> = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(list.len(), 3);
    list.iter().for_each(assert_valid);
}

#[test]
fn a_refusal_is_counted_and_said() {
    let said = crate::diag::capture();
    let mock = Mock::start([Reply::Answer(404, "", b"no such path".to_vec())]);
    let (mut sink, stats) = sink(&Zipkin::new().endpoint(mock.url()));

    SpanBuilder::new(&PLACE, 1, 1).view(|span| sink.accept(span));
    assert!(sink.flush()(time::now() + Duration::from_secs(30)));

    assert_eq!(stats.losses().of(LossReason::ExportFailed), 1);
    let warnings = said.of(crate::diag::Level::Warn);
    assert!(warnings[0].ends_with(
        "the receiver answered 404: no such path; the endpoint needs its path, `/api/v2/spans`"
    ));
}

#[test]
fn what_cannot_work_is_refused() {
    let wrong = |url: &str| Zipkin::new().endpoint(url).check().unwrap_err();

    assert!(wrong("zipkin:9411").is_endpoint() && wrong("http://").is_endpoint());
    assert!(Zipkin::new().timeout(Duration::ZERO).check().unwrap_err().is_timeout());
    assert_eq!(
        wrong("ftp://me:hunter2@z/?key=s3cret").to_string(),
        "endpoint `ftp://z/` must begin with `http://` or `https://`"
    );
}
