//! Both services, written once for all variants.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{Result, bare, ours, peer};

/// A way to see what a service does.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(super) orders: fn(&str) -> Result<()>,
    pub(super) payments: fn() -> Result<()>,
}

pub(crate) const VARIANTS: [Variant; 3] = [bare::VARIANT, ours::VARIANT, peer::VARIANT];

pub(crate) fn variant(name: &str) -> Result<Variant> {
    let found = VARIANTS.into_iter().find(|variant| variant.name == name);
    found.ok_or_else(|| format!("there is no variant `{name}`").into())
}

impl Variant {
    pub(crate) fn orders(&self, payments: &str) -> Result<()> {
        (self.orders)(payments)
    }

    pub(crate) fn payments(&self) -> Result<()> {
        (self.payments)()
    }
}

static BANK_MILLIS: AtomicU64 = AtomicU64::new(0);

/// From now on the bank takes so long.
pub(crate) fn wait_for_bank(millis: u64) {
    BANK_MILLIS.store(millis, Relaxed);
}

pub(crate) async fn bank() {
    match BANK_MILLIS.load(Relaxed) {
        0 => tokio::task::yield_now().await,
        millis => tokio::time::sleep(Duration::from_millis(millis)).await,
    }
}

/// What a customer wants.
#[derive(Deserialize, Serialize)]
pub(crate) struct Wish {
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) card: String,
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

/// Why there is no order.
#[derive(Debug)]
pub(crate) enum Failed {
    Unknown(i64),
    Payments(reqwest_middleware::Error),
    Store(sqlx::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no order {id}"),
            Self::Payments(error) => write!(f, "payments cannot be reached: {error}"),
            Self::Store(error) => write!(f, "the store failed: {error}"),
        }
    }
}

impl std::error::Error for Failed {}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Payments(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}

/// The services with these attributes on their functions: on those that ask nobody (`each`), on
/// those that ask the store, and on those that know of an order.
///
/// The variant's module has `run`, `around`, `middleware` and `sold`: what is not an attribute.
macro_rules! services {
    ($name:literal,
     each: [$($each:meta),*], store: [$($store:meta),*], of_order($order:ident): [$($of_order:meta),*]) => {
        use std::sync::Arc;

        use axum::{
            Json, Router,
            extract::{Path, State},
            http::StatusCode,
            routing::{get, post},
        };
        use reqwest_middleware::ClientWithMiddleware;
        use sqlx::SqlitePool;
        use tracing::info;

        use super::{
            Result, child,
            service::{self, Failed, Payment, Receipt, Variant, Wish},
            store::{self, Order},
        };

        pub(crate) const VARIANT: Variant = Variant {
            name: $name,
            orders: |payments| run(async {
                let shop = Shop {
                    store: store::open().await?,
                    client: middleware(reqwest::Client::new()),
                    payments: format!("{payments}/payments"),
                };
                let routes = Router::new()
                    .route("/orders", post(place).get(list))
                    .route("/orders/{id}", get(find))
                    .with_state(Arc::new(shop));
                child::serve(around(routes)).await
            }),
            payments: || run(async {
                child::serve(around(Router::new().route("/payments", post(pay)))).await
            }),
        };

        struct Shop {
            store: SqlitePool,
            client: ClientWithMiddleware,
            payments: String,
        }

        async fn place(
            State(shop): State<Arc<Shop>>,
            Json(wish): Json<Wish>,
        ) -> Result<(StatusCode, Json<Order>), Failed> {
            Ok((StatusCode::CREATED, Json(sell(&shop, wish).await?)))
        }

        async fn find(
            State(shop): State<Arc<Shop>>,
            Path(id): Path<i64>,
        ) -> Result<Json<Order>, Failed> {
            look_up(&shop.store, id).await?.map(Json).ok_or(Failed::Unknown(id))
        }

        async fn list(State(shop): State<Arc<Shop>>) -> Result<Json<Vec<Order>>, Failed> {
            latest(&shop.store).await.map(Json)
        }

        async fn pay(Json(payment): Json<Payment>) -> Json<Receipt> {
            let Payment { order, cents, card } = payment;
            let number = settle(authorize(order, &card).await, cents).await;
            info!(order.id = order, cents, "paid");
            Json(Receipt { number })
        }

        $(#[$each])*
        async fn sell(shop: &Shop, wish: Wish) -> Result<Order, Failed> {
            let Wish { item, pieces, card } = wish;
            let id = keep(&shop.store, &item, pieces).await?;
            let payment = Payment { order: id, cents: pieces * 250, card };
            let receipt = have_paid(shop, id, payment).await?;
            note_paid(&shop.store, id, receipt.number).await?;
            sold(&item, pieces as f64 * 2.5);
            info!(order.id = id, item, pieces, "sold");
            Ok(Order { id, item, pieces, receipt: Some(receipt.number) })
        }

        $(#[$of_order])*
        async fn have_paid(shop: &Shop, $order: i64, payment: Payment) -> Result<Receipt, Failed> {
            let _ = $order;
            let answer = shop.client.post(&shop.payments).json(&payment).send().await;
            let answer = answer.map_err(Failed::Payments)?;
            answer.json().await.map_err(|error| Failed::Payments(error.into()))
        }

        $(#[$store])*
        async fn keep(pool: &SqlitePool, item: &str, pieces: i64) -> Result<i64, Failed> {
            let kept = sqlx::query("INSERT INTO orders (item, pieces) VALUES (?, ?)");
            let kept = kept.bind(item).bind(pieces).execute(pool).await.map_err(Failed::Store)?;
            Ok(kept.last_insert_rowid())
        }

        $(#[$store])*
        async fn note_paid(pool: &SqlitePool, id: i64, receipt: i64) -> Result<(), Failed> {
            let noted = sqlx::query("UPDATE orders SET receipt = ? WHERE id = ?");
            noted.bind(receipt).bind(id).execute(pool).await.map_err(Failed::Store)?;
            Ok(())
        }

        $(#[$store])*
        async fn look_up(pool: &SqlitePool, id: i64) -> Result<Option<Order>, Failed> {
            let found = sqlx::query_as("SELECT * FROM orders WHERE id = ?").bind(id);
            found.fetch_optional(pool).await.map_err(Failed::Store)
        }

        $(#[$store])*
        async fn latest(pool: &SqlitePool) -> Result<Vec<Order>, Failed> {
            let latest = sqlx::query_as("SELECT * FROM orders ORDER BY id DESC LIMIT 100");
            latest.fetch_all(pool).await.map_err(Failed::Store)
        }

        $(#[$of_order])*
        async fn authorize($order: i64, card: &str) -> i64 {
            service::bank().await;
            $order * 1_000 + card.len() as i64
        }

        $(#[$each])*
        async fn settle(number: i64, cents: i64) -> i64 {
            tokio::task::yield_now().await;
            number + cents % 10
        }
    };
}
pub(crate) use services;
