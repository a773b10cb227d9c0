use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value},
    trace::v1 as proto,
};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value as Json;

use super::*;
use crate::{
    Attribute, Outcome, Site,
    trace::{Limits, Status, record::fixture::SpanBuilder},
};

const MIB: usize = 1024 * 1024;

static CHARGE: Site = Site::block("charge", "shop::orders");
static PACK: Site = Site::block("pack", "shop::parcels");
static FOREIGN: Site = Site::block("pool", "shopping::db");

fn batch(max_bytes: usize) -> Batch {
    batch_of(Encoding::Protobuf, max_bytes)
}

fn batch_of(encoding: Encoding, max_bytes: usize) -> Batch {
    let resource = Resource::new(
        encoding,
        [("service.name", Value::Str("shop")), ("process.pid", Value::I64(42))],
        "https://opentelemetry.io/schemas/1.37.0",
    );
    let own_crate = OwnCrate { name: "shop".into(), version: "1.2.3".into() };
    Batch::new(resource, Some(own_crate), max_bytes)
}

fn request(batch: &mut Batch) -> proto::ResourceSpans {
    let mut out = Vec::new();
    batch.finish(&mut out);
    let request = match batch.resource.encoding {
        Encoding::Json => from_json(&out),
        Encoding::Protobuf => ExportTraceServiceRequest::decode(out.as_slice()).unwrap(),
    };
    let [resource_spans] = request.resource_spans.try_into().expect("one resource");
    resource_spans
}

/// A request by the crate of the OpenTelemetry project, which does not know the strings that stand
/// for numbers that JSON does not have: the largest ones take their place.
fn from_json(text: &[u8]) -> ExportTraceServiceRequest {
    let mut json: Json = serde_json::from_slice(text).unwrap();
    with_numbers(&mut json);
    serde_json::from_value(json).unwrap()
}

fn with_numbers(json: &mut Json) {
    match json {
        Json::Array(values) => values.iter_mut().for_each(with_numbers),
        Json::Object(members) => {
            for (name, value) in members {
                match value.as_str().filter(|_| name == "doubleValue") {
                    Some("Infinity") => *value = f64::MAX.into(),
                    Some("-Infinity") => *value = f64::MIN.into(),
                    _ => with_numbers(value),
                }
            }
        }
        _ => {}
    }
}

/// The span as it is when the largest numbers have taken the place of the infinite ones.
fn with_finite_numbers(mut span: proto::Span) -> proto::Span {
    let own = span.attributes.iter_mut();
    let events = span.events.iter_mut().flat_map(|event| &mut event.attributes);
    let links = span.links.iter_mut().flat_map(|link| &mut link.attributes);
    let values = own.chain(events).chain(links).filter_map(|entry| entry.value.as_mut());
    values.for_each(clamp);
    span
}

fn clamp(value: &mut AnyValue) {
    match &mut value.value {
        Some(any_value::Value::DoubleValue(number)) => {
            *number = number.clamp(f64::MIN, f64::MAX);
        }
        Some(any_value::Value::ArrayValue(array)) => array.values.iter_mut().for_each(clamp),
        _ => {}
    }
}

