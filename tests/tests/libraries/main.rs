//! Libraries that know nothing of Spandrel, in one trace with functions that do, at a collector
//! that is not ours either.
//!
//! An HTTP request by `reqwest` and its `tracing` middleware reaches a server whose middleware uses
//! the OpenTelemetry API; its handler asks SQLite through `sqlx`, which writes a `tracing` event when it is over, and
//! a gRPC service whose `tonic` server opens a `tracing` span.

#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod client;
mod server;

use std::{collections::HashMap, time::Duration};

use serde_json::Value as Json;
use spandrel::{export::Otlp, traced};
use spandrel_tests::counterparts::Collector;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Who calls whom: span, and its parent.
const TREE: [(&str, &str); 7] = [
    ("order", ""),
    ("POST", "order"),
    ("POST /orders", "POST"),
    ("place", "POST /orders"),
    ("grpc", "place"),
    ("SELECT", "store"),
    ("store", "place"),
];

#[traced]
async fn order(url: &str) -> String {
    client::post(url).await
}

#[tokio::test]
async fn libraries_with_other_apis_stand_where_they_belong_in_one_trace() {
    let Some(mut collector) = Collector::start() else { return };
    tracing_subscriber::registry().with(spandrel::tracing::layer()).init();
    let telemetry = spandrel::builder!()
        .service_name("libraries")
        .opentelemetry_0_33()
        .otlp(Otlp::grpc().endpoint(collector.grpc_endpoint()))
        .init()
        .unwrap();
    let grpc = server::start_grpc().await;
    let http = server::start_http(grpc).await;

    let injected = order(&format!("http://{http}/orders")).await;
    let report = telemetry.shutdown(Duration::from_secs(20)).wait().unwrap();

    let spans = collector.spans(TREE.len());
    let by_name: HashMap<_, _> = spans.iter().map(|span| (text(&span["name"]), span)).collect();
    let names: HashMap<_, _> =
        spans.iter().map(|span| (text(&span["span_id"]), text(&span["name"]))).collect();
    for (name, parent) in TREE {
        let span = by_name.get(name).unwrap_or_else(|| panic!("no `{name}` in {names:?}"));
        let found = names.get(text(&span["parent_span_id"])).copied().unwrap_or_default();
        assert_eq!(found, parent, "the parent of {name}");
        assert_eq!(span["trace_id"], spans[0]["trace_id"], "the trace of {name}");
    }
    assert_eq!(injected, text(&by_name["POST"]["span_id"]), "the header names the request's span");
    let query = by_name["SELECT"].to_string();
    for part in [
        r#"{"key":"db.system.name","value":{"string_value":"sqlite"}}"#,
        r#"{"key":"db.query.text","value":{"string_value":"SELECT ?"}}"#,
    ] {
        assert!(query.contains(part), "no {part} in {query}");
    }
    assert!(report.is_complete(), "{report}");
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}
