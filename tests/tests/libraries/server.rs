//! An HTTP and a gRPC server with somebody else's instrumentation.

use std::net::SocketAddr;

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use opentelemetry_instrumentation_tower::http::server::Layer;
use spandrel::{
    trace::{
        Context,
        propagation::{self, TraceParent},
    },
    traced,
    tracing::SpanExt as _,
};
use sqlx::{Connection as _, SqliteConnection};
use tokio::net::TcpListener;
use tonic::{
    Request, Status,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{pb, pb::health_client::HealthClient};

/// Starts a server with one route, which asks the gRPC service.
pub(crate) async fn start_http(grpc: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/orders", post(handle)).layer(Layer::new()).with_state(grpc);
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// Answers with the id of the span that the request said it came from.
async fn handle(State(grpc): State<SocketAddr>, headers: HeaderMap) -> String {
    place(grpc).await;
    let header = headers["traceparent"].to_str().unwrap();
    TraceParent::parse(header).unwrap().span_id().to_string()
}

#[traced]
async fn place(grpc: SocketAddr) {
    store().await;
    check(grpc).await;
}

/// `sqlx` takes the current span of `tracing` to the thread that runs its queries: it must know ours.
#[spandrel::instrument]
async fn store() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
}

/// Asks the gRPC service; its client has no span of its own.
async fn check(grpc: SocketAddr) {
    let channel = Channel::from_shared(format!("http://{grpc}")).unwrap().connect().await.unwrap();
    let inject = |mut request: Request<()>| -> Result<Request<()>, Status> {
        let mut headers = HeaderMap::new();
        propagation::inject(&mut headers);
        for (name, value) in &headers {
            let key = tonic::metadata::MetadataKey::from_bytes(name.as_ref()).unwrap();
            request.metadata_mut().insert(key, value.to_str().unwrap().parse().unwrap());
        }
        Ok(request)
    };
    let mut client = HealthClient::with_interceptor(channel, inject);
    client.check(pb::HealthCheckRequest { service: String::new() }).await.unwrap();
}

/// Starts a gRPC server whose requests have `tracing` spans.
pub(crate) async fn start_grpc() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_reporter, service) = tonic_health::server::health_reporter();
    let server = Server::builder()
        .trace_fn(|request| {
            let span = tracing::info_span!("grpc", path = request.uri().path());
            let caller: Context = propagation::extract(request.headers());
            let _ = span.set_parent(caller);
            span
        })
        .add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}