/// What OTLP says about a span, by the accessors of its view.
fn expected(span: &SpanView<'_>) -> proto::Span {
    let (code, message) = match span.status() {
        Status::Unset => (None, ""),
        Status::Ok => (Some(1), ""),
        Status::Error { description } => (Some(2), description),
    };
    let remote = |is_remote| 0x100 | if is_remote { 0x200 } else { 0 };
    proto::Span {
        trace_id: span.trace_id().to_bytes().to_vec(),
        span_id: span.span_id().to_bytes().to_vec(),
        trace_state: span.trace_state().to_owned(),
        parent_span_id: span.parent_span_id().map_or(vec![], |id| id.to_bytes().to_vec()),
        flags: u32::from(span.trace_flags().bits()) | remote(span.parent_is_remote()),
        name: span.name().to_owned(),
        kind: span.kind() as i32,
        start_time_unix_nano: span.start_unix_nanos(),
        end_time_unix_nano: span.end_unix_nanos(),
        attributes: key_values(span.attributes()),
        dropped_attributes_count: span.dropped_attributes(),
        events: span
            .events()
            .map(|event| proto::span::Event {
                time_unix_nano: event.unix_nanos(),
                name: event.name().to_owned(),
                attributes: key_values(event.attributes()),
                dropped_attributes_count: event.dropped_attributes(),
            })
            .collect(),
        dropped_events_count: span.dropped_events(),
        links: span
            .links()
            .map(|link| proto::span::Link {
                trace_id: link.trace_id().to_bytes().to_vec(),
                span_id: link.span_id().to_bytes().to_vec(),
                trace_state: link.trace_state().to_owned(),
                attributes: key_values(link.attributes()),
                dropped_attributes_count: link.dropped_attributes(),
                flags: u32::from(link.trace_flags().bits()) | remote(link.is_remote()),
            })
            .collect(),
        dropped_links_count: span.dropped_links(),
        status: code.map(|code| proto::Status { message: message.to_owned(), code }),
    }
}

fn key_values<'a>(attributes: impl Iterator<Item = (&'a str, Value<'a>)>) -> Vec<KeyValue> {
    attributes
        .map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: Some(any_value(value)),
            ..KeyValue::default()
        })
        .collect()
}

fn any_value(value: Value<'_>) -> AnyValue {
    AnyValue {
        value: Some(match value {
            Value::Bool(value) => any_value::Value::BoolValue(value),
            Value::I64(value) => any_value::Value::IntValue(value),
            Value::U64(value) => any_value::Value::StringValue(value.to_string()),
            Value::F64(value) => any_value::Value::DoubleValue(value),
            Value::Str(value) => any_value::Value::StringValue(value.to_owned()),
            Value::Array(values) => any_value::Value::ArrayValue(ArrayValue {
                values: values.iter().map(any_value).collect(),
            }),
        }),
    }
}

/// A span as it arrives, which is the same in both encodings, and as it should.
fn only_span(builder: SpanBuilder) -> (proto::Span, proto::Span) {
    let [mut batch, mut json] =
        [Encoding::Protobuf, Encoding::Json].map(|encoding| batch_of(encoding, MIB));
    let mut by_accessors = None;
    builder.view(|span| {
        assert_eq!([batch.push(span), json.push(span)], [Push::Taken, Push::Taken]);
        by_accessors = Some(expected(span));
    });
    let [span, from_json] =
        [&mut batch, &mut json].map(|batch| request(batch).scope_spans.remove(0).spans.remove(0));
    assert_eq!(from_json, with_finite_numbers(span.clone()));
    (span, by_accessors.expect("the view was shown"))
}

#[test]
fn every_field_of_a_span_arrives() {
    let builder = SpanBuilder::new(&CHARGE, 0xaa << 120 | 7, 9)
        .parent(8, true)
        .times(1_700_000_000_000_000_100, 1_700_000_000_000_000_350)
        .trace_state("vendor=1,ot=th:8")
        .attribute("small", &-5_i64)
        .attribute("unsigned", &u64::MAX)
        .attribute("float", &1.5_f64)
        .attribute("no", &false)
        .attribute("text", &"Grüße, 世界")
        .attribute("empty", &"")
        .attribute("list", &vec!["a", "", "longer than eight bytes"])
        .event("retry", 120, &[("attempt", &2_u8)])
        .link(70, 90, &[("why", &"batch")])
        .status_error("declined");

    let (span, by_accessors) = only_span(builder);

    assert_eq!(span, by_accessors);
    assert_eq!((span.trace_id.len(), span.trace_id[0], span.trace_id[15]), (16, 0xaa, 7));
    assert_eq!((span.span_id[7], span.parent_span_id[7]), (9, 8));
    assert_eq!((span.flags, span.kind, span.name.as_str()), (0x301, 1, "charge"));
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 250);
    let unsigned = any_value::Value::StringValue(u64::MAX.to_string());
    assert_eq!(span.attributes[1].value.as_ref().unwrap().value, Some(unsigned));
    assert_eq!((span.attributes.len(), span.events.len(), span.links.len()), (7, 1, 1));
    assert_eq!(span.links[0].flags, 0x101);
    assert_eq!(span.status.unwrap(), proto::Status { message: "declined".into(), code: 2 });
}

