//! The payment service: takes money, and sometimes does not.

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};
use spandrel::{Sensitive, timed, traced};
use tracing::{info, warn};

use super::{Result, service};

pub(crate) fn main() -> Result<()> {
    service::run(service::serve(routes()))
}

fn routes() -> Router {
    Router::new().route("/payments", post(pay))
}

/// What is to be paid, and how.
#[derive(Deserialize, Serialize)]
pub(crate) struct Payment {
    pub(crate) order: i64,
    pub(crate) cents: i64,
    pub(crate) card: String,
}

/// That it was paid.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Receipt {
    pub(crate) number: i64,
}

/// Why it was not.
#[derive(Debug)]
enum Refused {
    /// The bank says no.
    Declined,
    /// The bank says nothing.
    Unreachable,
}

async fn pay(Json(payment): Json<Payment>) -> Result<Json<Receipt>, Refused> {
    let Payment { order, cents, card } = payment;
    let number = authorize(order, &Sensitive::new(card)).await.inspect_err(|refused| {
        warn!(order.id = order, "refused: {refused}");
    })?;
    let number = settle(number, cents).await;
    info!(order.id = order, cents, "paid");
    Ok(Json(Receipt { number }))
}

/// Asks the bank, which is slow and moody. Whoever is slow is told of in the span (`slow`).
#[traced(kind = client, fields(order.id = order))]
#[timed(slow = "250ms", slo(latency = "50ms", target = 0.99))]
async fn authorize(order: i64, card: &Sensitive<String>) -> Result<i64, Refused> {
    let patience = if order % 50 == 49 { 300 } else { 2 };
    tokio::time::sleep(std::time::Duration::from_millis(patience)).await;
    match order % 20 {
        3 => Err(Refused::Unreachable),
        7 | 13 => Err(Refused::Declined),
        _ => Ok(order * 1_000 + i64::try_from(card.expose().len()).unwrap_or_default()),
    }
}

#[traced]
#[timed]
async fn settle(number: i64, cents: i64) -> i64 {
    tokio::task::yield_now().await;
    number + cents % 10
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Declined => "the card was declined",
            Self::Unreachable => "the bank does not answer",
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Declined => StatusCode::PAYMENT_REQUIRED,
            Self::Unreachable => StatusCode::BAD_GATEWAY,
        };
        (status, self.to_string()).into_response()
    }
}
