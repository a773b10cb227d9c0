//! Remote procedures: what tonic's servers and clients say of them.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    http::{StatusCode, Version},
    routing::post,
};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::TokioExecutor;
use spandrel::{
    Outcome, SpanKind,
    http::{self, Slo},
    testing,
};
use tonic::{
    Request,
    codegen::http as tonic_http,
    service::Routes,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};

use crate::setting::{client, good, run, said, scraped, serve, text};

const CHECK: &str = "grpc.health.v1.Health/Check";

async fn health() -> std::net::SocketAddr {
    let (_reporter, service) = tonic_health::server::health_reporter();
    let routes = Routes::new(service).prepare();
    let service = routes.map_request(|request: tonic_http::Request<hyper::body::Incoming>| {
        request.map(tonic::body::Body::new)
    });
    serve(ServiceBuilder::new().layer(http::server()).service(service)).await
}

async fn channel(address: std::net::SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

#[test]
fn a_call_is_one_trace_across_both_sides_with_its_status() {
    run(async |capture| {
        let before = testing::metrics();
        let address = health().await;
        let layer = http::client().server("127.0.0.1", address.port());
        let channel = ServiceBuilder::new().layer(layer).service(channel(address).await);
        let mut client = HealthClient::new(channel);

        client.check(HealthCheckRequest { service: String::new() }).await.unwrap();
        let unknown = HealthCheckRequest { service: "nowhere".to_owned() };
        client.check(Request::new(unknown)).await.unwrap_err();

        let spans = capture.find(CHECK);
        assert_eq!(spans.len(), 4, "{spans:?}");
        for span in &spans {
            assert_eq!(said(span, "rpc.system.name"), "grpc");
            assert_eq!(said(span, "rpc.method"), CHECK);
            assert_eq!(said(span, "http.request.method"), "", "it is no plain request");
        }
        for client in spans.iter().filter(|span| span.kind == SpanKind::Client) {
            let server = &capture.children_of(client)[0];
            assert_eq!((server.kind, server.trace_id), (SpanKind::Server, client.trace_id));
            let status = said(server, "rpc.response.status_code");
            assert_eq!(said(client, "rpc.response.status_code"), status);
            // What was not found is an error to the caller only.
            let expected = if status == "OK" { Outcome::Ok } else { Outcome::Error };
            assert_eq!((server.outcome, client.outcome), (Outcome::Ok, expected));
            assert_eq!(said(client, "error.type"), if status == "OK" { "" } else { "NOT_FOUND" });
            assert_eq!(said(client, "server.port"), address.port().to_string());
        }
        let labels = (
            ("rpc.system.name", "grpc"),
            (("rpc.method", CHECK), ("rpc.response.status_code", "NOT_FOUND")),
        );
        let served = testing::metrics().since(&before);
        assert_eq!(served.distribution("rpc.server.call.duration", &labels).unwrap().count, 1);
    });
}

#[test]
fn procedures_that_nobody_knows_make_no_metrics_of_their_own() {
    run(async |capture| {
        let address = health().await;
        let request = |path: String| {
            tonic_http::Request::post(format!("http://{address}{path}"))
                .version(Version::HTTP_2)
                .header("content-type", "application/grpc")
                .body(tonic::body::Body::empty())
                .unwrap()
        };
        let channel = channel(address).await;

        for number in 0..50 {
            let invented = request(format!("/a.stranger.Made/Up{number}"));
            let response = channel.clone().oneshot(invented).await.unwrap();
            text(response.into_body()).await;
        }

        assert_eq!(capture.spans().len(), 50);
        assert!(!scraped().await.contains("stranger"));
        let labels = (
            ("rpc.system.name", "grpc"),
            (
                ("rpc.method", "_OTHER"),
                (("rpc.response.status_code", "UNIMPLEMENTED"), ("error.type", "UNIMPLEMENTED")),
            ),
        );
        let other = testing::metrics().distribution("rpc.server.call.duration", &labels).unwrap();
        assert!(other.count >= 50);
    });
}

#[test]
fn a_plain_request_that_claims_to_be_a_call_is_a_plain_request() {
    run(async |capture| {
        let before = testing::metrics();
        let app = Router::new()
            .route("/plain/{id}", post(|| async { StatusCode::FORBIDDEN }))
            .route("/plain/anything/{*rest}", post(|| async { "an answer" }))
            .layer(http::server());
        let address = serve(app).await;
        let claims = |path: &str, version: Version| {
            let request = axum::http::Request::post(format!("http://{address}{path}"));
            let request = request.version(version).header("content-type", "application/grpc");
            request.body(Full::<Bytes>::default()).unwrap()
        };
        let multiplexed = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http::<Full<Bytes>>();

        client().request(claims("/plain/7", Version::HTTP_11)).await.unwrap();
        for path in ["/plain/7", "/plain/anything/8", "/no.such/route"] {
            let response = multiplexed.request(claims(path, Version::HTTP_2)).await.unwrap();
            text(response.into_body()).await;
        }

        let told: Vec<_> = capture
            .spans()
            .iter()
            .map(|span| (span.name.clone(), said(span, "url.path"), said(span, "http.route")))
            .collect();
        let expected = [
            ("POST /plain/{id}", "/plain/7", "/plain/{id}"),
            ("POST /plain/{id}", "/plain/7", "/plain/{id}"),
            ("POST /plain/anything/{*rest}", "/plain/anything/8", "/plain/anything/{*rest}"),
            ("POST", "/no.such/route", ""),
        ];
        assert_eq!(told, expected.map(|(name, path, at)| (name.into(), path.into(), at.into())));
        for span in capture.spans() {
            assert_eq!(span.outcome, Outcome::Ok, "{span:?}");
            assert_eq!(said(&span, "http.request.method"), "POST", "{span:?}");
            assert_eq!(said(&span, "rpc.method"), "", "{span:?}");
        }
        let labels = (
            ("http.request.method", "POST"),
            (
                ("url.scheme", "http"),
                (("http.route", "/plain/{id}"), ("http.response.status_code", 403_u16)),
            ),
        );
        let served = testing::metrics().since(&before);
        assert_eq!(served.distribution("http.server.request.duration", &labels).unwrap().count, 2);
        assert!(!scraped().await.contains("plain/7"));
    });
}

/// A service of gRPC that answers every name with this status, as a layer before procedures does.
async fn answering(status: &'static str) -> std::net::SocketAddr {
    let answer = service_fn(move |_: axum::http::Request<hyper::body::Incoming>| {
        let response = axum::http::Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", status)
            .body(String::new());
        async { Ok::<_, Infallible>(response.unwrap()) }
    });
    serve(ServiceBuilder::new().layer(http::server()).service(answer)).await
}

#[test]
fn a_procedure_is_learned_only_from_what_a_procedure_says() {
    run(async |capture| {
        for (status, learned) in [("16", false), ("7", false), ("12", false), ("13", true)] {
            let channel = channel(answering(status).await).await;
            let name = format!("learning.Service/Method{status}");
            let request = tonic_http::Request::post(format!("http://a/{name}"))
                .version(Version::HTTP_2)
                .header("content-type", "application/grpc")
                .body(tonic::body::Body::empty());

            channel.oneshot(request.unwrap()).await.unwrap();

            assert_eq!(scraped().await.contains(&name), learned, "{status}");
            assert_eq!(said(&capture.span(&name), "rpc.method"), name, "{status}");
        }
    });
}

/// A service of gRPC that answers its first call, and no other one.
fn answering_once() -> impl Service<tonic_http::Request<String>, Response: Send, Error = Infallible>
{
    let mut is_first = true;
    let service = service_fn(move |_: tonic_http::Request<String>| {
        let answers = std::mem::take(&mut is_first);
        async move {
            if !answers {
                std::future::pending::<()>().await;
            }
            let response = tonic_http::Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", "0");
            Ok::<_, Infallible>(response.body(String::new()).unwrap())
        }
    });
    http::server().layer(service)
}

fn call_of(procedure: &str) -> tonic_http::Request<String> {
    tonic_http::Request::post(format!("http://a/{procedure}"))
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .body(String::new())
        .unwrap()
}

fn labels_of<'a>(
    procedure: &'a str,
    status: Option<&'a str>,
    error_type: Option<&'a str>,
) -> impl spandrel::metrics::Labels + 'a {
    (
        ("rpc.system.name", "grpc"),
        (
            ("rpc.method", procedure),
            (("rpc.response.status_code", status), ("error.type", error_type)),
        ),
    )
}

