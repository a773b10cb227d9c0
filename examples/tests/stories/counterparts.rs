//! What the shop did, as others hold it: a real Prometheus and a real collector.

use std::net::SocketAddr;

use serde_json::Value;
use spandrel_tests::{counterparts::Collector, prometheus::Prometheus};

use super::services::Service;

#[test]
fn prometheus_and_the_collector_hold_what_the_shop_did() {
    let Some(mut collector) = Collector::start() else { return };
    let exports: &[(&str, &str)] = &[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
    ];
    let payments = Service::start("payments", &[], exports);
    let orders = Service::start("orders", &[&payments.url()], exports);
    // Of the first three orders the bank refuses the last one.
    let answers = [(); 3].map(|()| orders.order("")[..12].to_owned());
    let address = |service: &Service| service.address.parse::<SocketAddr>().expect("an address");
    let jobs = [("orders", address(&orders)), ("payments", address(&payments))];
    let Some(prometheus) = Prometheus::start(&jobs) else { return };

    let one = |query: &str| prometheus.values(query, 1);
    let requests = "http_server_request_duration_seconds_count";
    assert_eq!(answers, ["HTTP/1.1 201", "HTTP/1.1 201", "HTTP/1.1 502"]);
    assert_eq!(one(&format!(r#"sum({requests}{{job="orders",http_route="/orders"}})"#)), [3.0]);
    let failed = r#"http_route="/orders",http_response_status_code="502""#;
    assert_eq!(one(&format!("{requests}{{{failed}}}")), [1.0]);
    assert_eq!(one(&format!(r#"sum({requests}{{job="payments",http_route="/payments"}})"#)), [3.0]);
    assert_eq!(one(r#"shop_orders_sold_total{item="tea"}"#), [2.0]);
    let of_orders = r#"http_server_request_duration_seconds_bucket{job="orders"}"#;
    let exemplars = prometheus.exemplars(of_orders);
    let _ = (orders.end(), payments.end());

    let mut spans = Vec::new();
    for exemplar in exemplars {
        let trace = &exemplar["labels"]["trace_id"];
        for name in ["POST /orders", "INSERT orders", "POST /payments"] {
            let is_there =
                |span: &Value| span["trace_id"] == *trace && span["name"].as_str() == Some(name);
            // The services send in no order; what never comes ends with the test.
            while !spans.iter().any(is_there) {
                spans.extend(collector.spans(1));
            }
        }
    }
}
