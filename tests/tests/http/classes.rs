//! What errors of HTTP and gRPC mean to whoever might try again: errors of the libraries themselves,
//! over loopback, from a server that answers as it is asked to.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use axum::{Router, routing::get as on_get};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy, rt::TokioExecutor};
use reqwest::redirect;
use spandrel::resilience::{Class, Classify, Deadline, Rejected, RejectedKind, classify_chain};
use tonic::{
    Code, Request, Status, codegen::http as tonic_http, service::Routes, transport::Endpoint,
};
use tonic_health::{
    pb::{HealthCheckRequest, health_client::HealthClient, health_server::HealthServer},
    server::{HealthReporter, HealthService},
};
use tower::ServiceExt as _;

use crate::setting::{run, serve};

/// A server that answers what stands in the path: a status, or one of these misdeeds.
fn misbehaving() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut hanging = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let answer = match path {
                "cut" => continue,
                "hang" => {
                    hanging.push(stream);
                    continue;
                }
                "garbage" => "What do you want?\r\n\r\n".to_owned(),
                "half" => "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal".to_owned(),
                "round" => "HTTP/1.1 302 Found\r\nlocation: /round\r\ncontent-length: 0\r\n\
                            connection: close\r\n\r\n"
                    .to_owned(),
                "busy" => "HTTP/1.1 429 Slow down\r\nretry-after: 7\r\ncontent-length: 0\r\n\
                           connection: close\r\n\r\n"
                    .to_owned(),
                status => format!(
                    "HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                ),
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// Where nobody listens.
fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// An error that hides another one.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order was not placed")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// It means the same by itself, in a box and behind another error.
fn assert_class<E: Classify + Error + Send + Sync + 'static>(error: E, class: Class, case: &str) {
    assert_eq!(error.classify(), class, "{case}: {error:?}");
    let boxed: Box<dyn Error + Send + Sync> = error.into();
    assert_eq!(classify_chain(&*boxed), class, "{case}, boxed: {boxed:?}");
    let wrapped = std::io::Error::other(Wrapped(boxed));
    assert_eq!(classify_chain(&wrapped), class, "{case}, wrapped twice: {wrapped:?}");
}

const STATUSES: [(u16, Class); 16] = [
    (400, Class::Permanent),
    (401, Class::Permanent),
    (403, Class::Permanent),
    (404, Class::Permanent),
    (408, Class::Timeout),
    (409, Class::Permanent),
    (410, Class::Permanent),
    (422, Class::Permanent),
    (425, Class::Transient),
    (429, Class::Throttled { retry_after: None }),
    (500, Class::Transient),
    (501, Class::Permanent),
    (502, Class::Transient),
    (503, Class::Transient),
    (504, Class::Timeout),
    (505, Class::Permanent),
];

#[test]
fn errors_of_reqwest_mean_what_went_wrong() {
    run(async |_| {
        let server = misbehaving();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(300))
            .redirect(redirect::Policy::limited(3))
            .build()
            .unwrap();
        let send = async |url: String| -> Result<reqwest::Response, reqwest::Error> {
            client.get(url).send().await?.error_for_status()
        };
        for (status, class) in STATUSES {
            let error = send(format!("http://{server}/{status}")).await.unwrap_err();
            assert_class(error, class, &status.to_string());
        }
        for (case, class) in
            [("cut", Class::Transient), ("hang", Class::Timeout), ("round", Class::Permanent)]
        {
            let error = send(format!("http://{server}/{case}")).await.unwrap_err();
            assert_class(error, class, case);
        }
        let garbage = send(format!("http://{server}/garbage")).await.unwrap_err();
        assert_class(garbage, Class::Permanent, "garbage");
        let refused = send(format!("http://{}/", nowhere())).await.unwrap_err();
        assert_class(refused, Class::NotSent, "refused");
        let invalid = send("http://[".to_owned()).await.unwrap_err();
        assert_class(invalid, Class::Permanent, "an invalid address");
        let half = send(format!("http://{server}/half")).await.unwrap();
        let half = half.bytes().await.unwrap_err();
        assert_class(half, Class::Transient, "half a body");

        let busy = client.get(format!("http://{server}/busy")).send().await.unwrap();
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(busy.classify(), Class::Throttled { retry_after }, "the header is visible");
        // Its own error says nothing of the server.
        let refused = client.get(format!("http://{}/", nowhere())).send().await.unwrap_err();
        let middleware = reqwest_middleware::Error::from(refused);
        assert_class(middleware, Class::NotSent, "a middleware");
    });
}

#[test]
fn errors_of_hyper_mean_what_went_wrong() {
    run(async |_| {
        let server = misbehaving();
        let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let cases = [
            (format!("http://{server}/cut"), Class::Transient),
            (format!("http://{server}/garbage"), Class::Permanent),
            (format!("http://{}/", nowhere()), Class::NotSent),
        ];
        for (url, class) in cases {
            let error = client.get(url.parse().unwrap()).await.unwrap_err();
            assert_class(error, class, &url);
        }
        let half = client.get(format!("http://{server}/half").parse().unwrap()).await.unwrap();
        let half = half.into_body().collect().await.unwrap_err();
        assert_class(half, Class::Transient, "half a body");
        let busy = client.get(format!("http://{server}/busy").parse().unwrap()).await.unwrap();
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(busy.classify(), Class::Throttled { retry_after });
    });
}

