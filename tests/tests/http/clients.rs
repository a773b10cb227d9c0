//! What the span of a request that goes out says, and how it ends.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body, http::StatusCode, response::Redirect, routing::get as on_get};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use spandrel::{
    Outcome, SpanKind,
    http::{self, UrlTemplate},
    trace::{SpanData, propagation::PropagateTo},
};
use tokio::{net::TcpListener, sync::mpsc};
use tower::{Layer as _, Service as _, service_fn};

use crate::setting::{client, everything, run, said, serve, text};

fn reqwest_client() -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new()).with(http::client()).build()
}

async fn shop() -> SocketAddr {
    let app = Router::new()
        .route("/orders/{id}", on_get(|| async { "an order" }))
        .route("/gone", on_get(|| async { StatusCode::GONE }))
        .route("/broken", on_get(|| async { StatusCode::BAD_GATEWAY }));
    serve(app).await
}

/// A port that nobody listens on.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn expect(span: &SpanData, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(said(span, key), *value, "{key}");
    }
}

#[test]
fn a_request_of_reqwest_has_a_span_without_its_secrets() {
    run(async |capture| {
        let address = shop().await;
        let port = address.port().to_string();
        let url = format!("http://user:canary@{address}/orders/7?page=2&api_key=canary#canary");

        let response = reqwest_client()
            .get(url.as_str())
            .with_extension(UrlTemplate("/orders/{id}"))
            .send()
            .await
            .unwrap();

        assert_eq!(response.url().path(), "/orders/7", "the response knows its address");
        assert_eq!(response.content_length(), Some(8));
        assert!(capture.find("GET /orders/{id}").is_empty(), "its body has not been read");
        assert_eq!(response.text().await.unwrap(), "an order");
        let span = capture.span("GET /orders/{id}");
        assert_eq!((span.kind, span.outcome), (SpanKind::Client, Outcome::Ok));
        let full = format!("http://{address}/orders/7?page=2&api_key=[REDACTED]");
        expect(
            &span,
            &[
                ("http.request.method", "GET"),
                ("url.full", &full),
                ("url.template", "/orders/{id}"),
                ("server.address", "127.0.0.1"),
                ("server.port", &port),
                ("http.response.status_code", "200"),
                ("http.response.body.size", "8"),
                ("http.request.resend_count", ""),
                ("network.protocol.version", "1.1"),
                ("error.type", ""),
            ],
        );
        assert!(!everything(&capture.spans()).contains("canary"));
    });
}

#[test]
fn to_a_client_every_refusal_is_an_error() {
    run(async |capture| {
        let address = shop().await;

        for (path, status) in [("/gone", "410"), ("/broken", "502"), ("/nowhere", "404")] {
            reqwest_client().get(format!("http://{address}{path}")).send().await.unwrap();

            let span = capture.spans().pop().unwrap();
            assert_eq!((span.name.as_str(), span.outcome), ("GET", Outcome::Error), "{path}");
            expect(&span, &[("http.response.status_code", status), ("error.type", status)]);
        }
    });
}

#[test]
fn who_cannot_be_reached_is_an_error_that_names_no_secret() {
    run(async |capture| {
        let url = format!("http://user:canary@{}/?token=canary", nobody().await);

        let error = reqwest_client().get(&url).send().await.unwrap_err();

        assert!(error.is_connect(), "the caller gets the error as it is");
        let span = capture.span("GET");
        assert_eq!(span.outcome, Outcome::Error);
        expect(&span, &[("error.type", "connect"), ("http.response.status_code", "")]);
        assert!(!everything(&capture.spans()).contains("canary"), "{span:?}");
    });
}

/// Sends a request up to three times.
struct Again;

#[async_trait::async_trait]
impl Middleware for Again {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut ::http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        for _ in 0..2 {
            next.clone().run(request.try_clone().unwrap(), extensions).await?;
        }
        next.run(request, extensions).await
    }
}

#[test]
fn each_attempt_has_a_span_that_says_which_it_is() {
    run(async |capture| {
        let address = shop().await;
        let client = ClientBuilder::new(reqwest::Client::new()).with(Again).with(http::client());

        client.build().get(format!("http://{address}/orders/7")).send().await.unwrap();

        let counts: Vec<_> = capture
            .find("GET")
            .iter()
            .map(|span| said(span, "http.request.resend_count"))
            .collect();
        assert_eq!(counts, ["", "1", "2"]);
    });
}

