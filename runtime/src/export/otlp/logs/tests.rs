//! What a receiver reads out of a request of log records.

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    logs::v1::LogRecord,
};
use prost::Message as _;

use super::*;
use crate::{
    export::otlp::signal::Signal,
    logs::{self, Said},
    trace::{
        Context, Writer,
        correlation::CorrelationId,
        id::TraceFlags,
        local::{ACTIVE, W3C_SHIFT},
        request::Request,
    },
};

/// A record: what surrounds it, and what writes it.
type Record<'r> = (&'r Said<'r>, &'r dyn Fn(&mut Writer));

fn request(encoding: Encoding, records: &[Record<'_>]) -> Vec<u8> {
    let service = [("service.name", Value::Str("shop"))];
    let resource = Resource::of(Signal::Logs, encoding, service, "");
    let mut batch =
        LogBatch { batch: Batch::new(resource, None, 1 << 20), targets: Targets::default() };
    for (said, write) in records {
        logs::view(said, *write, |view| assert_eq!(batch.push(view), Push::Taken));
    }
    let mut out = Vec::new();
    batch.finish(&mut out);
    out
}

fn context() -> Context {
    let flags = ACTIVE | u16::from(TraceFlags::SAMPLED.bits()) << W3C_SHIFT;
    let context = Context { trace_high: 1, trace_low: 2, span: 3, flags, ..Context::default() };
    let correlation_id = CorrelationId::parse("order-7");
    context.with_request(Request { correlation_id, method: "GET", route: "/orders/{id}" })
}

fn said(context: &Context) -> Said<'_> {
    Said {
        level: Level::Warn,
        target: "shop::db",
        event: "db.slow",
        file: Some("src/db.rs"),
        line: Some(42),
        context,
    }
}

fn write(writer: &mut Writer) {
    writer.name_str("slow");
    writer.set_keyed("rows", &3);
    writer.set_keyed("ratio", &0.5);
    writer.set_keyed("hostile \" \n\u{1}", "世界");
}

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Any::StringValue(value.into())) })
}

fn check(record: &LogRecord) {
    assert_eq!((record.severity_number, &*record.severity_text), (13, "WARN"));
    assert_eq!(record.body, text("slow"));
    assert_eq!(record.trace_id, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(record.span_id, [0, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!((record.flags, &*record.event_name), (1, "db.slow"));
    assert!(record.time_unix_nano > 0);
    let keys: Vec<_> = record.attributes.iter().map(|pair| pair.key.as_str()).collect();
    let expected = [
        "rows",
        "ratio",
        "hostile \" \n\u{1}",
        "correlation_id",
        "http.request.method",
        "http.route",
        "code.file.path",
        "code.line.number",
    ];
    assert_eq!(keys, expected);
    let has = |key: &str, value| {
        let pair = record.attributes.iter().find(|pair: &&KeyValue| pair.key == key).unwrap();
        assert_eq!(pair.value, value, "{key}");
    };
    has("rows", Some(AnyValue { value: Some(Any::IntValue(3)) }));
    has("http.route", text("/orders/{id}"));
    has("hostile \" \n\u{1}", text("世界"));
    has("code.line.number", Some(AnyValue { value: Some(Any::IntValue(42)) }));
}

#[test]
fn a_record_is_read_back_from_protobuf_and_from_json() {
    let context = context();
    let records: [Record<'_>; 1] = [(&said(&context), &write)];

    let protobuf = request(Encoding::Protobuf, &records);
    let json = request(Encoding::Json, &records);

    let protobuf = ExportLogsServiceRequest::decode(&*protobuf).unwrap();
    let json: ExportLogsServiceRequest = serde_json::from_slice(&json).unwrap();
    for request in [protobuf, json] {
        let resource = &request.resource_logs[0];
        assert_eq!(resource.resource.as_ref().unwrap().attributes[0].key, "service.name");
        let scope = &resource.scope_logs[0];
        assert_eq!(scope.scope.as_ref().unwrap().name, "shop::db");
        check(&scope.log_records[0]);
    }
}

#[test]
fn records_stand_in_the_scopes_of_their_targets() {
    let context = Context::default();
    let of = |target| Said { target, event: "", file: None, line: None, ..said(&context) };
    let (web, db) = (of("shop::web"), of("shop::db"));
    let none: &dyn Fn(&mut Writer) = &|_| {};

    let bytes = request(Encoding::Protobuf, &[(&web, none), (&db, none), (&web, none)]);

    let request = ExportLogsServiceRequest::decode(&*bytes).unwrap();
    let scopes: Vec<_> = request.resource_logs[0]
        .scope_logs
        .iter()
        .map(|scope| (scope.scope.as_ref().unwrap().name.clone(), scope.log_records.len()))
        .collect();
    assert_eq!(scopes, [("shop::web".into(), 2), ("shop::db".into(), 1)]);
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    assert!(record.trace_id.is_empty() && record.span_id.is_empty() && record.flags == 0);
}

#[test]
fn targets_beyond_number_are_attributes() {
    let mut targets = Targets::default();

    let known = (0..MOST_TARGETS + 10).filter(|at| targets.get(&format!("t{at}")).is_some());

    assert_eq!(known.count(), MOST_TARGETS);
    assert_eq!(targets.get("t7"), Some("t7"));
}
