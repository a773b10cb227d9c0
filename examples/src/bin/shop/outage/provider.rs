//! The provider: answers as the script has it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::super::{Result, service};

/// What the provider is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Every twentieth rate takes long, as if one of its machines were tired.
    Well,
    /// Every third request fails at once.
    Failing,
    /// Every request hangs, and fails in the end.
    Hanging,
    /// Every fifth request is asked to come again later.
    Throttling,
}

/// When which mood ends, from the first request on; the last one lasts.
const SCRIPT: [(u64, Mood); 6] = [
    (500, Mood::Well),
    (1_000, Mood::Throttling),
    (2_000, Mood::Well),
    (3_000, Mood::Failing),
    (5_000, Mood::Hanging),
    (6_500, Mood::Well),
];

/// How long the script takes.
pub(crate) const LENGTH: Duration = Duration::from_millis(SCRIPT[SCRIPT.len() - 1].0);

/// How long what hangs does.
const HANG: Duration = Duration::from_secs(3);

impl Mood {
    /// The one that the script has for this moment.
    pub(crate) fn after(time: Duration) -> Self {
        let passed = |(end, _): &&(u64, Self)| time >= Duration::from_millis(*end);
        let at = SCRIPT.iter().take_while(passed).count();
        SCRIPT.get(at).map_or(Self::Well, |(_, mood)| *mood)
    }
}

pub(crate) fn main() -> Result<()> {
    service::run(service::serve(routes()))
}

fn routes() -> Router {
    Router::new()
        .route("/charges/{order}", post(charge))
        .route("/rates/{currency}", get(rate))
        .route("/calls", get(calls))
        .with_state(Arc::default())
}

#[derive(Default)]
struct Bank {
    began: OnceLock<Instant>,
    requests: AtomicU32,
    calls: Mutex<BTreeMap<String, u32>>,
}

impl Bank {
    /// Takes a request in the mood of the moment; says its number.
    async fn take(&self) -> Result<u32, Response> {
        let mood = Mood::after(self.began.get_or_init(Instant::now).elapsed());
        let calls = &self.calls;
        *calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(format!("{mood:?}"))
            .or_default() += 1;
        let number = self.requests.fetch_add(1, Relaxed);
        if mood == Mood::Hanging {
            tokio::time::sleep(HANG).await;
            return Err(StatusCode::GATEWAY_TIMEOUT.into_response());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        match mood {
            Mood::Failing if number.is_multiple_of(3) => {
                Err(StatusCode::SERVICE_UNAVAILABLE.into_response())
            }
            Mood::Throttling if number.is_multiple_of(5) => {
                Err((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response())
            }
            _ => Ok(number),
        }
    }
}

/// Charges an order; whoever asks twice is charged once, and told so again.
async fn charge(
    State(bank): State<Arc<Bank>>,
    Path(order): Path<i64>,
) -> Result<Json<i64>, Response> {
    bank.take().await?;
    Ok(Json(order + 1_000_000))
}

async fn rate(
    State(bank): State<Arc<Bank>>,
    Path(_currency): Path<String>,
) -> Result<Json<i64>, Response> {
    if bank.take().await?.is_multiple_of(20) {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    Ok(Json(125))
}

/// How many requests came in which mood.
async fn calls(State(bank): State<Arc<Bank>>) -> Json<BTreeMap<String, u32>> {
    Json(bank.calls.lock().unwrap_or_else(PoisonError::into_inner).clone())
}
