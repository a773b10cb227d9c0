//! What the span of a request says, and when there is none.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::ConnectInfo,
    http::StatusCode,
    middleware,
    routing::{any, get as on_get},
};
use spandrel::{
    Outcome, SpanKind, http, testing,
    trace::{OwnedStatus, SpanData},
    traced,
};

use tower::ServiceBuilder;

use crate::setting::{everything, get, header, raw, run, said, serve};

#[traced]
async fn load(_id: &str) -> &'static str {
    "an order"
}

fn shop(layer: http::Server) -> Router {
    Router::new()
        .route("/orders/{id}", on_get(|| async { load("7").await }))
        .route("/broken", on_get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/gone", on_get(|| async { StatusCode::NOT_FOUND }))
        .route("/any", any(|| async { "x" }))
        .route("/health", on_get(|| async { "up" }))
        .route("/static/{file}", on_get(|| async { "a file" }))
        .nest("/admin", Router::new().route("/users/{id}", on_get(|| async { "a user" })))
        .layer(layer)
}

async fn span_of(capture: &testing::Capture, layer: http::Server, request: &str) -> SpanData {
    let address = serve(shop(layer)).await;
    raw(address, &format!("{request}Connection: close\r\n\r\n")).await;
    let mut spans = capture.spans();
    spans.retain(|span| span.kind == SpanKind::Server);
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans.remove(0)
}

#[test]
fn a_request_has_a_span_that_says_what_the_conventions_ask_for() {
    run(async |capture| {
        let request = "GET /orders/7?page=2&token=canary HTTP/1.1\r\nHost: shop.example:8080\r\n\
                       User-Agent: tester/1\r\nAuthorization: Bearer canary\r\n";

        let span = span_of(&capture, http::server(), request).await;

        assert_eq!((span.name.as_str(), span.kind), ("GET /orders/{id}", SpanKind::Server));
        let expected = [
            ("http.request.method", "GET"),
            ("http.route", "/orders/{id}"),
            ("url.path", "/orders/7"),
            ("url.query", "page=2&token=[REDACTED]"),
            ("url.scheme", "http"),
            ("server.address", "shop.example"),
            ("server.port", "8080"),
            ("user_agent.original", "tester/1"),
            ("network.protocol.version", "1.1"),
            ("http.response.status_code", "200"),
            ("http.response.body.size", "8"),
            ("error.type", ""),
        ];
        for (key, value) in expected {
            assert_eq!(said(&span, key), value, "{key}");
        }
        assert_eq!((span.outcome, span.status.clone()), (Outcome::Ok, OwnedStatus::Unset));
        let inner = capture.span("load");
        assert_eq!(inner.parent_span_id, Some(span.span_id));
        assert!(!everything(&capture.spans()).contains("canary"));
    });
}

#[test]
fn only_what_a_server_does_wrong_is_an_error() {
    for (path, status, outcome, error_type) in [
        ("/broken", "503", Outcome::Error, "503"),
        ("/gone", "404", Outcome::Ok, ""),
        ("/nowhere", "404", Outcome::Ok, ""),
    ] {
        run(async |capture| {
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n");

            let span = span_of(&capture, http::server(), &request).await;

            assert_eq!(said(&span, "http.response.status_code"), status);
            assert_eq!((span.outcome, said(&span, "error.type").as_str()), (outcome, error_type));
        });
    }
}

#[test]
fn a_span_is_never_named_after_a_path() {
    let cases = [
        ("GET /nowhere/4711", "GET", "GET"),
        ("GET /admin/users/9", "GET /admin/users/{id}", "GET"),
        ("BREW /any", "HTTP /any", "_OTHER"),
        ("HEAD /orders/7", "HEAD /orders/{id}", "HEAD"),
    ];
    for (line, name, method) in cases {
        run(async |capture| {
            let request = format!("{line} HTTP/1.1\r\nHost: a\r\n");

            let span = span_of(&capture, http::server(), &request).await;

            assert_eq!(
                (span.name.as_str(), said(&span, "http.request.method").as_str()),
                (name, method)
            );
            let original = said(&span, "http.request.method_original");
            assert_eq!(original, if method == "_OTHER" { "BREW" } else { "" });
        });
    }
}

#[test]
fn of_two_layers_the_outer_one_watches_and_learns_the_route_from_the_inner_one() {
    run(async |capture| {
        let before = testing::metrics();
        let inner = Router::new()
            .route("/twice/{id}", on_get(|| async { "x" }))
            .layer(http::server())
            .layer(http::server());
        let address =
            serve(ServiceBuilder::new().layer(http::server()).service(inner.into_service())).await;

        let answer = get(address, "/twice/7", "").await;
        raw(address, "PUT /twice/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;

        let spans = capture.spans();
        assert_eq!(spans.len(), 2, "{spans:?}");
        let span = capture.span("GET /twice/{id}");
        assert_eq!(said(&span, "http.route"), "/twice/{id}");
        assert_eq!(header(&answer, "x-correlation-id"), Some(&*said(&span, "correlation_id")));
        let labels = (
            ("http.request.method", "GET"),
            (
                ("url.scheme", "http"),
                (("http.route", "/twice/{id}"), ("http.response.status_code", 200_u16)),
            ),
        );
        let since = testing::metrics().since(&before);
        assert_eq!(since.distribution("http.server.request.duration", &labels).unwrap().count, 1);
    });
}

#[test]
fn excluded_paths_leave_no_trace() {
    run(async |capture| {
        let layer = http::server().exclude("/health").exclude("/static/*");
        let address = serve(shop(layer)).await;

        for path in ["/health", "/static/a.css", "/healthy"] {
            get(address, path, "").await;
        }

        let paths: Vec<_> = capture.spans().iter().map(|span| said(span, "url.path")).collect();
        assert_eq!(paths, ["/healthy"]);
    });
}

#[test]
fn headers_are_recorded_if_asked_for_and_secret_ones_never() {
    run(async |capture| {
        let layer = http::server()
            .capture_request_headers(["x-tenant", "Authorization", "x-absent"])
            .capture_response_headers(["content-type", "set-cookie"]);
        let request = "GET /orders/7 HTTP/1.1\r\nHost: a\r\nX-Tenant: one\r\nX-Tenant: two\r\n\
                       X-Other: other\r\nAuthorization: Bearer canary\r\n";

        let span = span_of(&capture, layer, request).await;

        assert_eq!(said(&span, "http.request.header.x-tenant"), "one,two");
        assert!(said(&span, "http.response.header.content-type").starts_with("text/plain"));
        let all = everything(&capture.spans());
        assert!(!all.contains("canary") && !all.contains("x-other") && !all.contains("x-absent"));
        assert!(all.contains("http.request.header.authorization"), "that it was there is told");
    });
}

#[test]
fn proxies_are_believed_only_if_told_so() {
    let request = "GET /orders/7 HTTP/1.1\r\nHost: inner:8080\r\nX-Forwarded-For: 1.1.1.1, 203.0.113.9\r\n\
                   X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";
    for (layer, client, scheme, host) in [
        (http::server(), "", "http", "inner"),
        (http::server().trusted_proxies(1), "203.0.113.9", "https", "shop.example"),
    ] {
        run(async |capture| {
            let span = span_of(&capture, layer, request).await;

            assert_eq!(said(&span, "client.address"), client);
            assert_eq!(said(&span, "url.scheme"), scheme);
            assert_eq!(said(&span, "server.address"), host);
        });
    }
}

#[test]
fn the_address_of_the_connection_is_told_where_the_server_knows_it() {
    run(async |capture| {
        let peer: SocketAddr = "192.0.2.7:4711".parse().unwrap();
        let known = middleware::from_fn(
            move |mut request: axum::extract::Request, next: middleware::Next| {
                request.extensions_mut().insert(ConnectInfo(peer));
                next.run(request)
            },
        );
        let address = serve(shop(http::server()).layer(known)).await;

        get(address, "/orders/7", "").await;

        let span = capture.span("GET /orders/{id}");
        assert_eq!(said(&span, "client.address"), "192.0.2.7");
        assert_eq!(said(&span, "network.peer.address"), "192.0.2.7");
        assert_eq!(said(&span, "network.peer.port"), "4711");
    });
}

#[test]
fn a_slow_request_says_so() {
    for (threshold, events) in [(Duration::ZERO, 1), (Duration::from_secs(3_600), 0)] {
        run(async |capture| {
            let request = "GET /orders/7 HTTP/1.1\r\nHost: a\r\n";

            let span = span_of(&capture, http::server().slow(threshold), request).await;

            let slow = span.events.iter().filter(|event| event.name == "slow request").count();
            assert_eq!(slow, events);
        });
    }
}

#[test]
fn hostile_requests_are_recorded_within_bounds() {
    run(async |capture| {
        let address = serve(shop(http::server())).await;
        let long = "x".repeat(6_000);
        let hostile = [
            format!("User-Agent: {long}\r\n"),
            format!("traceparent: {long}\r\n"),
            format!("X-Correlation-ID: {long}\r\nbaggage: a={long}\r\n"),
            "X-Correlation-ID: a\u{7f}b\r\n".to_owned(),
            "User-Agent: \u{e9}\u{e9}\r\nbaggage: =;=,,,;\r\n".to_owned(),
            "traceparent: 00-0-0-0\r\ntraceparent: 00-0-0-0\r\ntracestate: ===\r\n".to_owned(),
        ];

        for headers in &hostile {
            let answer = get(address, &format!("/orders/{}?{}", &long[..900], long), headers).await;
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }

        for span in capture.spans() {
            for (key, _) in &span.attributes {
                assert!(said(&span, key).len() <= 1_024, "{key}");
            }
        }
    });
}