#[test]
fn a_root_has_no_parent_and_a_plain_span_no_status() {
    let (span, by_accessors) = only_span(SpanBuilder::new(&CHARGE, 1, 2).times(5, 5));

    assert_eq!(span, by_accessors);
    assert_eq!((span.parent_span_id.len(), span.status, span.flags), (0, None, 0x101));
}

#[test]
fn what_the_limits_left_out_is_counted() {
    let limits =
        Limits::new().with_attributes(1).with_events(1).with_links(0).with_event_attributes(0);
    let builder = SpanBuilder::new(&CHARGE, 7, 9)
        .limits(limits)
        .attribute("a", &1)
        .attribute("b", &2)
        .event("one", 1, &[("x", &1)])
        .event("two", 2, &[])
        .link(1, 1, &[]);

    let (span, by_accessors) = only_span(builder);

    assert_eq!(span, by_accessors);
    let dropped =
        [span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count];
    assert_eq!((dropped, span.events[0].dropped_attributes_count), ([1, 1, 1], 1));
}

#[test]
fn interleaved_spans_stand_by_scope_in_their_order() {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        assert_by_scope(&mut batch_of(encoding, MIB));
    }
}

fn assert_by_scope(batch: &mut Batch) {
    let sites = [&CHARGE, &PACK, &CHARGE, &FOREIGN, &PACK, &CHARGE];
    for (at, site) in sites.into_iter().enumerate() {
        SpanBuilder::new(site, 1, at as u64 + 1).view(|span| batch.push(span));
    }

    let request = request(batch);

    let resource = request.resource.unwrap();
    assert_eq!(resource.attributes[0].key, "service.name");
    assert_eq!(resource.attributes[1].value, Some(any_value(Value::I64(42))));
    assert_eq!(request.schema_url, "https://opentelemetry.io/schemas/1.37.0");
    let scopes: Vec<_> = request
        .scope_spans
        .into_iter()
        .map(|scope| {
            let about = scope.scope.unwrap();
            let spans: Vec<_> = scope.spans.iter().map(|span| span.span_id[7]).collect();
            (about.name, about.version, spans)
        })
        .collect();
    assert_eq!(
        scopes,
        [
            ("shop::orders".to_owned(), "1.2.3".to_owned(), vec![1, 3, 6]),
            ("shop::parcels".to_owned(), "1.2.3".to_owned(), vec![2, 5]),
            ("shopping::db".to_owned(), String::new(), vec![4]),
        ]
    );
}

#[test]
fn a_finished_batch_begins_anew() {
    let mut batch = batch(MIB);
    SpanBuilder::new(&CHARGE, 1, 1).view(|span| batch.push(span));
    SpanBuilder::new(&PACK, 1, 2).view(|span| batch.push(span));
    request(&mut batch);
    SpanBuilder::new(&PACK, 1, 3).view(|span| batch.push(span));

    assert_eq!(batch.spans(), 1);
    let request = request(&mut batch);

    assert_eq!(request.scope_spans.len(), 1);
    assert_eq!(request.scope_spans[0].spans[0].span_id[7], 3);
}

#[test]
fn a_request_never_exceeds_its_bound() {
    for (encoding, text) in
        [(Encoding::Protobuf, "x".repeat(700)), (Encoding::Json, "x".repeat(450))]
    {
        let mut batch = batch_of(encoding, 2_000);
        let push = |batch: &mut Batch| {
            let builder = SpanBuilder::new(&CHARGE, 1, 1).attribute("text", &text);
            builder.view(|span| batch.push(span))
        };

        assert_eq!([(); 3].map(|()| push(&mut batch)), [Push::Taken, Push::Taken, Push::Full]);
        let mut out = Vec::new();
        batch.finish(&mut out);

        assert!(out.len() <= 2_000, "{} bytes", out.len());
        assert_eq!(push(&mut batch), Push::Taken);
    }
}