fn refused(kind: RejectedKind) -> Rejected {
    Rejected::new(kind, "payments").with_retry_after(Duration::from_millis(1_500))
}

#[test]
fn a_rejection_is_an_answer_of_axum_that_names_no_policy() {
    run(async |_| {
        let with = |kind| on_get(move || async move { Err::<(), _>(refused(kind)) });
        let router = Router::new()
            .route("/circuit", with(RejectedKind::CircuitOpen))
            .route("/limit", with(RejectedKind::RateLimited))
            .route("/time", with(RejectedKind::Timeout(Deadline::Total)))
            .route(
                "/unknown",
                on_get(|| async {
                    Err::<(), _>(Rejected::new(RejectedKind::BulkheadFull, "payments"))
                }),
            );
        let address = serve(router).await;
        let cases =
            [("circuit", 503, "2"), ("limit", 429, "2"), ("time", 504, "2"), ("unknown", 503, "")];
        for (path, status, after) in cases {
            let answer = reqwest::get(format!("http://{address}/{path}")).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            let found = answer.headers().get("retry-after");
            assert_eq!(found.map_or("", |found| found.to_str().unwrap()), after, "{path}");
            let class = answer.classify();
            let expected = match (status, after) {
                (504, _) => Class::Timeout,
                (_, "") => Class::Transient,
                _ => Class::Throttled { retry_after: Some(Duration::from_secs(2)) },
            };
            assert_eq!(class, expected, "{path}");
            let text = answer.text().await.unwrap();
            assert!(!text.is_empty() && !text.contains("payments"), "{path}: {text}");
        }
    });
}

/// What a client of tonic makes of a server that answers with this.
async fn told(status: fn() -> Status) -> Status {
    let service = HealthService::from_health_reporter(HealthReporter::new());
    let refuse = move |_: Request<()>| Err::<Request<()>, _>(status());
    let routes = Routes::new(HealthServer::with_interceptor(service, refuse)).prepare();
    let service = routes.map_request(|request: tonic_http::Request<hyper::body::Incoming>| {
        request.map(tonic::body::Body::new)
    });
    let address = serve(service).await;
    ask(&address.to_string(), Duration::from_secs(5)).await
}

async fn ask(address: &str, timeout: Duration) -> Status {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap().timeout(timeout);
    let mut client = HealthClient::new(endpoint.connect_lazy());
    client.check(HealthCheckRequest { service: "nowhere".into() }).await.unwrap_err()
}

/// What a server answers, and what a client makes of it.
type Case = (fn() -> Status, Code, Class);

fn pushback(millis: &str) -> Status {
    let mut status = Status::unavailable("busy");
    status.metadata_mut().insert("grpc-retry-pushback-ms", millis.parse().unwrap());
    status
}

#[test]
fn statuses_of_tonic_mean_what_the_server_asks_for() {
    run(async |_| {
        let after = |millis| Class::Throttled { retry_after: Some(Duration::from_millis(millis)) };
        let cases: [Case; 12] = [
            (|| Status::not_found("x"), Code::NotFound, Class::Permanent),
            (|| Status::invalid_argument("x"), Code::InvalidArgument, Class::Permanent),
            (|| Status::internal("x"), Code::Internal, Class::Permanent),
            (|| Status::unavailable("x"), Code::Unavailable, Class::Transient),
            (|| Status::aborted("x"), Code::Aborted, Class::Transient),
            (|| Status::deadline_exceeded("x"), Code::DeadlineExceeded, Class::Timeout),
            (
                || Status::resource_exhausted("x"),
                Code::ResourceExhausted,
                Class::Throttled { retry_after: None },
            ),
            (|| pushback("250"), Code::Unavailable, after(250)),
            (|| pushback("-1"), Code::Unavailable, Class::Permanent),
            (|| refused(RejectedKind::CircuitOpen).into(), Code::Unavailable, after(1_500)),
            (|| refused(RejectedKind::RateLimited).into(), Code::ResourceExhausted, after(1_500)),
            (
                || Rejected::new(RejectedKind::Timeout(Deadline::Attempt), "payments").into(),
                Code::DeadlineExceeded,
                Class::Timeout,
            ),
        ];
        for (status, code, class) in cases {
            let status = told(status).await;
            assert_eq!(status.code(), code, "{status:?}");
            assert!(!status.message().contains("payments"), "{status:?}");
            assert_class(status, class, &format!("{code:?}"));
        }
        let status = ask(&nowhere().to_string(), Duration::from_secs(5)).await;
        assert_class(status, Class::NotSent, "refused");
        // A listener that nobody accepts from takes connections and says nothing.
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let status = ask(&mute.local_addr().unwrap().to_string(), Duration::from_millis(200)).await;
        assert_class(status, Class::Timeout, "no answer");
    });
}