#[test]
fn a_cancelled_call_of_a_known_procedure_keeps_its_name() {
    run(async |capture| {
        let mut service = answering_once();

        service.call(call_of("cancelling.Service/Wait")).await.unwrap();
        let waiting = service.call(call_of("cancelling.Service/Wait"));
        assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());

        let labels = labels_of("cancelling.Service/Wait", None, Some("cancelled"));
        let metrics = testing::metrics();
        assert_eq!(metrics.distribution("rpc.server.call.duration", &labels).unwrap().count, 1);
        assert_eq!(capture.find("cancelling.Service/Wait").len(), 2);
    });
}

#[test]
fn procedures_are_judged_by_their_objectives_and_known_before_they_answer() {
    run(async |_capture| {
        const PROCEDURE: &str = "judging.Service/Method";
        http::objective(PROCEDURE, Slo::latency(Duration::from_secs(60)));
        let mut service = answering_once();
        let labelled = format!("rpc_method=\"{PROCEDURE}\"");
        assert!(scraped().await.contains(&labelled));
        assert_eq!(good(PROCEDURE).await, 0.0);

        service.call(call_of(PROCEDURE)).await.unwrap();
        assert_eq!(good(PROCEDURE).await, 1.0);
        let waiting = service.call(call_of(PROCEDURE));
        assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());

        assert_eq!(good(PROCEDURE).await, 1.0, "a client that gave up is not satisfied");
    });
}
