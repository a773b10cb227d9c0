//! Policies as layers: around a real client, and in a real server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    BoxError, Router, body::Body, error_handling::HandleErrorLayer, http::StatusCode,
    response::IntoResponse as _, routing::get as on_get,
};
use bytes::Bytes;
use http_body_util::Full;
use spandrel::{
    Rejected,
    resilience::{
        Backoff, Bulkhead, CircuitBreaker, Class, Classify as _, Policy, RejectedKind, Retry,
        Timeout,
    },
};
use tower::{Layer as _, Service as _, ServiceBuilder, ServiceExt as _, util::MapErrLayer};

use crate::setting::{client, get, run, serve};

type Request = hyper::Request<Full<Bytes>>;

fn request(address: std::net::SocketAddr) -> Request {
    hyper::Request::get(format!("http://{address}/orders")).body(Full::default()).unwrap()
}

fn steady(name: &'static str) -> Retry {
    Retry::new(name).backoff(Backoff::constant(Duration::from_millis(1))).without_budget()
}

/// A shop that is busy for so many requests.
async fn busy_shop(requests: u32) -> (std::net::SocketAddr, Arc<AtomicU32>) {
    let seen = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&seen);
    let answer = move || {
        let number = counted.fetch_add(1, Relaxed);
        async move { if number < requests { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
    };
    (serve(Router::new().route("/orders", on_get(answer))).await, seen)
}

#[test]
fn a_client_tries_again_what_the_status_says_is_worth_it() {
    run(async |_| {
        let (address, seen) = busy_shop(2).await;
        let retry =
            steady("client").into_layer().judge(|answer: &Result<hyper::Response<_>, BoxError>| {
                match answer {
                    Ok(answer) if answer.status().is_success() => None,
                    Ok(answer) => Some(answer.status().classify()),
                    Err(_) => Some(Class::Transient),
                }
            });
        let mut tries = ServiceBuilder::new()
            .layer(retry)
            .layer(MapErrLayer::new(BoxError::from))
            .service(client());

        let answer = tries.ready().await.unwrap().call(request(address)).await.unwrap();

        assert_eq!((answer.status(), seen.load(Relaxed)), (StatusCode::OK, 3));
    });
}

#[test]
fn a_client_behind_a_whole_policy_stops_calling_what_is_broken() {
    static POLICY: Policy = Policy::new("layered client")
        .timeout(Timeout::new("layered client").total(Duration::from_secs(30)))
        .circuit_breaker(CircuitBreaker::new("layered client").consecutive(2));
    run(async |_| {
        let (address, seen) = busy_shop(u32::MAX).await;
        let layer = POLICY.layer().judge(|answer: &Result<hyper::Response<_>, BoxError>| {
            let fails = answer.as_ref().map_or(true, |answer| answer.status().is_server_error());
            fails.then_some(Class::Transient)
        });
        let mut guarded = layer.layer(MapErrLayer::new(BoxError::from).layer(client()));

        let mut ask = async || guarded.ready().await.unwrap().call(request(address)).await;
        for _ in 0..2 {
            assert_eq!(ask().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        }
        let refused = ask().await.unwrap_err();

        let refused = Rejected::find(&*refused).unwrap();
        assert_eq!(refused.kind(), RejectedKind::CircuitOpen);
        assert_eq!(seen.load(Relaxed), 2);
    });
}

#[test]
fn a_server_answers_for_the_policy_in_front_of_it() {
    static POLICY: Policy = Policy::new("layered server")
        .timeout(Timeout::new("layered server").total(Duration::from_millis(20)))
        .bulkhead(Bulkhead::new("layered server", 8));
    run(async |_| {
        let refused = |error: BoxError| async move {
            match Rejected::find(&*error) {
                Some(rejected) => rejected.clone().into_response(),
                None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        };
        let layers = ServiceBuilder::new()
            .layer(HandleErrorLayer::new(refused))
            .layer(POLICY.layer().once())
            .layer(MapErrLayer::new(BoxError::from));
        let hangs = || std::future::pending::<axum::response::Response<Body>>();
        let app = Router::new()
            .route("/orders", on_get(|| async { "an order" }))
            .route("/hangs", on_get(hangs))
            .layer(layers);
        let address = serve(app).await;

        assert!(get(address, "/orders", "").await.starts_with("HTTP/1.1 200"));
        assert!(get(address, "/hangs", "").await.starts_with("HTTP/1.1 504"));
        assert!(get(address, "/orders", "").await.starts_with("HTTP/1.1 200"));
    });
}
