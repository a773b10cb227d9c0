//! The admin pages on a port that the program has.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use spandrel::metrics::Counter;
use spandrel_tests::prometheus::{self, Answer};

static SEEN: Counter = Counter::new("router.seen", "Requests seen");

async fn ask(address: SocketAddr, target: &'static str, accept: &'static str) -> Answer {
    let asking = tokio::task::spawn_blocking(move || prometheus::get(address, target, accept));
    asking.await.unwrap().unwrap()
}

#[tokio::test]
async fn the_pages_stand_beside_those_of_the_program() {
    SEEN.add(3);
    let own = Router::new().route("/orders", get(|| async { "none" }));
    let app: Router = own.merge(spandrel::admin::router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });

    let orders = ask(address, "/orders", "*/*").await;
    let metrics = ask(address, "/metrics", "application/openmetrics-text;version=1.0.0").await;
    let functions = ask(address, "/functions", "*/*").await;
    let live = ask(address, "/health/live", "*/*").await;

    assert_eq!(orders.body, b"none");
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("\nrouter_seen_total{") && text.ends_with("# EOF\n"), "{text}");
    assert_eq!(metrics.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(serde_json::from_slice::<serde_json::Value>(&functions.body).unwrap().is_array());
    assert_eq!((live.status, live.body.as_slice()), (200, &b"live\n"[..]));
}
