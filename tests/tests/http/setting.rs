//! Servers and clients of a test, all of whose spans its capture gets.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use spandrel::{
    testing::{self, Capture},
    trace::{OwnedValue, SpanData},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime,
};
use tower::{Service, ServiceExt as _};

/// Runs a test on a thread of its own runtime.
pub(crate) fn run<F: Future>(test: impl FnOnce(Capture) -> F) -> F::Output {
    run_with(testing::capture(), test)
}

pub(crate) fn run_with<F: Future>(capture: Capture, test: impl FnOnce(Capture) -> F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let context = capture.context();
    let _attached = context.attach();
    runtime.block_on(test(capture))
}

/// Serves on a port that is free, HTTP/1 and HTTP/2.
pub(crate) async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    spandrel::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            spandrel::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                let io = TokioIo::new(stream);
                // A connection that its client cuts is what some tests are about.
                let _ = builder.serve_connection_with_upgrades(io, service).await;
            });
        }
    });
    address
}

/// Sends a request of HTTP/1 as it stands, and returns all that comes back.
pub(crate) async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Asks for a path, with these further headers.
pub(crate) async fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: shop.example:8080\r\nConnection: close\r\n{headers}\r\n"
    );
    raw(address, &request).await
}

/// A header of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A client of hyper's own.
pub(crate) type Client = hyper_util::client::legacy::Client<
    hyper_util::client::legacy::connect::HttpConnector,
    Full<Bytes>,
>;

pub(crate) fn client() -> Client {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// All of a body, as text.
pub(crate) async fn text<B: Body>(body: B) -> String
where
    B::Error: std::fmt::Debug,
{
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// All metrics and their labels, as a scrape shows them.
pub(crate) async fn scraped() -> String {
    let page = Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
    let response = spandrel::admin::router::<()>().oneshot(page).await.unwrap();
    text(response.into_body()).await
}

/// How many requests for this route, or procedure, met one of its objectives.
pub(crate) async fn good(of: &str) -> f64 {
    let (scraped, of) = (scraped().await, format!("\"{of}\""));
    let lines = scraped.lines().filter(|line| line.starts_with("http_server_slo_good_total{"));
    let lines = lines.filter(|line| line.contains(&of));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

/// An attribute as text; none is empty.
pub(crate) fn said(span: &SpanData, key: &str) -> String {
    let value = span.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value);
    value.map(shown).unwrap_or_default()
}

fn shown(value: &OwnedValue) -> String {
    match value {
        OwnedValue::Bool(value) => value.to_string(),
        OwnedValue::I64(value) => value.to_string(),
        OwnedValue::U64(value) => value.to_string(),
        OwnedValue::F64(value) => value.to_string(),
        OwnedValue::Str(value) => value.clone(),
        OwnedValue::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}

/// Everything that a span says, to search in.
pub(crate) fn everything(spans: &[SpanData]) -> String {
    format!("{spans:?}")
}
