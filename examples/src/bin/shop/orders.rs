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
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};
use tracing::info;

use super::{
    Result,
    payments::{Payment, Receipt},
    service,
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
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Wish {
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) card: String,
}

/// What the shop knows about it.
#[derive(Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) receipt: Option<i64>,
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
    store: SqlitePool,
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
    let lines = orders.latest().await?.into_iter().map(|order| {
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
        // One connection: a database in memory belongs to it.
        let store = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, pieces INTEGER, receipt INTEGER)")
            .execute(&store)
            .await?;
        let client = reqwest::Client::builder().timeout(service::PATIENCE).build()?;
        let client = reqwest_middleware::ClientBuilder::new(client).with(http::client()).build();
        Ok(Self { store, client, payments: format!("{payments}/payments") })
    }

    async fn place(&self, wish: Wish) -> Result<Order, Failed> {
        let Wish { item, pieces, card } = wish;
        let id = self.keep(&item, pieces).await?;
        let receipt = self.have_paid(Payment { order: id, cents: pieces * 250, card }).await?;
        self.note_paid(id, receipt.number).await?;
        SOLD.with(&[("item", &item)]).add(1);
        VALUE.record(pieces as f64 * 2.5);
        info!(order.id = id, item, pieces, "sold");
        Ok(Order { id, item, pieces, receipt: Some(receipt.number) })
    }

    async fn keep(&self, item: &str, pieces: i64) -> Result<i64, Failed> {
        let kept = sqlx::query("INSERT INTO orders (item, pieces) VALUES (?, ?)");
        let kept = kept.bind(item).bind(pieces).execute(&self.store).await?;
        Ok(kept.last_insert_rowid())
    }

    #[traced(fields(order.id = payment.order))]
    async fn have_paid(&self, payment: Payment) -> Result<Receipt, Failed> {
        let answer = self.client.post(&self.payments).json(&payment).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(Failed::NotPaid(answer.status()));
        }
        answer.json().await.map_err(|error| Failed::Payments(error.into()))
    }

    async fn note_paid(&self, id: i64, receipt: i64) -> Result<(), Failed> {
        let noted = sqlx::query("UPDATE orders SET receipt = ? WHERE id = ?");
        noted.bind(receipt).bind(id).execute(&self.store).await?;
        Ok(())
    }

    #[timed(slo(latency = "10ms", target = 0.99))]
    async fn find(&self, #[field(name = "order.id")] id: i64) -> Result<Order, Failed> {
        let found = sqlx::query_as("SELECT * FROM orders WHERE id = ?").bind(id);
        found.fetch_optional(&self.store).await?.ok_or(Failed::Unknown(id))
    }

    async fn latest(&self) -> Result<Vec<Order>, Failed> {
        let latest = sqlx::query_as("SELECT * FROM orders ORDER BY id DESC LIMIT 100");
        Ok(latest.fetch_all(&self.store).await?)
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
