//! The pages as a router of axum.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use axum::{
    Router,
    body::Body,
    extract::RawQuery,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use tokio::runtime::Handle;

use super::{
    answer::{Answer, Page, Status},
    control,
    guests::MOST_GUESTS,
    state::{self, State},
};

/// A router with the pages of the [admin server](crate::admin), for the program's own port.
///
/// Each request needs the token of `SPANDREL_ADMIN_TOKEN`, if one is set; host names are left to
/// the program. May be made before telemetry starts: until then the answer is 503, for nobody knows
/// the token yet. So it is for those who come while 16 others are answered.
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
    let page =
        |page| get(move |headers: HeaderMap| show(Asked::For(page), headers, state::current()));
    let control = |RawQuery(query): RawQuery, headers: HeaderMap| {
        show(Asked::ToAct(query.unwrap_or_default()), headers, state::current())
    };
    Router::new()
        .route("/metrics", page(Page::Metrics))
        .route("/functions", page(Page::Functions))
        .route("/policies", page(Page::Policies).post(control))
        .route("/health/live", page(Page::Live))
}

/// What is asked for.
enum Asked {
    For(Page),
    /// To hold policies by hand, as the query says.
    ToAct(String),
}

async fn show(asked: Asked, headers: HeaderMap, state: Option<Arc<State>>) -> Response {
    let Some(state) = state else {
        return response(Answer::said(Status::Unavailable, "telemetry has not started\n"));
    };
    let authorization = headers.get(header::AUTHORIZATION).and_then(|one| one.to_str().ok());
    if !state.admits(authorization) {
        return response(Answer::unauthorized());
    }
    let Some(place) = Place::take() else { return response(Answer::crowded()) };
    let answer = move || {
        let list = |name| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        };
        let (accept, encoding) = (list(header::ACCEPT), list(header::ACCEPT_ENCODING));
        let answer = match asked {
            Asked::For(page) => Answer::of(page, &accept, &encoding, &state),
            Asked::ToAct(query) => control::answer(&query, &accept, &encoding, &state),
        };
        drop(place);
        answer
    };
    // To write all metrics takes milliseconds, which no other request has to wait.
    let answer = match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(answer).await.ok(),
        Err(_) => Some(answer()),
    };
    answer.map_or_else(|| empty(StatusCode::INTERNAL_SERVER_ERROR), response)
}

/// The right to write an answer; it is held until that is done, even if nobody waits for it any
/// more.
struct Place;

/// How many answers are written, for all routers.
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

impl Place {
    fn take() -> Option<Self> {
        let more = |written: usize| (written < MOST_GUESTS).then_some(written + 1);
        WRITTEN.fetch_update(Relaxed, Relaxed, more).ok().map(|_| Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        WRITTEN.fetch_sub(1, Relaxed);
    }
}

fn response(answer: Answer) -> Response {
    let Answer { status, content_type, is_packed, body, .. } = answer;
    let mut response = Response::builder()
        .status(status as u16)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::VARY, "Accept, Accept-Encoding");
    if is_packed {
        response = response.header(header::CONTENT_ENCODING, "gzip");
    }
    if status == Status::Unauthorized {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Resource,
        init::config::Token,
        sync::{Mutex, lock},
    };

    /// There are so many places in the whole process: who fills them is alone.
    static PLACES: Mutex<()> = Mutex::new(());

    #[tokio::test]
    #[expect(clippy::await_holding_lock, reason = "each test has a thread of its own")]
    async fn so_many_are_answered_at_once_and_nobody_without_the_token() {
        let _alone = lock(&PLACES);
        let state = Arc::new(State::new(&Resource::new(), false, Some(Token::of("s3cret"))));
        let mut known = HeaderMap::new();
        known.insert(header::AUTHORIZATION, "Bearer s3cret".parse().unwrap());
        let ask = async |headers: &HeaderMap, state: Option<&Arc<State>>| {
            show(Asked::For(Page::Metrics), headers.clone(), state.cloned()).await
        };

        let answered = ask(&known, Some(&state)).await;
        assert_eq!(answered.status(), 200);
        assert_eq!(answered.headers()["x-content-type-options"], "nosniff");
        assert_eq!(ask(&known, None).await.status(), 503);
        let places: Vec<_> = (0..MOST_GUESTS).map(|_| Place::take().unwrap()).collect();
        assert_eq!(ask(&known, Some(&state)).await.status(), 503);
        assert_eq!(ask(&HeaderMap::new(), Some(&state)).await.status(), 401);
        drop(places);
        assert_eq!(ask(&known, Some(&state)).await.status(), 200);
    }

    #[tokio::test]
    #[expect(clippy::await_holding_lock, reason = "each test has a thread of its own")]
    async fn policies_are_held_by_whoever_has_the_token_and_by_nobody_without_one() {
        let _alone = lock(&PLACES);
        use crate::resilience::{CircuitBreaker, Mode};

        static HELD: CircuitBreaker = CircuitBreaker::new("held by the router");
        assert_eq!(HELD.mode(), Mode::Auto);
        let of = |token: Option<&str>| {
            Arc::new(State::new(&Resource::new(), false, token.map(Token::of)))
        };
        let mut known = HeaderMap::new();
        known.insert(header::AUTHORIZATION, "Bearer s3cret".parse().unwrap());
        let act = async |headers: &HeaderMap, state: Arc<State>| {
            let query = "name=held+by+the+router&action=force_open".to_owned();
            show(Asked::ToAct(query), headers.clone(), Some(state)).await.status()
        };

        assert_eq!(act(&HeaderMap::new(), of(Some("s3cret"))).await, 401);
        assert_eq!(act(&known, of(None)).await, 403);
        assert_eq!(HELD.mode(), Mode::Auto);
        assert_eq!(act(&known, of(Some("s3cret"))).await, 200);
        assert_eq!(HELD.mode(), Mode::ForcedOpen);
    }
}
