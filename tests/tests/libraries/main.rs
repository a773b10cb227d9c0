//! Libraries that know nothing of Spandrel, in one trace with functions that do, at a collector
//! that is not ours either.
//!
//! An HTTP request by `reqwest` and its `tracing` middleware reaches a server whose middleware uses
//! the OpenTelemetry API; its handler asks SQLite and PostgreSQL through `sqlx`, which writes a
//! `tracing` event when a query is over, Redis, and a gRPC service whose `tonic` server opens a
//! `tracing` span.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod client;
mod server;

use std::{collections::HashMap, time::Duration};

use serde_json::Value as Json;
use spandrel::{export::Otlp, traced};
use spandrel_tests::{counterparts::Collector, databases::Database};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::server::Services;

/// Who calls whom: span, and its parent.
const TREE: [(&str, &str); 11] = [
    ("order", ""),
    ("POST", "order"),
    ("POST /orders", "POST"),
    ("place", "POST /orders"),
    ("grpc", "place"),
    ("SELECT sqlite", "store"),
    ("book", "place"),
    ("SELECT postgresql", "book"),
    ("cache", "place"),
    ("SET redis", "cache"),
    ("store", "place"),
];

#[traced]
async fn order(url: &str) -> String {
    client::post(url).await
}

#[tokio::test]
async fn libraries_with_other_apis_stand_where_they_belong_in_one_trace() {
    let Some(mut collector) = Collector::start() else { return };
    let Some(postgres) = Database::postgres() else { return };
    let Some(redis) = Database::redis() else { return };
    tracing_subscriber::registry().with(spandrel::tracing::layer()).init();
    let telemetry = spandrel::builder!()
        .service_name("libraries")
        .opentelemetry_0_33()
        .otlp(Otlp::grpc().endpoint(collector.grpc_endpoint()))
        .init()
        .unwrap();
    let grpc = server::start_grpc().await;
    let services = Services { grpc, postgres: postgres.port(), redis: redis.port() };
    let http = server::start_http(services).await;

    let injected = order(&format!("http://{http}/orders")).await;
    let report = telemetry.shutdown(Duration::from_secs(20)).wait().unwrap();

    let spans = collector.spans(TREE.len());
    let by_name: HashMap<_, _> = spans.iter().map(|span| (name_of(span), span)).collect();
    let names: HashMap<_, _> =
        spans.iter().map(|span| (text(&span["span_id"]), name_of(span))).collect();
    for (name, parent) in TREE {
        let span = by_name.get(name).unwrap_or_else(|| panic!("no `{name}` in {names:?}"));
        let found = names.get(text(&span["parent_span_id"])).cloned().unwrap_or_default();
        assert_eq!(found, parent, "the parent of {name}");
        assert_eq!(span["trace_id"], spans[0]["trace_id"], "the trace of {name}");
    }
    assert_eq!(injected, text(&by_name["POST"]["span_id"]), "the header names the request's span");
    for (name, statement) in [
        ("SELECT sqlite", "SELECT ?"),
        ("SELECT postgresql", "SELECT ? || $1 FROM pg_sleep(?)"),
        ("SET redis", "SET ? ?"),
    ] {
        let span = by_name[name];
        assert_eq!(attribute(span, "db.query.text"), statement);
        assert_eq!(span["kind"], "SPAN_KIND_CLIENT", "{span}");
        assert!(!span.to_string().contains("secret"), "{span}");
    }
    let (query, function) = (by_name["SELECT postgresql"], by_name["book"]);
    assert!(nanos(query) >= 50_000_000 && nanos(query) <= nanos(function), "{query}");
    assert!(report.is_complete(), "{report}");
}

/// Its name; of a call of a database, with the system.
fn name_of(span: &Json) -> String {
    let (name, system) = (text(&span["name"]), attribute(span, "db.system.name"));
    if system.is_empty() { name.to_owned() } else { format!("{name} {system}") }
}

fn attribute<'s>(span: &'s Json, key: &str) -> &'s str {
    let attributes = span["attributes"].as_array().map_or(&[][..], Vec::as_slice);
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    found.map_or("", |attribute| text(&attribute["value"]["string_value"]))
}

/// How long it took.
fn nanos(span: &Json) -> u64 {
    let time = |key: &str| text(&span[key]).parse::<u64>().unwrap();
    time("end_time_unix_nano") - time("start_time_unix_nano")
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}
