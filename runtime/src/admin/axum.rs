//! The pages as a router of axum.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use tokio::runtime::Handle;

use super::{
    answer::{Answer, Page},
    state,
};

/// A router with the pages of the [admin server](crate::admin), for the program's own port.
///
/// Each request needs the token of `SPANDREL_ADMIN_TOKEN`, if one is set; host names are left to
/// the program. May be made before telemetry starts.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/orders", get(|| async { "none" }))
///     .merge(spandrel::admin::router());
/// # drop(app);
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = |page| get(move |headers: HeaderMap| show(page, headers));
    Router::new()
        .route("/metrics", page(Page::Metrics))
        .route("/functions", page(Page::Functions))
        .route("/health/live", page(Page::Live))
}

async fn show(page: Page, headers: HeaderMap) -> Response {
    let answer = move || {
        let state = state::current();
        let list = |name| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        };
        let authorization = headers.get(header::AUTHORIZATION).and_then(|one| one.to_str().ok());
        if !state.admits(authorization) {
            return Answer::unauthorized();
        }
        Answer::of(page, &list(header::ACCEPT), &list(header::ACCEPT_ENCODING), &state)
    };
    // To write all metrics takes milliseconds, which no other request has to wait.
    let answer = match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(answer).await.ok(),
        Err(_) => Some(answer()),
    };
    answer.map_or_else(|| empty(StatusCode::INTERNAL_SERVER_ERROR), response)
}

fn response(answer: Answer) -> Response {
    let Answer { status, content_type, is_packed, body } = answer;
    let mut response = Response::builder()
        .status(status as u16)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "Accept, Accept-Encoding");
    if is_packed {
        response = response.header(header::CONTENT_ENCODING, "gzip");
    }
    if status == super::answer::Status::Unauthorized {
        response = response.header(header::WWW_AUTHENTICATE, "Bearer");
    }
    let response = response.body(Body::from(body));
    response.unwrap_or_else(|_| empty(StatusCode::INTERNAL_SERVER_ERROR))
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
