//! The order service: keeps orders, and has them paid.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use spandrel::{
    http,
    metrics::{Counter, Histogram},
    timed, traced,
};
use tracing::info;

use super::{
    Result,
    payments::{Payment, Receipt},
    service,
    store::{Order, Store},
};

pub(crate) fn main(payments: &str) -> Result<()> {
    service::run(async {
        let orders = Orders::open(payments).await?;
        service::serve(routes(orders)).await
    })
}

fn routes(orders: Orders) -> Router {
    Router::new()
        .route("/orders", post(place).get(list))
        .route("/orders/{id}", get(find))
        .with_state(Arc::new(orders))
}

/// What a customer wants.
#[derive(Deserialize, Serialize)]
pub(crate) struct Wish {
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) card: String,
}

/// Why there is no order.
#[derive(Debug)]
enum Failed {
    Unknown(i64),
    NotPaid(StatusCode),
    Payments(reqwest_middleware::Error),
    Store(sqlx::Error),
}

static SOLD: Counter = Counter::new("shop.orders.sold", "Orders that were paid");
static VALUE: Histogram =
    Histogram::new("shop.order.value", "What was paid for an order").unit("EUR");

struct Orders {
    store: Store,
    client: reqwest_middleware::ClientWithMiddleware,
    payments: String,
}

async fn place(
    State(orders): State<Arc<Orders>>,
    Json(wish): Json<Wish>,
) -> Result<(StatusCode, Json<Order>), Failed> {
    Ok((StatusCode::CREATED, Json(orders.place(wish).await?)))
}

async fn find(
    State(orders): State<Arc<Orders>>,
    Path(id): Path<i64>,
) -> Result<Json<Order>, Failed> {
    orders.find(id).await.map(Json)
}

/// A line for each order, which takes as long as the customer reads.
async fn list(State(orders): State<Arc<Orders>>) -> Result<Body, Failed> {
    let lines = orders.store.latest().await?.into_iter().map(|order| {
        let line = format!("{}\t{}\t{}\n", order.id, order.item, order.pieces);
        Ok::<_, std::convert::Infallible>(Bytes::from(line))
    });
    Ok(Body::from_stream(futures_util::stream::iter(lines)))
}

#[traced]
#[timed]
impl Orders {
    #[traced(skip)]
    #[timed(skip)]
    async fn open(payments: &str) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(service::PATIENCE).build()?;
        // Each request is a span, and its headers carry the trace and the correlation id on.
        let client = reqwest_middleware::ClientBuilder::new(client).with(http::client()).build();
        let store = Store::open().await?;
        Ok(Self { store, client, payments: format!("{payments}/payments") })
    }

    async fn place(&self, wish: Wish) -> Result<Order, Failed> {
        let Wish { item, pieces, card } = wish;
        let id = self.store.keep(&item, pieces).await?;
        let receipt = self.have_paid(Payment { order: id, cents: pieces * 250, card }).await?;
        self.store.note_paid(id, receipt.number).await?;
        SOLD.with(&[("item", &item)]).add(1);
        VALUE.record(pieces as f64 * 2.5);
        info!(order.id = id, item, pieces, "sold");
        Ok(Order { id, item, pieces, receipt: Some(receipt.number) })
    }

    #[traced(fields(order.id = payment.order))]
    async fn have_paid(&self, payment: Payment) -> Result<Receipt, Failed> {
        let answer = self.client.post(&self.payments).json(&payment).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(Failed::NotPaid(answer.status()));
        }
        answer.json().await.map_err(|error| Failed::Payments(error.into()))
    }

    #[timed(slo(latency = "10ms", target = 0.99))]
    async fn find(&self, #[field(name = "order.id")] id: i64) -> Result<Order, Failed> {
        self.store.find(id).await?.ok_or(Failed::Unknown(id))
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<reqwest_middleware::Error> for Failed {
    fn from(error: reqwest_middleware::Error) -> Self {
        Self::Payments(error)
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no order {id}"),
            Self::NotPaid(status) => write!(f, "it was not paid: {status}"),
            Self::Payments(error) => write!(f, "payments cannot be reached: {error}"),
            Self::Store(error) => write!(f, "the store failed: {error}"),
        }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::NotPaid(status) if status.is_client_error() => *status,
            Self::NotPaid(_) | Self::Payments(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}