#[test]
fn two_layers_make_one_span_and_each_attempt_still_has_its_own() {
    run(async |capture| {
        let address = shop().await;
        let url = format!("http://{address}/orders/7");

        let twice = ClientBuilder::new(reqwest::Client::new())
            .with(Again)
            .with(http::client())
            .with(http::client());
        twice.build().get(&url).send().await.unwrap();
        assert_eq!(capture.find("GET").len(), 3);

        let mut twice = http::client().layer(http::client().layer(client()));
        let request = ::http::Request::get(&url).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(text(twice.call(request).await.unwrap().into_body()).await, "an order");
        assert_eq!(capture.find("GET").len(), 4);
    });
}

#[test]
fn a_request_that_nobody_waits_for_is_cancelled() {
    run(async |capture| {
        let (entered, mut was_entered) = mpsc::unbounded_channel();
        let silent = service_fn(move |_: ::http::Request<Incoming>| {
            entered.send(()).unwrap();
            std::future::pending::<Result<::http::Response<String>, Infallible>>()
        });
        let address = serve(silent).await;
        let request = reqwest_client().get(format!("http://{address}/")).send();

        tokio::select! {
            biased;
            _ = was_entered.recv() => {}
            _ = request => {}
        }

        let span = capture.span("GET");
        assert_eq!(
            (span.outcome, said(&span, "error.type").as_str()),
            (Outcome::Cancelled, "cancelled")
        );
    });
}

#[test]
fn a_response_that_is_not_read_to_its_end_is_no_error() {
    run(async |capture| {
        let address = shop().await;

        drop(reqwest_client().get(format!("http://{address}/orders/7")).send().await.unwrap());

        let span = capture.span("GET");
        assert_eq!((span.outcome, said(&span, "error.type").as_str()), (Outcome::Ok, ""));
    });
}

#[test]
fn a_client_of_tower_is_watched_alike() {
    run(async |capture| {
        let address = shop().await;
        let mut client = http::client().layer(client());
        let request = |path: &str| {
            ::http::Request::get(format!("http://{address}{path}"))
                .extension(UrlTemplate("/orders/{id}"))
                .body(Full::<Bytes>::default())
                .unwrap()
        };

        let response = client.call(request("/orders/7?sig=canary")).await.unwrap();
        assert_eq!(text(response.into_body()).await, "an order");
        let refused = ::http::Request::get(format!("http://{}/", nobody().await));
        client.call(refused.body(Full::default()).unwrap()).await.unwrap_err();

        let span = capture.span("GET /orders/{id}");
        let full = format!("http://{address}/orders/7?sig=[REDACTED]");
        expect(&span, &[("url.full", &full), ("http.response.body.size", "8")]);
        let failed = capture.span("GET");
        assert_eq!(failed.outcome, Outcome::Error);
        assert!(said(&failed, "error.type").contains("hyper_util"), "{failed:?}");
    });
}

#[test]
fn a_redirect_leads_nobody_off_the_list() {
    run(async |capture| {
        let told = Arc::new(std::sync::Mutex::new(0));
        let counting = Arc::clone(&told);
        let stranger = serve(Router::new().fallback(move |headers: axum::http::HeaderMap| {
            let seen = headers.keys().filter(|name| {
                matches!(name.as_str(), "traceparent" | "baggage" | "x-correlation-id")
            });
            *counting.lock().unwrap() += seen.count();
            async { Body::empty() }
        }))
        .await;
        let to_stranger = format!("http://localhost:{}/", stranger.port());
        let ours = serve(Router::new().fallback(move || {
            let target = to_stranger.clone();
            async move { Redirect::temporary(&target) }
        }))
        .await;
        let layer = http::client().propagate_to(PropagateTo::parse("127.0.0.1").unwrap());
        let inner = reqwest::Client::builder().redirect(layer.redirects()).build().unwrap();
        let client = ClientBuilder::new(inner).with(layer).build();

        let response = client.get(format!("http://{ours}/")).send().await.unwrap();

        assert_eq!(response.status(), 307, "it is the caller's to follow");
        assert_eq!(*told.lock().unwrap(), 0);
        drop(response);
        assert_eq!(capture.find("GET").len(), 1);
    });
}
