//! Where the orders are kept: SQLite, through `sqlx`, whose queries are spans without our doing.
//!
//! `sqlx` runs queries of SQLite on a thread of its own, to which it takes the current span of
//! `tracing`: the subscriber that `init!` installs tells it ours, so each query finds its parent.

use serde::{Deserialize, Serialize};
use spandrel::{
    metrics::{self, PoolState},
    timed, traced,
};
use sqlx::{Error, SqlitePool, sqlite::SqlitePoolOptions};

/// What the shop knows about an order.
#[derive(Debug, Deserialize, Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) item: String,
    pub(crate) pieces: i64,
    pub(crate) receipt: Option<i64>,
}

/// The orders.
#[derive(Debug)]
pub(crate) struct Store(SqlitePool);

const TABLE: &str =
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, pieces INTEGER, receipt INTEGER)";

#[traced]
#[timed]
impl Store {
    #[traced(skip)]
    #[timed(skip)]
    pub(crate) async fn open() -> Result<Self, Error> {
        // One connection: a database in memory belongs to it.
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        sqlx::query(TABLE).execute(&pool).await?;
        let shown = pool.clone();
        metrics::pool("orders", move || {
            let idle = shown.num_idle() as u64;
            PoolState::new(idle, u64::from(shown.size()).saturating_sub(idle)).with_max(1)
        });
        Ok(Self(pool))
    }

    pub(crate) async fn keep(&self, item: &str, pieces: i64) -> Result<i64, Error> {
        let kept = sqlx::query("INSERT INTO orders (item, pieces) VALUES (?, ?)");
        Ok(kept.bind(item).bind(pieces).execute(&self.0).await?.last_insert_rowid())
    }

    pub(crate) async fn note_paid(&self, id: i64, receipt: i64) -> Result<(), Error> {
        let noted = sqlx::query("UPDATE orders SET receipt = ? WHERE id = ?");
        noted.bind(receipt).bind(id).execute(&self.0).await.map(drop)
    }

    pub(crate) async fn find(&self, id: i64) -> Result<Option<Order>, Error> {
        sqlx::query_as("SELECT * FROM orders WHERE id = ?").bind(id).fetch_optional(&self.0).await
    }

    pub(crate) async fn latest(&self) -> Result<Vec<Order>, Error> {
        let latest = sqlx::query_as("SELECT * FROM orders ORDER BY id DESC LIMIT 100");
        latest.fetch_all(&self.0).await
    }
}
