//! A program that has the admin pages on a port of its own.

use std::io::Read as _;

use axum::{Router, body::Body, http::Request, routing::get};
use spandrel::metrics::Counter;
use tokio::{net::TcpListener, runtime::Builder};
use tower_service::Service as _;

use crate::output::{PATIENCE, say};

static SEEN: Counter = Counter::new("router.seen", "Requests seen");

pub(crate) fn run(how: &str) {
    match how {
        "serve" => serve(),
        _ => ask(),
    }
}

/// Serves until the end of stdin.
fn serve() {
    let telemetry = spandrel::builder!().init().expect("it starts");
    SEEN.add(3);
    let own = Router::new().route("/orders", get(|| async { "none" }));
    let app: Router = own.merge(spandrel::admin::router());
    let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        say("address", listener.local_addr().expect("it is bound"));
        say("ready", "");
        let end = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        let end = async { drop(end.await) };
        axum::serve(listener, app).with_graceful_shutdown(end).await.expect("it serves");
    });
    say("stopped", telemetry.shutdown(PATIENCE).wait().is_ok());
}

/// Says what is answered before and after the start, and after another one, which fails.
fn ask() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let pages: Router = spandrel::admin::router();
    let ask = |when: &str| {
        for (who, header) in [("stranger", "Bearer guess"), ("friend", "Bearer s3cret")] {
            let request = Request::get("/metrics").header("authorization", header);
            let request = request.body(Body::empty()).expect("a request");
            let response = runtime.block_on(pages.clone().call(request)).expect("infallible");
            say(&format!("{who}.{when}"), response.status().as_u16());
        }
    };
    ask("before");
    let telemetry = spandrel::builder!().admin_token("s3cret").init().expect("it starts");
    ask("after");
    say("second", spandrel::builder!().init().is_err());
    ask("second");
    say("stopped", telemetry.shutdown(PATIENCE).wait().is_ok());
    ask("stopped");
}
