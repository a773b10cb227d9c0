//! Remote procedures: what tonic's servers and clients say of them.

use spandrel::{Outcome, SpanKind, http, testing};
use tonic::{
    Request,
    codegen::http as tonic_http,
    service::Routes,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::{ServiceBuilder, ServiceExt as _};

use crate::setting::{run, said, serve};

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
                .version(tonic_http::Version::HTTP_2)
                .header("content-type", "application/grpc")
                .body(tonic::body::Body::empty())
                .unwrap()
        };
        let channel = channel(address).await;

        for number in 0..50 {
            let invented = request(format!("/a.stranger.Made/Up{number}"));
            let response = channel.clone().oneshot(invented).await.unwrap();
            crate::setting::text(response.into_body()).await;
        }

        assert_eq!(capture.spans().len(), 50);
        let metrics = format!("{:?}", testing::metrics());
        assert!(!metrics.contains("stranger"));
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