#[test]
fn a_span_that_no_request_can_hold_is_refused() {
    let text = "x".repeat(3_000);
    let mut batch = batch(2_000);

    let refused = SpanBuilder::new(&CHARGE, 1, 1).attribute("t", &text).view(|s| batch.push(s));
    let small = SpanBuilder::new(&CHARGE, 1, 1).view(|s| batch.push(s));

    assert_eq!((refused, small), (Push::TooLarge, Push::Taken));
}

#[derive(Clone, Debug)]
enum Any {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Str(String),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Strs(Vec<String>),
}

impl Any {
    fn as_attribute(&self) -> &dyn Attribute {
        match self {
            Self::Bool(value) => value,
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::F64(value) => value,
            Self::Str(value) => value,
            Self::Bools(value) => value,
            Self::Ints(value) => value,
            Self::Floats(value) => value,
            Self::Strs(value) => value,
        }
    }
}

fn any_attribute() -> impl Strategy<Value = (String, Any)> {
    let finite = || prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE;
    let value = prop_oneof![
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(Any::I64),
        any::<u64>().prop_map(Any::U64),
        finite().prop_map(Any::F64),
        ".{0,200}".prop_map(Any::Str),
        prop::collection::vec(any::<bool>(), 0..5).prop_map(Any::Bools),
        prop::collection::vec(any::<i64>(), 0..30).prop_map(Any::Ints),
        prop::collection::vec(finite(), 0..5).prop_map(Any::Floats),
        prop::collection::vec(".{0,60}", 0..5).prop_map(Any::Strs),
    ];
    (".{0,20}", value)
}

fn borrowed(attributes: &[(String, Any)]) -> Vec<(&str, &dyn Attribute)> {
    attributes.iter().map(|(key, value)| (key.as_str(), value.as_attribute())).collect()
}

proptest! {
    #[test]
    fn any_span_arrives_as_its_view_says(
        trace in 1_u128..,
        (span, parent) in (1_u64.., any::<u64>()),
        (remote, start, nanos) in (any::<bool>(), any::<u64>(), any::<u64>()),
        state in "[a-z0-9=,]{0,150}",
        attributes in prop::collection::vec(any_attribute(), 0..6),
        late in prop::collection::vec(any_attribute(), 0..3),
        events in prop::collection::vec(
            (".{0,150}", any::<u64>(), prop::collection::vec(any_attribute(), 0..3)), 0..4),
        links in prop::collection::vec(
            (1_u128.., 1_u64.., prop::collection::vec(any_attribute(), 0..3)), 0..4),
        status in prop::option::of(prop::option::of(".{0,200}")),
        failed in any::<bool>(),
        limit in 0_u32..8,
    ) {
        let limits = Limits::new().with_attributes(limit).with_events(limit).with_links(limit);
        let mut builder = SpanBuilder::new(&CHARGE, trace, span)
            .parent(parent, remote)
            .times(start, start.saturating_add(nanos))
            .trace_state(&state)
            .outcome(if failed { Outcome::Panicked } else { Outcome::Ok })
            .limits(limits);
        for (key, value) in borrowed(&attributes) {
            builder = builder.attribute(key, &value);
        }
        for (key, value) in borrowed(&late) {
            builder = builder.late_attribute(key, &value);
        }
        for (name, time, attributes) in &events {
            builder = builder.event(name, *time, &borrowed(attributes));
        }
        for (trace, span, attributes) in &links {
            builder = builder.link(*trace, *span, &borrowed(attributes));
        }
        builder = match &status {
            None => builder,
            Some(None) => builder.status_ok(),
            Some(Some(description)) => builder.status_error(description),
        };

        let (span, by_accessors) = only_span(builder);

        prop_assert_eq!(span, by_accessors);
    }
}
