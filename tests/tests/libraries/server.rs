//! An HTTP and a gRPC server with somebody else's instrumentation.

use std::net::SocketAddr;

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use opentelemetry_instrumentation_tower::http::server::Layer;
use redis::AsyncTypedCommands as _;
use spandrel::{
    redis_1::TracedConnection,
    trace::{
        Context,
        propagation::{self, TraceParent},
    },
    traced,
    tracing::SpanExt as _,
};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::net::TcpListener;
use tonic::{
    Request, Status,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{pb, pb::health_client::HealthClient};

/// Where what the server asks listens.
#[derive(Clone, Copy)]
pub(crate) struct Services {
    pub(crate) grpc: SocketAddr,
    pub(crate) postgres: u16,
    pub(crate) redis: u16,
}

/// Starts a server with one route, which asks the other services.
pub(crate) async fn start_http(services: Services) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/orders", post(handle)).layer(Layer::new()).with_state(services);
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// Answers with the id of the span that the request said it came from.
async fn handle(State(services): State<Services>, headers: HeaderMap) -> String {
    place(services).await;
    let header = headers["traceparent"].to_str().unwrap();
    TraceParent::parse(header).unwrap().span_id().to_string()
}

#[traced]
async fn place(services: Services) {
    store().await;
    book(services.postgres).await;
    cache(services.redis).await;
    check(services.grpc).await;
}

/// `sqlx` takes the current span of `tracing` to the thread that runs its queries: it must know ours.
#[spandrel::instrument]
async fn store() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
}

/// PostgreSQL answers where it is asked: any span of ours will do.
#[traced]
async fn book(port: u16) {
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("SELECT 'secret' || $1 FROM pg_sleep(0.05)")
        .bind("text")
        .execute(&mut connection)
        .await
        .unwrap();
}

#[traced]
async fn cache(port: u16) {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut connection = TracedConnection::new(connection, client.get_connection_info());
    connection.set("key", "secret").await.unwrap();
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
