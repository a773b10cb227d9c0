//! One name for a request, from the first header to the last log line.

use std::convert::Infallible;

use axum::{Router, extract::State, routing::get as on_get};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use spandrel::{
    CorrelationId, SpanKind, http,
    trace::{
        Context,
        propagation::{Baggage, PropagateTo},
    },
};
use tower::{Layer as _, Service as _, service_fn};

use crate::setting::{client, everything, get, header, run, said, serve};

/// A handler that answers with the name of its request.
async fn named() -> String {
    spandrel::correlation_id().map(|id| id.to_string()).unwrap_or_default()
}

fn app() -> Router {
    Router::new().route("/", on_get(named)).layer(http::server())
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn the_name_that_came_is_the_one_that_everyone_sees() {
    let cases = [
        ("X-Correlation-ID: order-1\r\n", "order-1"),
        ("X-Request-ID: request-1\r\n", "request-1"),
        ("X-Request-ID: request-1\r\nx-correlation-id: order-1\r\n", "order-1"),
        ("baggage: correlation_id=carried-1\r\n", "carried-1"),
        ("X-Request-ID: request-1\r\nbaggage: correlation_id=carried-1\r\n", "request-1"),
    ];
    for (headers, name) in cases {
        run(async |capture| {
            let address = serve(app()).await;

            let answer = get(address, "/", headers).await;

            assert_eq!(body(&answer), name, "the program");
            assert_eq!(header(&answer, "x-correlation-id"), Some(name), "the response");
            assert_eq!(said(&capture.span("GET /"), "correlation_id"), name, "the span");
        });
    }
}

#[test]
fn a_request_without_a_good_name_gets_a_new_one() {
    let long = format!("X-Correlation-ID: {}\r\n", "x".repeat(CorrelationId::MAX_LEN + 1));
    let cases = [
        "",
        "X-Correlation-ID: \r\n",
        "X-Correlation-ID: a b\r\n",
        "X-Correlation-ID: \"canary\"\r\n",
        "X-Correlation-ID: canary\u{e9}\r\n",
        "X-Correlation-ID: canary;canary\r\nX-Request-ID: also-canary\r\n",
        "baggage: correlation_id=canary%0Acanary\r\n",
        &long,
    ];
    for headers in cases {
        run(async |capture| {
            let address = serve(app()).await;

            let answer = get(address, "/", headers).await;

            let name = body(&answer);
            assert_eq!((name.len(), name.as_bytes()[14]), (36, b'7'), "{headers}: {name}");
            assert_eq!(header(&answer, "x-correlation-id"), Some(name), "{headers}");
            assert!(!everything(&capture.spans()).contains("canary"), "{headers}");
        });
    }
}

#[test]
fn a_response_that_has_a_name_keeps_it() {
    run(async |_capture| {
        let app = Router::new()
            .route("/", on_get(|| async { ([("x-correlation-id", "its-own")], "") }))
            .layer(http::server());
        let address = serve(app).await;

        let answer = get(address, "/", "X-Correlation-ID: order-1\r\n").await;

        assert_eq!(header(&answer, "x-correlation-id"), Some("its-own"));
        assert_eq!(answer.matches("x-correlation-id").count(), 1);
    });
}

#[test]
fn another_header_can_name_requests() {
    run(async |_capture| {
        let name = ::http::HeaderName::from_static("x-trace-name");
        let app =
            Router::new().route("/", on_get(named)).layer(http::server().correlation_header(name));
        let address = serve(app).await;

        let answer =
            get(address, "/", "X-Trace-Name: order-1\r\nX-Correlation-ID: other\r\n").await;

        assert_eq!((body(&answer), header(&answer, "x-trace-name")), ("order-1", Some("order-1")));
    });
}

/// Asks a service that answers with all headers it was sent, through a client with this layer.
async fn asked(layer: http::Client, within: Context, own: &str) -> String {
    let showing = service_fn(async |request: ::http::Request<Incoming>| {
        let shown = format!("{:?}", request.headers());
        Ok::<_, Infallible>(::http::Response::new(shown))
    });
    let address = serve(showing).await;
    let mut client = layer.layer(client());
    let mut request = ::http::Request::get(format!("http://{address}/"));
    if !own.is_empty() {
        request = request.header("x-correlation-id", own);
    }
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let future = {
        let _attached = within.attach();
        client.call(request)
    };
    crate::setting::text(future.await.unwrap().into_body()).await
}

fn carrying(capture: &spandrel::testing::Capture) -> Context {
    capture
        .context()
        .with_baggage(Baggage::parse("tenant=acme"))
        .with_correlation_id(CorrelationId::parse("order-1").unwrap())
}

#[test]
fn without_a_list_baggage_goes_nowhere_and_the_name_everywhere() {
    run(async |capture| {
        let sent = asked(http::client(), carrying(&capture), "").await;

        assert!(sent.contains("traceparent") && sent.contains(r#""x-correlation-id": "order-1""#));
        assert!(!sent.contains("baggage") && !sent.contains("acme"), "{sent}");
    });
}

#[test]
fn hosts_on_the_list_are_told_everything_and_others_nothing() {
    run(async |capture| {
        let listed = http::client().propagate_to(PropagateTo::parse("127.0.0.1").unwrap());
        let sent = asked(listed, carrying(&capture), "").await;
        assert!(sent.contains("traceparent") && sent.contains("order-1"), "{sent}");
        assert!(sent.contains("tenant=acme,correlation_id=order-1"), "{sent}");

        for others in ["*.example.com", "127.0.0.1:1", "127.0.0.2"] {
            let unlisted = http::client().propagate_to(PropagateTo::parse(others).unwrap());
            let sent = asked(unlisted, carrying(&capture), "").await;
            for told in ["traceparent", "tracestate", "baggage", "correlation", "order-1", "acme"] {
                assert!(!sent.contains(told), "{others}: {sent}");
            }
        }
        let clients = capture.spans().into_iter().filter(|span| span.kind == SpanKind::Client);
        assert_eq!(clients.count(), 4, "who is told nothing is watched all the same");
    });
}

#[test]
fn what_the_program_itself_sends_stays() {
    run(async |capture| {
        let layer = http::client().propagate_to(PropagateTo::no_one());

        let sent = asked(layer, carrying(&capture), "their-own").await;

        assert!(sent.contains(r#""x-correlation-id": "their-own""#), "{sent}");
    });
}

#[test]
fn two_services_share_one_trace_and_one_name() {
    run(async |capture| {
        let payments = serve(app()).await;
        let orders = Router::new()
            .route(
                "/orders/{id}",
                on_get(async |State(payments): State<std::net::SocketAddr>| {
                    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
                        .with(http::client())
                        .build();
                    client
                        .get(format!("http://{payments}/"))
                        .send()
                        .await
                        .unwrap()
                        .text()
                        .await
                        .unwrap()
                }),
            )
            .with_state(payments)
            .layer(http::server());
        let orders = serve(orders).await;

        let answer = get(orders, "/orders/7", "X-Request-ID: order-7\r\n").await;

        assert_eq!(body(&answer), "order-7");
        let spans = capture.spans();
        assert_eq!(spans.len(), 3, "{spans:?}");
        assert!(spans.iter().all(|span| said(span, "correlation_id") == "order-7"));
        capture.assert_tree("GET /orders/{id} ok\n  GET ok\n    GET / ok\n");
    });
}

#[test]
fn a_public_endpoint_obeys_no_stranger() {
    run(async |capture| {
        let app = Router::new()
            .route("/", on_get(|| async { Context::current().baggage().to_string() }))
            .layer(http::server().public_endpoint());
        let address = serve(app).await;
        let stranger = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n\
                        tracestate: canary=1\r\nbaggage: role=canary\r\nX-Correlation-ID: theirs\r\n";

        let answer = get(address, "/", stranger).await;

        assert_eq!(body(&answer), "correlation_id=theirs", "a name decides nothing");
        let span = capture.span("GET /");
        assert_ne!(span.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.parent_span_id, None);
        assert_eq!(span.links.len(), 1);
        assert_eq!(span.links[0].span_id.to_string(), "00f067aa0ba902b7");
    });
}
